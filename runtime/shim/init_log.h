/* The container's log: two files written in turn, bounded in size and rate. */
#ifndef FLOTILLA_INIT_LOG_H
#define FLOTILLA_INIT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One of the program's outputs, cut into lines. */
struct log_stream {
  const char *name;
  size_t used;
  char line[];
};

void log_start(const int files[2], uint64_t bytes_max, uint64_t rate);
struct log_stream *log_stream(const char *name);
/* Takes what was read; writes the lines that are whole, and over-long ones in parts. */
void log_take(struct log_stream *stream, const char *bytes, size_t length);
/* Writes what is left without a newline. */
void log_end(struct log_stream *stream);
/* Says how much was dropped, once there is room for saying it. True while there is something left to say. */
bool log_tick(bool last);

#endif
