#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif
#define PIDFD_FLAG 0x1000ULL
#define INTO_CGROUP_FLAG 0x200000000ULL
#define TREE_CLONE 1
#define MOVE_FROM_EMPTY_TO_EMPTY (0x04 | 0x40)

int sys_openat2(int folder, const char *path, int flags, uint64_t resolve) {
  struct {
    uint64_t flags, mode, resolve;
  } how = {.flags = (uint64_t)(unsigned)flags | O_CLOEXEC, .resolve = resolve};
  if (flags & O_CREAT) how.mode = 0600;
  int fd = -1;
  /* EAGAIN: a rename elsewhere made the walk uncertain; the kernel asks to try again. */
  for (int tries = 0; tries < 8; tries++) {
    fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return fd;
}

pid_t sys_clone3(uint64_t flags, int *pidfd, int cgroup_fd) {
  struct {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
        set_tid_size, cgroup;
  } arguments = {.flags = flags | PIDFD_FLAG,
                 .pidfd = (uint64_t)(uintptr_t)pidfd,
                 .exit_signal = SIGCHLD};
  if (cgroup_fd >= 0) {
    arguments.flags |= INTO_CGROUP_FLAG;
    arguments.cgroup = (uint64_t)cgroup_fd;
  }
  return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

int sys_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int sys_pidfd_send_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int sys_reap(int pidfd, siginfo_t *out) {
  memset(out, 0, sizeof *out);
  return waitid((idtype_t)P_PIDFD, (id_t)pidfd, out, WEXITED | WNOHANG) == 0 && out->si_pid != 0;
}

void sys_reap_within(int pidfd, int milliseconds) {
  struct pollfd waiting = {.fd = pidfd, .events = POLLIN};
  siginfo_t ended;
  if (poll(&waiting, 1, milliseconds) == 1) sys_reap(pidfd, &ended);
}

int sys_mount_attributes(int mount_fd, uint64_t attributes) {
  struct {
    uint64_t attr_set, attr_clr, propagation, userns_fd;
  } attr = {.attr_set = attributes};
  return (int)syscall(SYS_mount_setattr, mount_fd, "", AT_EMPTY_PATH, &attr, sizeof attr);
}

int sys_bind(int source, int target, uint64_t attributes) {
  int tree = (int)syscall(SYS_open_tree, source, "", TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH);
  if (tree < 0) return -1;
  int result = attributes == 0 ? 0 : sys_mount_attributes(tree, attributes);
  if (result == 0)
    result = (int)syscall(SYS_move_mount, tree, "", target, "", MOVE_FROM_EMPTY_TO_EMPTY);
  int error = errno;
  close(tree);
  errno = error;
  return result;
}

int sys_pivot_root(const char *new_root, const char *put_old) {
  return (int)syscall(SYS_pivot_root, new_root, put_old);
}

int sys_close_range(unsigned first, unsigned last) {
  return (int)syscall(SYS_close_range, first, last, 0);
}

int sys_execveat(int fd, char *const argv[], char *const envp[]) {
  return (int)syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
}

int sys_sealed_copy(const char *path) {
  struct stat stat;
  int source = open(path, O_RDONLY | O_CLOEXEC);
  if (source < 0) return -1;
  int copy = memfd_create("init", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  if (copy < 0) copy = memfd_create("init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  bool whole = copy >= 0 && fstat(source, &stat) == 0;
  for (off_t left = whole ? stat.st_size : 0; left > 0;) {
    ssize_t sent = sendfile(copy, source, NULL, (size_t)left);
    if (sent <= 0) {
      whole = false;
      break;
    }
    left -= sent;
  }
  close(source);
  int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (whole && fcntl(copy, F_ADD_SEALS, seals) == 0) return copy;
  if (copy >= 0) close(copy);
  return -1;
}

ssize_t sys_read_file(int folder, const char *path, char *buffer, size_t size) {
  int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  size_t used = 0;
  ssize_t got;
  while (used < size - 1 && (got = read(fd, buffer + used, size - 1 - used)) > 0)
    used += (size_t)got;
  buffer[used] = 0;
  close(fd);
  return (ssize_t)used;
}

int sys_write_file(int folder, const char *path, const char *text) {
  int fd = openat(folder, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  size_t length = strlen(text);
  ssize_t written = write(fd, text, length);
  int error = errno;
  close(fd);
  errno = error;
  return written == (ssize_t)length ? 0 : -1;
}

uint64_t sys_start_time(pid_t pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  if (sys_read_file(AT_FDCWD, path, text, sizeof text) <= 0) return 0;
  /* The name in parentheses may hold anything; the fields after the last one cannot. */
  char *at = strrchr(text, ')');
  for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
  return at == NULL ? 0 : strtoull(at + 1, NULL, 10);
}

uint64_t sys_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct rlimit open_files;

void sys_raise_open_files(void) {
  if (getrlimit(RLIMIT_NOFILE, &open_files) != 0) return;
  struct rlimit raised = {open_files.rlim_max, open_files.rlim_max};
  setrlimit(RLIMIT_NOFILE, &raised);
}

int sys_restore_open_files(void) { return setrlimit(RLIMIT_NOFILE, &open_files); }
