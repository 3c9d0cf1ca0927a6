/* Taking a container back: control groups, network, folders. What takes time is done in a process of its own. */
#ifndef FLOTILLA_REMOVE_H
#define FLOTILLA_REMOVE_H

#include "connection.h"
#include "plan.h"

struct removal {
  char id[ID_BYTES_MAX + 1];
  char folder[PATH_MAX];
  bool with_logs;
  bool with_folder;
  /* The removal undoes a create that failed so; 0: it was asked for. */
  enum error code;
  char message[512];
};

/* 1: the answer comes later. 0: done. -1: refused. */
int remove_begin(const struct message *message, const struct asker *asker, struct reply *reply);

/* Undoes a create, then answers its error. */
void remove_undo(const struct removal *removal, const struct asker *asker);

/* remove_tree.c: empties a folder, at most so many entries (0: all). -1 and EAGAIN: more are left. */
int remove_contents(int folder, size_t entries_max);

#endif
