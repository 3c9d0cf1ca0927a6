/* A program run in a container that is there already; its connection becomes the stream of its input and output. */
#ifndef FLOTILLA_EXEC_H
#define FLOTILLA_EXEC_H

#include "connection.h"
#include "plan.h"

/* 0: the answer comes later, and the stream behind it. -1: the reply says why not. */
int exec_begin(const struct message *message, const struct asker *asker, struct reply *reply);

/* A frame of the client. */
void exec_take(struct exec_session *session, const struct message *message);
/* The program does not read what the client sent; more must wait. */
bool exec_is_full(const struct exec_session *session);
/* The client has read; go on reading the program's output. */
void exec_drained(struct exec_session *session);
/* The client is gone: so is the program. */
void exec_abandon(struct exec_session *session);

/* exec_child.c: runs in the clone and never returns. `stdio` is unused with a tty, whose master goes up the channel. */
struct exec_fds {
  int channel;
  int container;
  int stdio[3];
};
_Noreturn void exec_child(const struct plan *plan, const struct exec_fds *fds, bool tty);

#endif
