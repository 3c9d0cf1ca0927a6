/* The file system that a container sees, built in its own mount namespace before it becomes unprivileged. */
#ifndef FLOTILLA_ROOT_H
#define FLOTILLA_ROOT_H

#include "plan.h"

/* Folders in a container's state folder. */
#define ROOT_FOLDER "root"
#define SCRATCH_FOLDER "scratch"
#define SECRETS_FOLDER "secrets"

/* Everything, up to and with pivot_root and the end of the old root. -1 after step_failed. */
int root_build(const struct plan *plan);

/* Opens a path inside of the new root; its symbolic links lead no further than that root. */
int root_open(int root, const char *path, int flags);
/* The same, and makes the folders that are missing (for a file: the file, empty). */
int root_open_or_make(int root, const char *path, bool folder);
/* Mounts onto what `target` is. */
int root_mount(int target, const char *type, unsigned long flags, const char *data);

/* root_parts.c: what every container gets. */
int root_dev(int root, const struct plan *plan);
int root_proc(int root);
int root_etc(int root, const struct plan *plan);
/* root_mounts.c: what this container asked for. */
int root_mounts(int root, const struct plan *plan);

#endif
