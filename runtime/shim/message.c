#include "message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static uint64_t read_little(const uint8_t *bytes, size_t count) {
  uint64_t value = 0;
  for (size_t i = count; i > 0; i--) value = value << 8 | bytes[i - 1];
  return value;
}

static void write_little(uint8_t *bytes, uint64_t value, size_t count) {
  for (size_t i = 0; i < count; i++) bytes[i] = (uint8_t)(value >> (8 * i));
}

uint32_t message_length(const uint8_t bytes[4]) {
  return (uint32_t)read_little(bytes, 4);
}

static int parse_fields(const uint8_t *bytes, size_t length, struct message *out) {
  size_t at = 0;
  out->count = 0;
  while (at < length) {
    if (length - at < FIELD_HEADER_BYTES || out->count == MESSAGE_FIELDS_MAX) return -1;
    struct field *field = &out->fields[out->count];
    field->tag = (uint16_t)read_little(bytes + at, 2);
    field->length = (uint32_t)read_little(bytes + at + 2, 4);
    at += FIELD_HEADER_BYTES;
    if (field->length > length - at) return -1;
    field->data = bytes + at;
    at += field->length;
    out->count++;
  }
  return 0;
}

int message_parse(const uint8_t *bytes, size_t length, struct message *out) {
  out->id = 0;
  out->op = 0;
  out->count = 0;
  if (length < MESSAGE_HEADER_BYTES || length > MESSAGE_BYTES_MAX) return -1;
  out->op = (uint16_t)read_little(bytes + 2, 2);
  out->id = (uint32_t)read_little(bytes + 4, 4);
  if (read_little(bytes, 2) != PROTOCOL_VERSION) return -1;
  return parse_fields(bytes + MESSAGE_HEADER_BYTES, length - MESSAGE_HEADER_BYTES, out);
}

int message_record(const struct field *field, struct message *out) {
  out->id = 0;
  out->op = 0;
  return parse_fields(field->data, field->length, out);
}

const struct field *message_nth(const struct message *message, uint16_t tag, size_t n) {
  for (size_t i = 0; i < message->count; i++)
    if (message->fields[i].tag == tag && n-- == 0) return &message->fields[i];
  return NULL;
}

size_t message_count(const struct message *message, uint16_t tag) {
  size_t count = 0;
  for (size_t i = 0; i < message->count; i++) count += message->fields[i].tag == tag;
  return count;
}

int message_u64(const struct message *message, uint16_t tag, uint64_t *out) {
  const struct field *field = message_nth(message, tag, 0);
  if (field == NULL) return -1;
  if (field->length != 1 && field->length != 2 && field->length != 4 && field->length != 8)
    return -1;
  *out = read_little(field->data, field->length);
  return 0;
}

int message_u64_or(const struct message *message, uint16_t tag, uint64_t otherwise, uint64_t *out) {
  *out = otherwise;
  return message_nth(message, tag, 0) == NULL ? 0 : message_u64(message, tag, out);
}

int field_text(const struct field *field, char *buffer, size_t size) {
  if (field->length >= size || memchr(field->data, 0, field->length) != NULL) return -1;
  memcpy(buffer, field->data, field->length);
  buffer[field->length] = 0;
  return 0;
}

int message_text(const struct message *message, uint16_t tag, char *buffer, size_t size) {
  const struct field *field = message_nth(message, tag, 0);
  return field == NULL ? -1 : field_text(field, buffer, size);
}

void reply_begin(struct reply *reply, uint16_t op, uint32_t id) {
  reply->id = id;
  reply->code = 0;
  reply->overflow = false;
  write_little(reply->data + 4, PROTOCOL_VERSION, 2);
  write_little(reply->data + 6, op, 2);
  write_little(reply->data + 8, id, 4);
  reply->used = 4 + MESSAGE_HEADER_BYTES;
}

static uint8_t *append(struct reply *reply, uint16_t tag, size_t length) {
  if (length > sizeof reply->data || sizeof reply->data - reply->used < FIELD_HEADER_BYTES + length) {
    reply->overflow = true;
    return NULL;
  }
  uint8_t *at = reply->data + reply->used;
  write_little(at, tag, 2);
  write_little(at + 2, length, 4);
  reply->used += FIELD_HEADER_BYTES + length;
  return at + FIELD_HEADER_BYTES;
}

void reply_bytes(struct reply *reply, uint16_t tag, const void *bytes, size_t length) {
  uint8_t *at = append(reply, tag, length);
  if (at != NULL && length > 0) memcpy(at, bytes, length);
}

void reply_u64(struct reply *reply, uint16_t tag, uint64_t value) {
  uint8_t *at = append(reply, tag, 8);
  if (at != NULL) write_little(at, value, 8);
}

void reply_text(struct reply *reply, uint16_t tag, const char *text) {
  reply_bytes(reply, tag, text, strlen(text));
}

size_t reply_record_begin(struct reply *reply, uint16_t tag) {
  append(reply, tag, 0);
  return reply->used;
}

void reply_record_end(struct reply *reply, size_t mark) {
  if (!reply->overflow) write_little(reply->data + mark - 4, reply->used - mark, 4);
}

int reply_error(struct reply *reply, enum error code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reply->text, sizeof reply->text, format, arguments);
  va_end(arguments);
  reply_begin(reply, OP_ERROR, reply->id);
  reply->code = code;
  reply_u64(reply, TAG_CODE, code);
  reply_text(reply, TAG_MESSAGE, reply->text);
  return -1;
}

void reply_end(struct reply *reply) {
  if (reply->overflow) reply_error(reply, ERROR_TOO_LARGE, "the answer is larger than one frame");
  write_little(reply->data, reply->used - 4, 4);
}
