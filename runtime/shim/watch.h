/* The containers that run: one pidfd each, and an event to every client when one ends. */
#ifndef FLOTILLA_WATCH_H
#define FLOTILLA_WATCH_H

#include <sys/types.h>

#include "message.h"

#define CONTAINERS_MAX 4096

/* Takes over both descriptors. 0, or -1 when there are too many. */
int watch_add(const char *id, pid_t pid, int pidfd, int exit_fd);
/* The pidfd of a container's init, or -1. */
int watch_pidfd(const char *id);

int watch_adopt(const struct message *message, struct reply *reply);
int watch_signal(const struct message *message, struct reply *reply);
int watch_kill(const struct message *message, struct reply *reply);

#endif
