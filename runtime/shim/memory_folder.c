#include "memory_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "allow.h"

/* 1: something is mounted there, because it is on another device than the folder that it lies in. -1: errno. */
static int is_mounted(int folder) {
  struct stat own, parent;
  if (fstat(folder, &own) != 0 || fstatat(folder, "..", &parent, 0) != 0) return -1;
  return own.st_dev != parent.st_dev;
}

static int change(int folder, uint64_t bytes) {
  char target[64], data[64];
  snprintf(target, sizeof target, "/proc/self/fd/%d", folder);
  snprintf(data, sizeof data, "mode=0711,size=%llu", (unsigned long long)bytes);
  int mounted = is_mounted(folder);
  if (mounted < 0) return -1;
  if (mounted && bytes == 0) return umount2(target, MNT_DETACH);
  if (mounted || bytes == 0) return 0;
  return mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, data);
}

int memory_folder(const struct message *message, struct reply *reply) {
  char path[PATH_MAX];
  uint64_t bytes;
  if (message_text(message, TAG_TARGET, path, sizeof path) != 0 ||
      message_u64(message, TAG_BYTES_MAX, &bytes) != 0)
    return reply_error(reply, ERROR_INVALID, "the folder or its size is missing");
  int folder = allow_open(path, O_PATH | O_DIRECTORY);
  if (folder < 0)
    return reply_error(reply, ERROR_FORBIDDEN, "open folder %.200s: %s", path, strerror(errno));
  int result = change(folder, bytes), error = errno;
  close(folder);
  if (result == 0) return 0;
  return reply_error(reply, ERROR_INTERNAL, "change the memory of %.200s: %s", path, strerror(error));
}
