/*
 * A container's control groups: `flotilla/<instance>/<id>` in each hierarchy that is mounted (v1, hybrid or v2). Names
 * and values of limits come from the agent; where they may be written is decided here.
 */
#ifndef FLOTILLA_CGROUP_H
#define FLOTILLA_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "message.h"

#define HIERARCHIES_MAX 8

struct cgroup_write;

/* Finds the hierarchies in /proc/self/mounts. 0, or -1 when there is none. */
int cgroup_start(const char *instance);

/* "v1", "hybrid" or "v2". */
const char *cgroup_layout(void);

/* Whether that file is one of the fixed list of limits. */
bool cgroup_may_write(const char *controller, const char *file);

/* Makes the groups of a container. -1 after reply_error, and nothing was made. */
int cgroup_make(const char *id, struct reply *reply);

int cgroup_set(const char *id, const struct cgroup_write *writes, size_t count, struct reply *reply);

/*
 * Opens the doors by which a process enters a container's groups: it is cloned into the unified one, and then writes "0" into
 * the `tasks` of the others. That way the kernel takes no lock on all processes of the machine, which costs 20 ms when
 * it is rare. Returns how many there are, or -1 and errno.
 */
int cgroup_doors(const char *id, int doors[HIERARCHIES_MAX]);
/* To clone into; -1 when there is no unified hierarchy. */
int cgroup_unified(const char *id);
/* Goes through the doors and closes them. 0, or -1 and errno. */
int cgroup_enter(const int *doors, int count);

bool cgroup_exists(const char *id);
bool cgroup_populated(const char *id);
/* Whether that process belongs to that container. */
bool cgroup_contains(const char *id, pid_t pid);

/* Kills whatever is in there. 0: nothing is left to signal, 1: processes were signalled. */
int cgroup_kill(const char *id);

/* How often the kernel killed a process there for its memory. */
uint64_t cgroup_oom_kills(const char *id);

/* Removes the container's groups. 0 also when there are none; -1 and EBUSY while a process leaves. */
int cgroup_remove(const char *id);
/* Removes the instance's own group once it is empty; for the main process only, so that it meets no create. */
void cgroup_remove_parents(void);

#endif
