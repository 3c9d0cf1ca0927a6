/* For the tests of the message format: each frame on stdin is read by the shim's parser and written again, or refused. */
#include <stdio.h>

#include "message.h"

int main(void) {
  static struct message message;
  static struct reply reply;
  static uint8_t bytes[MESSAGE_BYTES_MAX];
  uint8_t header[4];
  while (fread(header, 1, 4, stdin) == 4) {
    uint32_t length = message_length(header);
    if (length > sizeof bytes || fread(bytes, 1, length, stdin) != length) return 1;
    if (message_parse(bytes, length, &message) != 0) {
      reply_begin(&reply, OP_OK, message.id);
      reply_error(&reply, ERROR_INVALID, "the frame cannot be read");
    } else {
      reply_begin(&reply, message.op, message.id);
      for (size_t i = 0; i < message.count; i++)
        reply_bytes(&reply, message.fields[i].tag, message.fields[i].data, message.fields[i].length);
    }
    reply_end(&reply);
    fwrite(reply.data, 1, reply.used, stdout);
    fflush(stdout);
  }
  return 0;
}
