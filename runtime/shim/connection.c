#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dispatch.h"
#include "exec.h"

#define IN_BYTES (4 + MESSAGE_BYTES_MAX)

static struct connection *connections;
static uint64_t last_serial;

static void drop(struct connection *connection) {
  struct connection **at = &connections;
  while (*at != NULL && *at != connection) at = &(*at)->next;
  if (*at != NULL) *at = connection->next;
  if (connection->exec != NULL) exec_abandon(connection->exec);
  loop_close(&connection->watcher);
  free(connection->in);
  free(connection->out);
  free(connection);
}

struct connection *connection_find(uint64_t serial) {
  for (struct connection *at = connections; at != NULL; at = at->next)
    if (at->serial == serial) return at;
  return NULL;
}

size_t connection_count(void) {
  size_t count = 0;
  for (struct connection *at = connections; at != NULL; at = at->next) count++;
  return count;
}

size_t connection_waiting(const struct connection *connection) {
  return connection->out_used - connection->out_sent;
}

static bool is_paused(const struct connection *connection) {
  return connection->closing || (connection->exec != NULL && exec_is_full(connection->exec));
}

void connection_update(struct connection *connection) {
  uint32_t events = is_paused(connection) ? 0 : EPOLLIN;
  if (connection_waiting(connection) > 0) events |= EPOLLOUT;
  loop_change(&connection->watcher, events);
}

/* False when the client is gone. */
static bool flush(struct connection *connection) {
  while (connection_waiting(connection) > 0) {
    ssize_t sent = send(connection->watcher.fd, connection->out + connection->out_sent,
                        connection_waiting(connection), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    connection->out_sent += (size_t)sent;
  }
  connection->out_sent = 0;
  connection->out_used = 0;
  /* Our half only: what the client still sends must find an open socket, or it loses what it has not read yet. */
  if (connection->closing) shutdown(connection->watcher.fd, SHUT_WR);
  return true;
}

static bool queue(struct connection *connection, const uint8_t *bytes, size_t length) {
  if (connection->out_sent > 0) {
    memmove(connection->out, connection->out + connection->out_sent, connection_waiting(connection));
    connection->out_used -= connection->out_sent;
    connection->out_sent = 0;
  }
  if (connection->out_used + length > connection->out_size) {
    size_t size = connection->out_used + length + 4096;
    uint8_t *larger = size > OUTPUT_BYTES_MAX ? NULL : realloc(connection->out, size);
    if (larger == NULL) return false;
    connection->out = larger;
    connection->out_size = size;
  }
  memcpy(connection->out + connection->out_used, bytes, length);
  connection->out_used += length;
  return true;
}

void connection_send(struct connection *connection, struct reply *reply) {
  reply_end(reply);
  /* A client that is gone is noticed by its own event: closing it here would pull it from under its callers. */
  if (!queue(connection, reply->data, reply->used) || !flush(connection)) {
    connection->closing = true;
    shutdown(connection->watcher.fd, SHUT_RDWR);
  }
  connection_update(connection);
}

void connection_answer(const struct asker *asker, struct reply *reply) {
  struct connection *connection = connection_find(asker->connection);
  if (connection != NULL) connection_send(connection, reply);
}

void connection_broadcast(struct reply *reply) {
  for (struct connection *at = connections; at != NULL; at = at->next)
    if (at->said_hello && at->exec == NULL && !at->closing) connection_send(at, reply);
}

void connection_finish(struct connection *connection) {
  connection->closing = true;
  flush(connection);
  connection_update(connection);
}

/* A frame that cannot be read gets one error; what follows it on the connection is not trusted. */
static void refuse(struct connection *connection, uint32_t id, const char *why) {
  static struct reply reply;
  reply_begin(&reply, OP_OK, id);
  reply_error(&reply, ERROR_INVALID, "%s", why);
  connection_send(connection, &reply);
  connection_finish(connection);
}

/* Handles the frames that are whole. */
static void take_frames(struct connection *connection) {
  static struct message message;
  size_t at = 0;
  while (!is_paused(connection) && connection->in_used - at >= 4) {
    uint32_t length = message_length(connection->in + at);
    if (length < MESSAGE_HEADER_BYTES || length > MESSAGE_BYTES_MAX) {
      refuse(connection, 0, "the frame's length is out of bounds");
      break;
    }
    if (connection->in_used - at - 4 < length) break;
    if (message_parse(connection->in + at + 4, length, &message) != 0) {
      refuse(connection, message.id, "the frame cannot be read");
      break;
    }
    at += 4 + length;
    if (connection->exec != NULL) exec_take(connection->exec, &message);
    else dispatch(connection, &message);
  }
  memmove(connection->in, connection->in + at, connection->in_used - at);
  connection->in_used -= at;
}

void connection_resume(struct connection *connection) {
  take_frames(connection);
  connection_update(connection);
}

static void ready(struct watcher *watcher, uint32_t events) {
  struct connection *connection = OWNER(struct connection, watcher, watcher);
  if ((events & EPOLLOUT) != 0 && !flush(connection)) return drop(connection);
  if ((events & EPOLLOUT) != 0 && connection->exec != NULL) exec_drained(connection->exec);
  if (connection->closing && (events & (EPOLLHUP | EPOLLERR)) != 0) return drop(connection);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !connection->closing) {
    ssize_t got = recv(watcher->fd, connection->in + connection->in_used, IN_BYTES - connection->in_used,
                       MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return drop(connection);
    if (got > 0) connection->in_used += (size_t)got;
    take_frames(connection);
  }
  connection_update(connection);
}

void connection_open(int fd) {
  struct connection *connection = calloc(1, sizeof *connection);
  uint8_t *in = malloc(IN_BYTES);
  if (connection == NULL || in == NULL || connection_count() >= CONNECTIONS_MAX) {
    free(connection);
    free(in);
    close(fd);
    return;
  }
  connection->watcher = (struct watcher){.fd = fd, .ready = ready};
  connection->serial = ++last_serial;
  connection->in = in;
  connection->next = connections;
  connections = connection;
  if (loop_add(&connection->watcher, EPOLLIN) != 0) drop(connection);
}
