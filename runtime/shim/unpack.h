/* `flotilla-shim unpack TARGET`: a layer's tar on stdin becomes files below TARGET, and nowhere else. */
#ifndef FLOTILLA_UNPACK_H
#define FLOTILLA_UNPACK_H

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define TAR_BLOCK 512
#define TAR_NAME_MAX PATH_MAX

enum entry_kind { ENTRY_FILE, ENTRY_FOLDER, ENTRY_SYMLINK, ENTRY_HARD_LINK };

struct entry {
  enum entry_kind kind;
  char path[TAR_NAME_MAX];
  char link[TAR_NAME_MAX];
  uint64_t size;
  mode_t mode;
  uid_t uid;
  gid_t gid;
  int64_t mtime;
};

/* The exit code. */
int unpack_main(const char *target);

/* unpack_tar.c. 1: an entry was read, its bytes follow. 0: the end. -1: broken, said on stderr. */
int tar_next(FILE *in, struct entry *entry);
/* Reads what pads an entry's bytes to a whole block. */
int tar_skip(FILE *in, uint64_t bytes);
/* One line on stderr; returns -1. */
int unpack_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
