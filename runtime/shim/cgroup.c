#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan.h"
#include "sys.h"

#define GROUP_PATH_MAX (PATH_MAX + 128)
#define MAKE_TRIES_MAX 10

struct hierarchy {
  char mount[PATH_MAX];
  char controllers[128];
  bool unified;
};

static struct hierarchy hierarchies[HIERARCHIES_MAX];
static size_t hierarchy_count;
static bool delegates;
static char parent[64];

static const char *const joined[] = {"cpu", "cpuacct", "memory", "pids"};
static const char *const writable[] = {
    "cpu.cfs_period_us", "cpu.cfs_quota_us", "cpu.shares",       "cpu.max",
    "cpu.weight",        "memory.max",       "memory.high",      "memory.limit_in_bytes",
    "memory.swap.max",   "memory.oom.group", "memory.swappiness", "memory.memsw.limit_in_bytes",
    "pids.max"};
#define COUNT(list) (sizeof(list) / sizeof *(list))

/* Whether `name` is one of the comma-separated words of `list`. */
static bool has_word(const char *list, const char *name) {
  size_t length = strlen(name);
  for (const char *at = list; (at = strstr(at, name)) != NULL; at += length)
    if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == 0)) return true;
  return false;
}

static void consider(const struct mntent *mount) {
  struct hierarchy *next = &hierarchies[hierarchy_count];
  bool unified = strcmp(mount->mnt_type, "cgroup2") == 0, wanted = unified;
  if (!unified && strcmp(mount->mnt_type, "cgroup") != 0) return;
  for (size_t i = 0; i < COUNT(joined); i++) wanted |= has_word(mount->mnt_opts, joined[i]);
  if (!wanted || hierarchy_count == HIERARCHIES_MAX) return;
  snprintf(next->mount, sizeof next->mount, "%s", mount->mnt_dir);
  snprintf(next->controllers, sizeof next->controllers, "%s", unified ? "" : mount->mnt_opts);
  next->unified = unified;
  hierarchy_count++;
}

static struct hierarchy *unified(void) {
  for (size_t i = 0; i < hierarchy_count; i++)
    if (hierarchies[i].unified) return &hierarchies[i];
  return NULL;
}

int cgroup_start(const char *instance) {
  char line[2 * PATH_MAX], path[GROUP_PATH_MAX];
  struct mntent mount;
  snprintf(parent, sizeof parent, "flotilla/%s", instance);
  FILE *mounts = setmntent("/proc/self/mounts", "re");
  if (mounts == NULL) return -1;
  while (getmntent_r(mounts, &mount, line, sizeof line) != NULL) consider(&mount);
  endmntent(mounts);
  if (unified() != NULL) {
    snprintf(path, sizeof path, "%s/cgroup.controllers", unified()->mount);
    delegates = sys_read_file(AT_FDCWD, path, line, sizeof line) > 1;
  }
  return hierarchy_count > 0 ? 0 : -1;
}

const char *cgroup_layout(void) {
  if (unified() == NULL) return "v1";
  return hierarchy_count == 1 ? "v2" : "hybrid";
}

bool cgroup_may_write(const char *controller, const char *file) {
  size_t length = strlen(controller);
  if (strcmp(controller, "unified") != 0 &&
      (strncmp(file, controller, length) != 0 || file[length] != '.'))
    return false;
  for (size_t i = 0; i < COUNT(writable); i++)
    if (strcmp(file, writable[i]) == 0) return true;
  return false;
}

static void group_path(char path[GROUP_PATH_MAX], const struct hierarchy *in, const char *id,
                       const char *file) {
  snprintf(path, GROUP_PATH_MAX, "%s/%s/%s%s%s", in->mount, parent, id, *file ? "/" : "", file);
}

/* On v2 a group has only the controllers that every group above it hands down. */
static void hand_down(const char *folder) {
  static const char *const controllers[] = {"+cpu", "+memory", "+pids", "+io"};
  char path[GROUP_PATH_MAX];
  snprintf(path, sizeof path, "%s/cgroup.subtree_control", folder);
  /* One by one: a controller that is missing or busy shows itself when its limit cannot be written. */
  for (size_t i = 0; delegates && i < COUNT(controllers); i++)
    sys_write_file(AT_FDCWD, path, controllers[i]);
}

static int make_in(const struct hierarchy *in, const char *id) {
  char path[GROUP_PATH_MAX];
  group_path(path, in, id, "");
  if (mkdir(path, 0755) == 0) return 0;
  if (errno != ENOENT) return -1;
  if (in->unified) hand_down(in->mount);
  snprintf(path, sizeof path, "%s/flotilla", in->mount);
  if (mkdir(path, 0755) != 0 && errno != EEXIST) return -1;
  if (in->unified) hand_down(path);
  snprintf(path, sizeof path, "%s/%s", in->mount, parent);
  if (mkdir(path, 0755) != 0 && errno != EEXIST) return -1;
  if (in->unified) hand_down(path);
  group_path(path, in, id, "");
  return mkdir(path, 0755);
}

int cgroup_make(const char *id, struct reply *reply) {
  char path[GROUP_PATH_MAX];
  if (cgroup_exists(id))
    return reply_error(reply, ERROR_ALREADY_EXISTS, "container %s has control groups already", id);
  for (size_t i = 0; i < hierarchy_count; i++) {
    int made = make_in(&hierarchies[i], id);
    /* Another instance that leaves takes a parent that both share with it when it was empty just then. */
    for (int tries = 1; made != 0 && errno == ENOENT && tries < MAKE_TRIES_MAX; tries++)
      made = make_in(&hierarchies[i], id);
    if (made == 0) continue;
    group_path(path, &hierarchies[i], id, "");
    reply_error(reply, ERROR_INTERNAL, "make control group %.300s: %s", path, strerror(errno));
    cgroup_remove(id);
    return -1;
  }
  return 0;
}

/* A controller's own hierarchy, or the unified one. */
static const struct hierarchy *home_of(const char *controller) {
  for (size_t i = 0; i < hierarchy_count; i++)
    if (has_word(hierarchies[i].controllers, controller)) return &hierarchies[i];
  return unified();
}

int cgroup_set(const char *id, const struct cgroup_write *writes, size_t count, struct reply *reply) {
  char path[GROUP_PATH_MAX];
  for (size_t i = 0; i < count; i++) {
    const struct hierarchy *in = home_of(writes[i].controller);
    if (in == NULL)
      return reply_error(reply, ERROR_UNSUPPORTED, "controller %.32s is not mounted", writes[i].controller);
    group_path(path, in, id, writes[i].file);
    if (sys_write_file(AT_FDCWD, path, writes[i].value) != 0)
      return reply_error(reply, errno == ENOENT ? ERROR_UNSUPPORTED : ERROR_INTERNAL,
                         "limit %.64s of container %s to %.64s: %s", writes[i].file, id,
                         writes[i].value, strerror(errno));
  }
  return 0;
}

int cgroup_doors(const char *id, int doors[HIERARCHIES_MAX]) {
  char path[GROUP_PATH_MAX];
  int count = 0;
  for (size_t i = 0; i < hierarchy_count; i++) {
    if (hierarchies[i].unified) continue;
    group_path(path, &hierarchies[i], id, "tasks");
    doors[count] = open(path, O_WRONLY | O_CLOEXEC);
    if (doors[count++] < 0) return -1;
  }
  return count;
}

int cgroup_unified(const char *id) {
  char path[GROUP_PATH_MAX];
  if (unified() == NULL) return -1;
  group_path(path, unified(), id, "");
  return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int cgroup_enter(const int *doors, int count) {
  int error = count < 0 ? errno : 0;
  for (int i = 0; i < count; i++) {
    if (write(doors[i], "0", 1) != 1) error = errno;
    close(doors[i]);
  }
  errno = error;
  return error == 0 ? 0 : -1;
}

bool cgroup_exists(const char *id) {
  char path[GROUP_PATH_MAX];
  for (size_t i = 0; i < hierarchy_count; i++) {
    group_path(path, &hierarchies[i], id, "");
    if (access(path, F_OK) == 0) return true;
  }
  return false;
}

/* Calls `each` with every process of the container; returns how many there are. */
static size_t processes(const char *id, void (*each)(pid_t)) {
  char path[GROUP_PATH_MAX];
  size_t count = 0;
  for (size_t i = 0; i < hierarchy_count; i++) {
    group_path(path, &hierarchies[i], id, "cgroup.procs");
    FILE *list = fopen(path, "re");
    int pid;
    while (list != NULL && fscanf(list, "%d", &pid) == 1) {
      count++;
      if (each != NULL && pid > 1) each(pid);
    }
    if (list != NULL) fclose(list);
  }
  return count;
}

bool cgroup_populated(const char *id) { return processes(id, NULL) > 0; }

bool cgroup_contains(const char *id, pid_t pid) {
  char path[64], text[8192], wanted[128];
  snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
  snprintf(wanted, sizeof wanted, ":/%s/%s\n", parent, id);
  return sys_read_file(AT_FDCWD, path, text, sizeof text) > 0 && strstr(text, wanted) != NULL;
}

static void kill_one(pid_t pid) { kill(pid, SIGKILL); }

int cgroup_kill(const char *id) {
  char path[GROUP_PATH_MAX];
  /* One by one first, also where cgroup.kill exists: who joined only some of the groups is killed too, and counted while
   * it is there. */
  bool found = processes(id, kill_one) > 0;
  if (unified() != NULL) {
    group_path(path, unified(), id, "cgroup.kill");
    sys_write_file(AT_FDCWD, path, "1");
  }
  return found;
}

uint64_t cgroup_oom_kills(const char *id) {
  char path[GROUP_PATH_MAX], text[1024];
  const struct hierarchy *in = home_of("memory");
  if (in == NULL) return 0;
  group_path(path, in, id, in->unified ? "memory.events" : "memory.oom_control");
  if (sys_read_file(AT_FDCWD, path, text, sizeof text) <= 0) return 0;
  /* "oom_kill_disable" stands before "oom_kill" in the v1 file. */
  for (const char *at = text; (at = strstr(at, "oom_kill")) != NULL; at++)
    if (at[strlen("oom_kill")] == ' ') return strtoull(at + strlen("oom_kill"), NULL, 10);
  return 0;
}

int cgroup_remove(const char *id) {
  char path[GROUP_PATH_MAX];
  int error = 0;
  for (size_t i = 0; i < hierarchy_count; i++) {
    group_path(path, &hierarchies[i], id, "");
    if (rmdir(path) != 0 && errno != ENOENT) error = errno;
  }
  errno = error;
  return error == 0 ? 0 : -1;
}

void cgroup_remove_parents(void) {
  char path[GROUP_PATH_MAX];
  for (size_t i = 0; i < hierarchy_count; i++) {
    snprintf(path, sizeof path, "%s/%s", hierarchies[i].mount, parent);
    if (rmdir(path) != 0) continue;
    snprintf(path, sizeof path, "%s/flotilla", hierarchies[i].mount);
    rmdir(path);
  }
}
