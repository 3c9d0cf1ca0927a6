/* Making a container: everything the parent does. Many may be under way at once; each is answered when it runs. */
#ifndef FLOTILLA_CREATE_H
#define FLOTILLA_CREATE_H

#include "connection.h"

/* The init's program, as a sealed copy; once at start. */
void create_start(int program_fd);

/* 0: the answer comes later. -1: the reply says why not, and nothing was changed. */
int create_begin(const struct message *message, const struct asker *asker, struct reply *reply);

#endif
