#include "caps.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys.h"

#define MAPPED_USERS 65536

bool caps_user_namespaces(void) {
  static int known = -1;
  if (known < 0) {
    pid_t child = fork();
    if (child == 0) _exit(unshare(CLONE_NEWUSER) == 0 ? 0 : 1);
    int status = 1;
    known = child > 0 && waitpid(child, &status, 0) == child && status == 0;
  }
  return known == 1;
}

int caps_map(pid_t pid, uint32_t base) {
  char path[64], text[64];
  snprintf(text, sizeof text, "0 %u %u", base, MAPPED_USERS);
  snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
  if (sys_write_file(AT_FDCWD, path, text) != 0) return -1;
  snprintf(path, sizeof path, "/proc/%d/gid_map", pid);
  return sys_write_file(AT_FDCWD, path, text);
}

uid_t caps_host_user(const struct identity *identity) { return identity->base + identity->user; }

static int set_capabilities(uint64_t mask) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  uint32_t low = (uint32_t)mask, high = (uint32_t)(mask >> 32);
  struct __user_cap_data_struct data[2] = {{low, low, low}, {high, high, high}};
  return (int)syscall(SYS_capset, &header, data);
}

int caps_keep(uint64_t mask, bool ambient) {
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return -1;
  for (int cap = 0; cap < 64; cap++) {
    if ((mask & 1ULL << cap) == 0 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0) {
      if (errno == EINVAL) break;
      return -1;
    }
  }
  if (set_capabilities(mask) != 0) return -1;
  for (int cap = 0; ambient && cap < 64; cap++)
    if ((mask & 1ULL << cap) != 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) != 0)
      return -1;
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int caps_become(const struct identity *identity) {
  /*
   * The container's user may be 0 of its own namespace: executing a program must not give it capabilities. And leaving
   * root's uid must not take those that are needed for the rest; caps_keep takes them.
   */
  /* KEEP_CAPS stays open: there is nothing to keep, and ordinary programs (ping) set it and end when they may not. */
  unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                       SECBIT_NO_SETUID_FIXUP_LOCKED;
  if (prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) != 0) return -1;
  uid_t id = (identity->user_namespace ? 0 : identity->base) + identity->user;
  if (setgroups(0, NULL) != 0 || setresgid(id, id, id) != 0 || setresuid(id, id, id) != 0) return -1;
  return caps_keep(identity->capabilities, true);
}
