/* A client on the socket: frames in, frames out, both bounded. */
#ifndef FLOTILLA_CONNECTION_H
#define FLOTILLA_CONNECTION_H

#include <stddef.h>

#include "loop.h"
#include "message.h"

#define CONNECTIONS_MAX 64
/* What a client that does not read may leave waiting; beyond it is closed. */
#define OUTPUT_BYTES_MAX (4u << 20)

struct exec_session;

struct connection {
  struct watcher watcher;
  /* Never given twice: whoever answers later finds the connection again, or that it is gone. */
  uint64_t serial;
  bool said_hello;
  bool closing;
  /* Once an exec was answered, everything that comes belongs to it. */
  struct exec_session *exec;
  size_t in_used;
  uint8_t *in;
  size_t out_sent;
  size_t out_used;
  size_t out_size;
  uint8_t *out;
  struct connection *next;
};

/* What a request was, for an answer that comes later. */
struct asker {
  uint64_t connection;
  uint32_t id;
};

/* Takes over an accepted socket. */
void connection_open(int fd);
struct connection *connection_find(uint64_t serial);

/* Sends a finished frame. The connection may be gone afterwards. */
void connection_send(struct connection *connection, struct reply *reply);
/* To the one who asked, if it is still there. */
void connection_answer(const struct asker *asker, struct reply *reply);
/* To every client that said hello. */
void connection_broadcast(struct reply *reply);

/* Bytes that the client has not taken yet. */
size_t connection_waiting(const struct connection *connection);
/* Asks for the events that are wanted now; after the exec's pipes filled or drained. */
void connection_update(struct connection *connection);
/* Goes on with frames that have arrived already. */
void connection_resume(struct connection *connection);
/* Ends our half once everything has been sent; the rest when the client has closed its own. */
void connection_finish(struct connection *connection);
size_t connection_count(void);

#endif
