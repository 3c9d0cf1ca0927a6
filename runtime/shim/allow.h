/*
 * Which folders of the host a message may name. The list is a file that only root can write; whatever the agent asks,
 * no path outside of it is opened.
 */
#ifndef FLOTILLA_ALLOW_H
#define FLOTILLA_ALLOW_H

#include <sys/types.h>

/* Reads the list once. 0, or -1 with a sentence on stderr. */
int allow_load(const char *file);

/* Opens a path under an allowed folder; no symbolic link is followed below it. -1 and EXDEV: it lies outside. */
int allow_open(const char *path, int flags);

/* Opens a folder under an allowed one and makes its last part if it is missing; `made` says so. */
int allow_open_or_make(const char *path, mode_t mode, int *made);

/* Removes an empty folder under an allowed one. */
int allow_remove_folder(const char *path);

#endif
