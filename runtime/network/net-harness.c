/*
 * The shim's network part alone, for tests: frames on standard input are answered on standard output. OP_CREATE
 * attaches the process TAG_PID, which somebody else put into a network namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../shim/net.h"

static struct message message;
static struct reply reply;
static uint8_t frame[MESSAGE_BYTES_MAX];

static int read_all(uint8_t *bytes, size_t length) {
  for (size_t at = 0; at < length;) {
    ssize_t got = read(STDIN_FILENO, bytes + at, length - at);
    if (got <= 0) return -1;
    at += (size_t)got;
  }
  return 0;
}

static void write_all(const uint8_t *bytes, size_t length) {
  for (size_t at = 0; at < length;) {
    ssize_t put = write(STDOUT_FILENO, bytes + at, length - at);
    if (put <= 0) exit(1);
    at += (size_t)put;
  }
}

static void attach(void) {
  uint64_t pid = 0;
  char path[64];
  if (message_u64(&message, TAG_PID, &pid) < 0) {
    reply_error(&reply, ERROR_INVALID, "no process");
    return;
  }
  snprintf(path, sizeof path, "/proc/%lu/ns/net", (unsigned long)pid);
  int netns = open(path, O_RDONLY | O_CLOEXEC);
  if (netns < 0) {
    reply_error(&reply, ERROR_NOT_FOUND, "open %s: %s", path, strerror(errno));
    return;
  }
  net_attach((pid_t)pid, netns, &message, &reply);
  close(netns);
}

static void answer(size_t length) {
  int parsed = message_parse(frame, length, &message);
  reply_begin(&reply, OP_OK, message.id);
  if (parsed < 0)
    reply_error(&reply, ERROR_INVALID, "broken frame");
  else if (message.op == OP_CREATE)
    attach();
  else
    net_handle(&message, &reply);
  reply_end(&reply);
  write_all(reply.data, reply.used);
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  net_start(argv[1]);
  uint8_t prefix[4];
  while (read_all(prefix, sizeof prefix) == 0) {
    uint32_t length = message_length(prefix);
    if (length > sizeof frame || read_all(frame, length) < 0) return 1;
    answer(length);
  }
  return 0;
}
