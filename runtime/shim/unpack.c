#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "caps.h"
#include "sys.h"

#define ENTRIES_MAX 1000000
#define TOTAL_BYTES_MAX (64ULL << 30)
#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"
/* chown, dac_override, fowner, fsetid, mknod (whiteouts), sys_admin (trusted attributes). */
#define CAPABILITIES (1ULL << 0 | 1ULL << 1 | 1ULL << 3 | 1ULL << 4 | 1ULL << 27 | 1ULL << 21)

/* TARGET becomes the whole file system: whatever a path says, nothing else is there. */
static int move_in(const char *target) {
  int folder = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return unpack_failed("%s: %s", target, strerror(errno));
  close(folder);
  if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount(target, target, NULL, MS_BIND, NULL) != 0 || chdir(target) != 0 || sys_pivot_root(".", ".") != 0 ||
      umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
    return unpack_failed("move into %s: %s", target, strerror(errno));
  sys_close_range(3, ~0U);
  if (caps_keep(CAPABILITIES, false) != 0) return unpack_failed("drop capabilities: %s", strerror(errno));
  umask(0);
  return 0;
}

/* The folder that an entry lies in, made if it is missing; no symbolic link on the way is followed. */
static int open_parent(const char *path, const char **name) {
  char part[NAME_MAX + 1];
  int at = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (;;) {
    while (*path == '/') path++;
    size_t length = strcspn(path, "/");
    const char *rest = path + length + strspn(path + length, "/");
    if (length > NAME_MAX || (length == 2 && memcmp(path, "..", 2) == 0)) {
      close(at);
      errno = length > NAME_MAX ? ENAMETOOLONG : EXDEV;
      return -1;
    }
    bool is_dot = length == 1 && path[0] == '.';
    if (*rest == 0 && !is_dot) {
      *name = path;
      return at;
    }
    if (*rest == 0) {
      *name = "";
      return at;
    }
    memcpy(part, path, length);
    part[length] = 0;
    path = rest;
    if (is_dot || length == 0) continue;
    if (mkdirat(at, part, 0755) != 0 && errno != EEXIST) return close(at), -1;
    int next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int error = errno;
    close(at);
    errno = error;
    if (next < 0) return -1;
    at = next;
  }
}

static int write_bytes(FILE *in, int file, uint64_t size) {
  static char bytes[65536];
  for (uint64_t left = size; left > 0;) {
    size_t wanted = left < sizeof bytes ? (size_t)left : sizeof bytes;
    if (fread(bytes, 1, wanted, in) != wanted) return unpack_failed("the archive ends in the middle of a file");
    if (write(file, bytes, wanted) != (ssize_t)wanted) return unpack_failed("write: %s", strerror(errno));
    left -= wanted;
  }
  return tar_skip(in, size);
}

/* Of a name that is there already the later entry wins; a folder stays, with what is in it. */
static int make(FILE *in, const struct entry *entry, int parent, const char *name) {
  const char *source_name;
  int file, source, result;
  struct stat stat;
  if (entry->kind == ENTRY_FOLDER) {
    if (mkdirat(parent, name, 0700) == 0) return 0;
    if (errno == EEXIST && fstatat(parent, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(stat.st_mode)) return 0;
    if (errno == EEXIST && unlinkat(parent, name, 0) == 0) return mkdirat(parent, name, 0700);
    return -1;
  }
  if (unlinkat(parent, name, 0) != 0 && errno != ENOENT &&
      !(errno == EISDIR && unlinkat(parent, name, AT_REMOVEDIR) == 0))
    return -1;
  switch (entry->kind) {
    case ENTRY_SYMLINK:
      return symlinkat(entry->link, parent, name);
    case ENTRY_HARD_LINK:
      source = open_parent(entry->link, &source_name);
      if (source < 0) return -1;
      result = linkat(source, source_name, parent, name, 0);
      close(source);
      return result;
    default:
      file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
      if (file < 0) return -1;
      result = write_bytes(in, file, entry->size);
      close(file);
      return result == 0 ? 0 : -2;
  }
}

static int attributes(const struct entry *entry, int parent, const char *name) {
  struct timespec times[2] = {{.tv_sec = entry->mtime}, {.tv_sec = entry->mtime}};
  if (entry->kind == ENTRY_HARD_LINK) return 0;
  if (fchownat(parent, name, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW) != 0) return -1;
  if (entry->kind != ENTRY_SYMLINK && fchmodat(parent, name, entry->mode, 0) != 0) return -1;
  return utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW);
}

/* The OCI layer's words for "not there any more", as overlay's own. 1: it was one. */
static int whiteout(const struct entry *entry, int parent, const char *name) {
  size_t length = strlen(WHITEOUT);
  if (strncmp(name, WHITEOUT, length) != 0) return 0;
  if (entry->kind != ENTRY_FILE || entry->size > 0) return errno = EINVAL, -1;
  if (strcmp(name, OPAQUE) == 0) return fsetxattr(parent, "trusted.overlay.opaque", "y", 1, 0) == 0 ? 1 : -1;
  if (name[length] == 0 || strncmp(name, ".wh..wh.", 8) == 0) return 1;
  return mknodat(parent, name + length, S_IFCHR, makedev(0, 0)) == 0 ? 1 : -1;
}

static int one(FILE *in, struct entry *entry) {
  const char *name;
  size_t length = strlen(entry->path);
  while (length > 1 && entry->path[length - 1] == '/') entry->path[--length] = 0;
  int parent = open_parent(entry->path, &name);
  if (parent < 0) return unpack_failed("%.200s: %s", entry->path, strerror(errno));
  int result;
  if (*name == 0) {
    /* The root folder itself. */
    result = entry->kind == ENTRY_FOLDER ? attributes(entry, parent, ".") : (errno = EINVAL, -1);
  } else {
    result = whiteout(entry, parent, name);
    if (result == 0) {
      result = make(in, entry, parent, name);
      if (result == 0) result = attributes(entry, parent, name);
    } else if (result == 1) {
      result = 0;
    }
  }
  if (result == -1) unpack_failed("%.200s: %s", entry->path, strerror(errno));
  close(parent);
  return result == 0 ? 0 : -1;
}

int unpack_main(const char *target) {
  static struct entry entry;
  uint64_t entries = 0, bytes = 0;
  int next;
  if (move_in(target) != 0) return 1;
  while ((next = tar_next(stdin, &entry)) == 1) {
    bytes += entry.size;
    if (++entries > ENTRIES_MAX || bytes > TOTAL_BYTES_MAX) {
      unpack_failed("more than %d entries or %llu bytes", ENTRIES_MAX, (unsigned long long)TOTAL_BYTES_MAX);
      return 1;
    }
    if (one(stdin, &entry) != 0) return 1;
  }
  /* Whatever the writer still has, it may write. */
  char rest[4096];
  while (next == 0 && fread(rest, 1, sizeof rest, stdin) > 0) {}
  return next == 0 ? 0 : 1;
}
