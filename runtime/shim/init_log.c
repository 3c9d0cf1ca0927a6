#include "init_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

#define PREFIX_BYTES_MAX 64

static struct {
  int files[2];
  int current;
  uint64_t size;
  uint64_t bytes_max;
  /* The bucket: so many bytes may be written now; it fills by `rate` a second and holds one second's worth. */
  uint64_t rate;
  uint64_t tokens;
  uint64_t filled_at_ms;
  uint64_t dropped_lines;
  uint64_t dropped_bytes;
} state;

static uint64_t monotonic_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A container that is started again goes on behind what it wrote last. */
static void find_the_end(void) {
  struct stat stats[2] = {0};
  for (int i = 0; i < 2; i++) fstat(state.files[i], &stats[i]);
  const struct timespec *a = &stats[0].st_mtim, *b = &stats[1].st_mtim;
  bool second = stats[1].st_size > 0 &&
                (b->tv_sec > a->tv_sec || (b->tv_sec == a->tv_sec && b->tv_nsec > a->tv_nsec));
  state.current = second ? 1 : 0;
  state.size = (uint64_t)stats[state.current].st_size;
}

void log_start(const int files[2], uint64_t bytes_max, uint64_t rate) {
  state.files[0] = files[0];
  state.files[1] = files[1];
  state.bytes_max = bytes_max;
  state.rate = rate;
  state.tokens = rate;
  state.filled_at_ms = monotonic_ms();
  find_the_end();
}

struct log_stream *log_stream(const char *name) {
  struct log_stream *stream = malloc(sizeof *stream + LOG_LINE_BYTES_MAX);
  if (stream == NULL) return NULL;
  stream->name = name;
  stream->used = 0;
  return stream;
}

static bool take_tokens(uint64_t wanted) {
  uint64_t now = monotonic_ms();
  uint64_t filled = (now - state.filled_at_ms) * state.rate / 1000;
  if (filled > 0) {
    state.tokens = state.tokens + filled > state.rate ? state.rate : state.tokens + filled;
    state.filled_at_ms = now;
  }
  if (state.tokens < wanted) return false;
  state.tokens -= wanted;
  return true;
}

/* `2026-01-02T03:04:05.678Z stdout F ` */
static size_t prefix(char out[PREFIX_BYTES_MAX], const char *name, char kind) {
  struct timespec now;
  struct tm day;
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &day);
  size_t used = strftime(out, PREFIX_BYTES_MAX, "%Y-%m-%dT%H:%M:%S", &day);
  used += (size_t)snprintf(out + used, PREFIX_BYTES_MAX - used, ".%03ldZ %s %c ", now.tv_nsec / 1000000,
                           name, kind);
  return used;
}

/* When the current file is full, the other one starts over: the last `bytes_max` of lines are always kept. */
static void write_line(const char *name, char kind, const char *text, size_t length) {
  char line[PREFIX_BYTES_MAX + LOG_LINE_BYTES_MAX + 1];
  size_t used = prefix(line, name, kind);
  memcpy(line + used, text, length);
  used += length;
  line[used++] = '\n';
  if (state.size + used > state.bytes_max && state.size > 0) {
    state.current = 1 - state.current;
    state.size = 0;
    if (ftruncate(state.files[state.current], 0) != 0) return;
  }
  /* A full disk loses lines; the program goes on. */
  ssize_t written = pwrite(state.files[state.current], line, used, (off_t)state.size);
  if (written > 0) state.size += (uint64_t)written;
}

static void give(const char *name, char kind, const char *text, size_t length) {
  if (take_tokens(length + PREFIX_BYTES_MAX)) {
    write_line(name, kind, text, length);
    return;
  }
  state.dropped_lines++;
  state.dropped_bytes += length;
}

bool log_tick(bool last) {
  char text[160];
  if (state.dropped_lines == 0) return false;
  if (!take_tokens(sizeof text) && !last) return true;
  int used = snprintf(text, sizeof text, "dropped %llu lines (%llu bytes) above %llu bytes a second",
                      (unsigned long long)state.dropped_lines, (unsigned long long)state.dropped_bytes,
                      (unsigned long long)state.rate);
  write_line("system", 'F', text, (size_t)used);
  state.dropped_lines = 0;
  state.dropped_bytes = 0;
  return false;
}

void log_take(struct log_stream *stream, const char *bytes, size_t length) {
  while (length > 0) {
    const char *newline = memchr(bytes, '\n', length);
    size_t part = newline != NULL ? (size_t)(newline - bytes) : length;
    size_t room = LOG_LINE_BYTES_MAX - stream->used;
    if (part > room) {
      memcpy(stream->line + stream->used, bytes, room);
      give(stream->name, 'P', stream->line, LOG_LINE_BYTES_MAX);
      stream->used = 0;
      bytes += room;
      length -= room;
      continue;
    }
    memcpy(stream->line + stream->used, bytes, part);
    stream->used += part;
    bytes += part;
    length -= part;
    if (newline == NULL) return;
    give(stream->name, 'F', stream->line, stream->used);
    stream->used = 0;
    bytes++;
    length--;
  }
}

void log_end(struct log_stream *stream) {
  if (stream->used > 0) give(stream->name, 'F', stream->line, stream->used);
  stream->used = 0;
}
