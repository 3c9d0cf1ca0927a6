/* Reading and writing frames (protocol.h). The reader trusts nothing; what it hands out points into the caller's bytes. */
#ifndef FLOTILLA_MESSAGE_H
#define FLOTILLA_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

struct field {
  uint16_t tag;
  uint32_t length;
  const uint8_t *data;
};

struct message {
  uint32_t id;
  uint16_t op;
  size_t count;
  struct field fields[MESSAGE_FIELDS_MAX];
};

/* The length of the frame's rest as its first four bytes say it. */
uint32_t message_length(const uint8_t bytes[4]);

/* Reads one frame without its leading length. 0, or -1 with out->id set when the header could be read. */
int message_parse(const uint8_t *bytes, size_t length, struct message *out);

/* Reads a field that holds fields. 0, or -1 when its bytes are not a list of fields. */
int message_record(const struct field *field, struct message *out);

/* The n-th field (from 0) of that tag, or NULL. */
const struct field *message_nth(const struct message *message, uint16_t tag, size_t n);
size_t message_count(const struct message *message, uint16_t tag);

/* 0, or -1 when the field is missing or is not a number of 1, 2, 4 or 8 bytes. */
int message_u64(const struct message *message, uint16_t tag, uint64_t *out);
/* The same, but a missing field is `otherwise`. */
int message_u64_or(const struct message *message, uint16_t tag, uint64_t otherwise, uint64_t *out);
/* 0 and a NUL-terminated copy, or -1 when the field is missing, holds a NUL or does not fit. */
int message_text(const struct message *message, uint16_t tag, char *buffer, size_t size);
int field_text(const struct field *field, char *buffer, size_t size);

/* A frame under construction, its leading length included. Too much for one frame becomes an error reply. */
struct reply {
  uint32_t id;
  /* 0, or the error that was written last and its sentence. */
  enum error code;
  char text[512];
  bool overflow;
  size_t used;
  uint8_t data[4 + MESSAGE_BYTES_MAX];
};

void reply_begin(struct reply *reply, uint16_t op, uint32_t id);
void reply_bytes(struct reply *reply, uint16_t tag, const void *bytes, size_t length);
void reply_u64(struct reply *reply, uint16_t tag, uint64_t value);
void reply_text(struct reply *reply, uint16_t tag, const char *text);
/* Fields written between the two belong to the record; `mark` goes from the one to the other. */
size_t reply_record_begin(struct reply *reply, uint16_t tag);
void reply_record_end(struct reply *reply, size_t mark);
/* Replaces what was written by an error of one sentence. Returns -1, so that a handler can return it. */
int reply_error(struct reply *reply, enum error code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Writes the leading length; the frame is reply->data, reply->used bytes. */
void reply_end(struct reply *reply);

#endif
