#include "allow.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"

#define PREFIXES_MAX 16

static char prefixes[PREFIXES_MAX][PATH_MAX];
static size_t prefix_count;

static int refuse(const char *file, const char *why) {
  fprintf(stderr, "flotilla-shim: %s %s\n", file, why);
  return -1;
}

int allow_load(const char *file) {
  struct stat stat;
  FILE *list = fopen(file, "re");
  if (list == NULL) return refuse(file, strerror(errno));
  int result = 0;
  if (fstat(fileno(list), &stat) != 0 || stat.st_uid != 0 || (stat.st_mode & 022) != 0)
    result = refuse(file, "must belong to root and be writable by nobody else");
  char line[PATH_MAX];
  while (result == 0 && fgets(line, sizeof line, list) != NULL) {
    size_t length = strcspn(line, "\n");
    while (length > 1 && line[length - 1] == '/') length--;
    line[length] = 0;
    if (length == 0) continue;
    if (line[0] != '/' || length == 1)
      result = refuse(file, "has a line that is not an absolute folder");
    else if (prefix_count == PREFIXES_MAX)
      result = refuse(file, "has too many lines");
    else
      memcpy(prefixes[prefix_count++], line, length + 1);
  }
  fclose(list);
  return result;
}

/* The part of `path` below an allowed folder ("." for the folder itself), and that folder opened. */
static int enter(const char *path, const char **rest) {
  for (size_t i = 0; i < prefix_count; i++) {
    size_t length = strlen(prefixes[i]);
    if (strncmp(path, prefixes[i], length) != 0) continue;
    if (path[length] != '/' && path[length] != 0) continue;
    *rest = path + length;
    while (**rest == '/') (*rest)++;
    if (**rest == 0) *rest = ".";
    return open(prefixes[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
  }
  errno = EXDEV;
  return -1;
}

static int open_below(int folder, const char *path, int flags) {
  return sys_openat2(folder, path, flags,
                     RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
}

static int close_keeping_errno(int fd, int result) {
  int error = errno;
  close(fd);
  errno = error;
  return result;
}

int allow_open(const char *path, int flags) {
  const char *rest;
  int folder = enter(path, &rest);
  if (folder < 0) return -1;
  return close_keeping_errno(folder, open_below(folder, rest, flags));
}

/* Opens the folder that `path` lies in; `name` is its last part. */
static int open_parent(const char *path, const char **name) {
  char parent[PATH_MAX];
  const char *slash = strrchr(path, '/');
  if (slash == NULL || slash[1] == 0 || strlen(path) >= sizeof parent) {
    errno = EINVAL;
    return -1;
  }
  *name = slash + 1;
  if (strcmp(*name, "..") == 0 || strcmp(*name, ".") == 0) {
    errno = EXDEV;
    return -1;
  }
  memcpy(parent, path, (size_t)(slash - path));
  parent[slash - path] = 0;
  return allow_open(parent, O_PATH | O_DIRECTORY);
}

int allow_open_or_make(const char *path, mode_t mode, int *made) {
  *made = 0;
  int folder = allow_open(path, O_RDONLY | O_DIRECTORY);
  if (folder >= 0 || errno != ENOENT) return folder;
  const char *name;
  int parent = open_parent(path, &name);
  if (parent < 0) return -1;
  *made = mkdirat(parent, name, mode) == 0;
  if (!*made && errno != EEXIST) return close_keeping_errno(parent, -1);
  return close_keeping_errno(parent, open_below(parent, name, O_RDONLY | O_DIRECTORY));
}

int allow_remove_folder(const char *path) {
  const char *name;
  int parent = open_parent(path, &name);
  if (parent < 0) return -1;
  return close_keeping_errno(parent, unlinkat(parent, name, AT_REMOVEDIR));
}
