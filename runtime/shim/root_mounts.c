/* Binds, memory folders and secrets that a container asked for. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "allow.h"
#include "caps.h"
#include "root.h"
#include "step.h"
#include "sys.h"

#define SECRET_BYTES_MAX (1 << 20)
#define SECRETS_OPTIONS "mode=0700,size=4194304"

static int bind(int root, const struct mount_plan *mount) {
  struct stat stat;
  int source = allow_open(mount->source, O_PATH);
  if (source < 0 || fstat(source, &stat) != 0) return step_failed("open %.150s", mount->source);
  bool folder = S_ISDIR(stat.st_mode);
  if (!folder && !S_ISREG(stat.st_mode)) {
    errno = EINVAL;
    return step_failed("bind %.150s, which is neither a file nor a folder", mount->source);
  }
  int target = root_open_or_make(root, mount->target, folder);
  uint64_t attributes = ATTR_NOSUID | ATTR_NODEV | (mount->read_only ? ATTR_RDONLY : 0);
  if (target < 0 || sys_bind(source, target, attributes) != 0)
    return step_failed("bind to %.150s", mount->target);
  close(source);
  close(target);
  return 0;
}

static int memory_folder(int root, const struct mount_plan *mount) {
  char data[64];
  snprintf(data, sizeof data, "mode=1777,size=%llu", (unsigned long long)mount->bytes_max);
  int target = root_open_or_make(root, mount->target, true);
  if (target < 0 || root_mount(target, "tmpfs", MS_NOSUID | MS_NODEV, data) != 0)
    return step_failed("mount %.150s", mount->target);
  close(target);
  return 0;
}

/* A copy in memory that only the container's user reads; the source's owner and mode do not matter. */
static int copy_secret(const struct mount_plan *mount, const char *path, uid_t user) {
  struct stat stat;
  int source = allow_open(mount->source, O_RDONLY | O_NONBLOCK);
  if (source < 0 || fstat(source, &stat) != 0) return step_failed("open %.150s", mount->source);
  if (!S_ISREG(stat.st_mode) || stat.st_size > SECRET_BYTES_MAX) {
    errno = EINVAL;
    return step_failed("read secret %.120s, which is not a file of 1 MiB at most", mount->source);
  }
  int copy = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
  if (copy < 0 || sendfile(copy, source, NULL, (size_t)stat.st_size) != stat.st_size ||
      fchown(copy, user, user) != 0)
    return step_failed("copy secret %.150s", mount->source);
  close(copy);
  close(source);
  return 0;
}

static int secret(int root, const struct mount_plan *mount, size_t number, uid_t user) {
  char path[64];
  snprintf(path, sizeof path, SECRETS_FOLDER "/%zu", number);
  if (copy_secret(mount, path, user) != 0) return -1;
  int source = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  int target = root_open_or_make(root, mount->target, false);
  if (source < 0 || target < 0 ||
      sys_bind(source, target, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC) != 0)
    return step_failed("mount secret %.150s", mount->target);
  close(source);
  close(target);
  return 0;
}

static int secrets_folder(const struct plan *plan) {
  bool any = false;
  for (size_t i = 0; i < plan->mount_count; i++) any |= plan->mounts[i].kind == MOUNT_SECRET;
  if (!any) return 0;
  if (mkdir(SECRETS_FOLDER, 0700) != 0 && errno != EEXIST) return step_failed("make the secrets' folder");
  if (mount("tmpfs", SECRETS_FOLDER, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, SECRETS_OPTIONS) != 0)
    return step_failed("mount the secrets' folder");
  return 0;
}

int root_mounts(int root, const struct plan *plan) {
  uid_t user = caps_host_user(&plan->identity);
  if (secrets_folder(plan) != 0) return -1;
  for (size_t i = 0; i < plan->mount_count; i++) {
    const struct mount_plan *mount = &plan->mounts[i];
    int result = mount->kind == MOUNT_BIND    ? bind(root, mount)
                 : mount->kind == MOUNT_TMPFS ? memory_folder(root, mount)
                                              : secret(root, mount, i, user);
    if (result != 0) return -1;
  }
  return 0;
}
