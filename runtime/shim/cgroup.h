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

/* Makes the groups of a container; `unified_fd` is the one to clone into, or -1. -1 after reply_error. */
int cgroup_make(const char *id, int *unified_fd, struct reply *reply);

int cgroup_set(const char *id, const struct cgroup_write *writes, size_t count, struct reply *reply);

/* Puts a process into the v1 groups; the unified one it was cloned into. 0, or -1 and errno. */
int cgroup_join(const char *id, pid_t pid);

/* The files that a process writes "0" to, to join the container's groups. Returns how many were opened. */
size_t cgroup_doors(const char *id, int doors[HIERARCHIES_MAX]);

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
