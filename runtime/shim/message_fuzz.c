/* `message-fuzz SEED ROUNDS`: broken frames for the parser, the same ones for the same seed; run under the sanitizers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

#define FRAME_BYTES_MAX 4096

static uint64_t state;

/* splitmix64 */
static uint64_t next(void) {
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/* A frame as the agent could have sent it. */
static size_t frame(struct reply *reply) {
  static const uint16_t tags[] = {TAG_ID, TAG_ARGUMENT, TAG_BIND, TAG_NET_PORT, TAG_SECCOMP, TAG_UPPER_BYTES};
  uint8_t bytes[64];
  reply_begin(reply, (uint16_t)(next() % 256), (uint32_t)next());
  for (size_t fields = next() % 12; fields > 0; fields--) {
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)next();
    size_t mark = 0, record = next() % 4 == 0;
    if (record) mark = reply_record_begin(reply, TAG_BIND);
    reply_bytes(reply, tags[next() % (sizeof tags / sizeof *tags)], bytes, next() % sizeof bytes);
    if (record) reply_record_end(reply, mark);
  }
  reply_end(reply);
  return reply->used;
}

static size_t mutate(uint8_t *bytes, size_t length) {
  for (size_t changes = next() % 8; changes > 0 && length > 0; changes--) {
    size_t at = next() % length;
    switch (next() % 4) {
      case 0: bytes[at] ^= (uint8_t)(1u << next() % 8); break;
      case 1: bytes[at] = (uint8_t)next(); break;
      case 2: length = at; break;
      default: bytes[at] = next() % 2 == 0 ? 0xff : 0; break;
    }
  }
  return length;
}

/* Everything that a handler may ask of a message; reads every byte that was handed out. */
static uint64_t use(const struct message *message) {
  static struct message record;
  char text[32];
  uint64_t sum = 0, number;
  for (size_t i = 0; i < message->count; i++) {
    const struct field *field = &message->fields[i];
    for (size_t at = 0; at < field->length; at++) sum += field->data[at];
    if (message_record(field, &record) == 0)
      for (size_t at = 0; at < record.count; at++)
        sum += record.fields[at].length > 0 ? record.fields[at].data[record.fields[at].length - 1] : 0;
    if (message_u64(message, field->tag, &number) == 0) sum += number;
    if (message_text(message, field->tag, text, sizeof text) == 0) sum += strlen(text);
    if (message_nth(message, field->tag, message_count(message, field->tag)) != NULL) abort();
  }
  return sum;
}

int main(int argc, char **argv) {
  static struct reply reply;
  static struct message message;
  unsigned long rounds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, read = 0;
  uint64_t sum = 0;
  if (argc != 3) return 2;
  state = strtoull(argv[1], NULL, 10);
  for (unsigned long round = 0; round < rounds; round++) {
    size_t length = frame(&reply) - 4;
    /* A block of exactly that size: a read beyond it is seen. */
    uint8_t *bytes = malloc(length);
    if (bytes == NULL) return 1;
    memcpy(bytes, reply.data + 4, length);
    length = mutate(bytes, length);
    uint8_t *exact = malloc(length + (length == 0));
    if (exact == NULL) return 1;
    memcpy(exact, bytes, length);
    if (message_parse(exact, length, &message) == 0) {
      read++;
      sum += use(&message);
    }
    free(exact);
    free(bytes);
  }
  printf("%lu of %lu frames could be read, sum %llu\n", read, rounds, (unsigned long long)sum);
  return 0;
}
