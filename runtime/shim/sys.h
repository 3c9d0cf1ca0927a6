/* System calls that the C library of older distributions does not wrap, and the few constants they need. */
#ifndef FLOTILLA_SYS_H
#define FLOTILLA_SYS_H

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Of <linux/openat2.h>. */
#define RESOLVE_NO_XDEV 0x01
#define RESOLVE_NO_MAGICLINKS 0x02
#define RESOLVE_NO_SYMLINKS 0x04
#define RESOLVE_BENEATH 0x08
#define RESOLVE_IN_ROOT 0x10

/* Of <linux/mount.h>, which does not go together with <sys/mount.h>. */
#define ATTR_RDONLY 0x01
#define ATTR_NOSUID 0x02
#define ATTR_NODEV 0x04
#define ATTR_NOEXEC 0x08

int sys_openat2(int folder, const char *path, int flags, uint64_t resolve);

/* Forks into new namespaces (CLONE_NEW* in `flags`) and, when `cgroup_fd` >= 0, into that cgroup. */
pid_t sys_clone3(uint64_t flags, int *pidfd, int cgroup_fd);

int sys_pidfd_open(pid_t pid);
int sys_pidfd_send_signal(int pidfd, int signal);
/* Reaps a child without blocking. 1: `out` tells how it ended; 0: it still runs or is not our child. */
int sys_reap(int pidfd, siginfo_t *out);
/* Waits for a child to end, at most that long. */
void sys_reap_within(int pidfd, int milliseconds);

/* Binds what `source` is onto what `target` is, with ATTR_* set on the new mount. */
int sys_bind(int source, int target, uint64_t attributes);
int sys_mount_attributes(int mount_fd, uint64_t attributes);
int sys_pivot_root(const char *new_root, const char *put_old);

int sys_close_range(unsigned first, unsigned last);
int sys_execveat(int fd, char *const argv[], char *const envp[]);
/* A sealed copy of a program in memory, or -1. */
int sys_sealed_copy(const char *path);

/* Field 22 of /proc/PID/stat, or 0 when there is no such process. */
uint64_t sys_start_time(pid_t pid);

/* Reads a whole small file into a NUL-terminated buffer. The length, or -1. */
ssize_t sys_read_file(int folder, const char *path, char *buffer, size_t size);
int sys_write_file(int folder, const char *path, const char *text);

uint64_t sys_now_ms(void);

/* Lets this process open as many files as it may; a child gives back what we were started with. */
void sys_raise_open_files(void);
int sys_restore_open_files(void);

#endif
