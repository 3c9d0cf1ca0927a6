#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "allow.h"
#include "caps.h"
#include "step.h"
#include "sys.h"

#define OPTIONS_BYTES_MAX 4096

int root_open(int root, const char *path, int flags) {
  while (*path == '/') path++;
  return sys_openat2(root, *path == 0 ? "." : path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

int root_open_or_make(int root, const char *path, bool folder) {
  char part[PATH_MAX];
  size_t length = strlen(path);
  if (length >= sizeof part) {
    errno = ENAMETOOLONG;
    return -1;
  }
  int at = dup(root);
  for (size_t end = 1; at >= 0 && end <= length; end++) {
    if (path[end] != '/' && path[end] != 0) continue;
    memcpy(part, path, end);
    part[end] = 0;
    if (part[end - 1] == '/') continue;
    bool last_file = path[end] == 0 && !folder;
    int next = root_open(root, part, O_PATH | (last_file ? 0 : O_DIRECTORY));
    if (next < 0 && errno == ENOENT) {
      const char *name = strrchr(part, '/') + 1;
      int made = last_file ? mknodat(at, name, S_IFREG | 0644, 0) : mkdirat(at, name, 0755);
      if (made == 0) next = root_open(root, part, O_PATH | (last_file ? 0 : O_DIRECTORY));
    }
    int error = errno;
    close(at);
    errno = error;
    at = next;
  }
  return at;
}

int root_mount(int target, const char *type, unsigned long flags, const char *data) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", target);
  return mount(type, path, type, flags, data);
}

static int make_folder(const char *name) {
  return mkdir(name, 0700) == 0 || errno == EEXIST ? 0 : step_failed("make folder %s", name);
}

/* The working folder is the state folder; makes `scratch/upper` and `scratch/work`, on disk or in bounded memory. */
static int scratch(const struct plan *plan) {
  char data[64];
  if (make_folder(ROOT_FOLDER) != 0 || make_folder(SCRATCH_FOLDER) != 0) return -1;
  if (plan->upper_bytes > 0) {
    snprintf(data, sizeof data, "mode=0700,size=%llu", (unsigned long long)plan->upper_bytes);
    if (mount("tmpfs", SCRATCH_FOLDER, "tmpfs", MS_NODEV | MS_NOSUID, data) != 0)
      return step_failed("mount scratch");
  }
  /* The upper folder's mode is the root's own. */
  if (mkdir(SCRATCH_FOLDER "/upper", 0755) != 0) return step_failed("make the upper folder");
  if (mkdir(SCRATCH_FOLDER "/work", 0700) != 0) return step_failed("make the work folder");
  return 0;
}

/* Layers are named by descriptor: short, whatever their number, and checked at the moment they were opened. */
static int overlay(const struct plan *plan) {
  char options[OPTIONS_BYTES_MAX] = "volatile,upperdir=" SCRATCH_FOLDER "/upper,workdir=" SCRATCH_FOLDER
                                    "/work,lowerdir=";
  int layers[LAYERS_MAX];
  size_t used = strlen(options);
  for (size_t i = plan->layer_count; i > 0; i--) {
    layers[i - 1] = allow_open(plan->layers[i - 1], O_PATH | O_DIRECTORY);
    if (layers[i - 1] < 0) return step_failed("open layer %.150s", plan->layers[i - 1]);
    used += (size_t)snprintf(options + used, sizeof options - used, "%s/proc/self/fd/%d",
                             i == plan->layer_count ? "" : ":", layers[i - 1]);
  }
  if (mount("overlay", ROOT_FOLDER, "overlay", MS_NODEV | MS_NOSUID, options) != 0)
    return step_failed("mount overlay");
  for (size_t i = 0; i < plan->layer_count; i++) close(layers[i]);
  return 0;
}

/* The container's user may write where it works and in its home; the rest of the image stays as the image has it. */
static int own_folder(int root, const char *path, const struct plan *plan) {
  if (plan->read_only_root || path[0] != '/' || path[strspn(path, "/")] == 0) return 0;
  uid_t user = caps_host_user(&plan->identity);
  int folder = root_open_or_make(root, path, true);
  if (folder < 0 || fchownat(folder, "", user, user, AT_EMPTY_PATH) != 0)
    return step_failed("give folder %.150s to the container's user", path);
  close(folder);
  return 0;
}

static int own_folders(int root, const struct plan *plan) {
  if (own_folder(root, plan->program.cwd, plan) != 0) return -1;
  for (char **at = plan->program.envp; *at != NULL; at++)
    if (strncmp(*at, "HOME=/", 6) == 0) return own_folder(root, *at + 5, plan);
  return 0;
}

static int leave_the_host(int root) {
  if (fchdir(root) != 0) return step_failed("enter the new root");
  if (sys_pivot_root(".", ".") != 0) return step_failed("pivot_root");
  if (umount2(".", MNT_DETACH) != 0) return step_failed("unmount the old root");
  return chdir("/") == 0 ? 0 : step_failed("enter the new root");
}

int root_build(const struct plan *plan) {
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return step_failed("make mounts private");
  int state = allow_open(plan->state_folder, O_RDONLY | O_DIRECTORY);
  if (state < 0 || fchdir(state) != 0) return step_failed("open folder %.150s", plan->state_folder);
  close(state);
  if (scratch(plan) != 0 || overlay(plan) != 0) return -1;
  int root = open(ROOT_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return step_failed("open the new root");
  if (own_folders(root, plan) != 0 || root_etc(root, plan) != 0 || root_dev(root, plan) != 0 ||
      root_proc(root) != 0 || root_mounts(root, plan) != 0)
    return -1;
  if (plan->read_only_root && sys_mount_attributes(root, ATTR_RDONLY | ATTR_NODEV | ATTR_NOSUID) != 0)
    return step_failed("make the root read-only");
  int result = leave_the_host(root);
  close(root);
  return result;
}
