/* /dev, /proc, /tmp and the three files of /etc that every container gets. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "root.h"
#include "step.h"
#include "sys.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

static int tmpfs(int root, const char *path, unsigned long flags, const char *mode, uint64_t bytes) {
  char data[64];
  snprintf(data, sizeof data, "mode=%s,size=%llu", mode, (unsigned long long)bytes);
  int target = root_open_or_make(root, path, true);
  if (target < 0 || root_mount(target, "tmpfs", flags, data) != 0) return step_failed("mount %s", path);
  close(target);
  return 0;
}

static int device(int dev, const char *name, unsigned major, unsigned minor) {
  if (mknodat(dev, name, S_IFCHR | 0666, makedev(major, minor)) != 0) return step_failed("make /dev/%s", name);
  return 0;
}

int root_dev(int root, const struct plan *plan) {
  static const struct {
    const char *name;
    unsigned major, minor;
  } devices[] = {{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
  static const char *const links[][2] = {{"/proc/self/fd", "fd"},     {"/proc/self/fd/0", "stdin"},
                                         {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
                                         {"pts/ptmx", "ptmx"}};
  if (tmpfs(root, "/dev", MS_NOSUID | MS_NOEXEC, "0755", 65536) != 0) return -1;
  int dev = root_open(root, "/dev", O_RDONLY | O_DIRECTORY);
  if (dev < 0) return step_failed("open /dev");
  for (size_t i = 0; i < COUNT(devices); i++)
    if (device(dev, devices[i].name, devices[i].major, devices[i].minor) != 0) return -1;
  for (size_t i = 0; i < COUNT(links); i++)
    if (symlinkat(links[i][0], dev, links[i][1]) != 0) return step_failed("link /dev/%s", links[i][1]);
  close(dev);
  int pts = root_open_or_make(root, "/dev/pts", true);
  if (pts < 0 || root_mount(pts, "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620") != 0)
    return step_failed("mount /dev/pts");
  close(pts);
  if (tmpfs(root, "/dev/shm", MS_NOSUID | MS_NOEXEC | MS_NODEV, "1777", plan->shm_bytes) != 0) return -1;
  return tmpfs(root, "/tmp", MS_NOSUID | MS_NODEV, "1777", plan->tmp_bytes);
}

/* Something harmless over a file or folder of /proc that tells about the host, or reaches it. */
static int mask(int root, const char *path) {
  int target = root_open(root, path, O_PATH | O_NOFOLLOW);
  if (target < 0) return errno == ENOENT ? 0 : step_failed("open %s", path);
  struct stat stat;
  int result = fstat(target, &stat);
  if (result == 0 && S_ISDIR(stat.st_mode)) {
    result = root_mount(target, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0555,size=0");
  } else if (result == 0) {
    int null = root_open(root, "/dev/null", O_PATH);
    result = sys_bind(null, target, ATTR_RDONLY | ATTR_NOSUID | ATTR_NOEXEC);
    close(null);
  }
  close(target);
  return result == 0 ? 0 : step_failed("mask %s", path);
}

static int freeze(int root, const char *path) {
  int target = root_open(root, path, O_PATH | O_NOFOLLOW);
  if (target < 0) return errno == ENOENT ? 0 : step_failed("open %s", path);
  int result = sys_bind(target, target, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC);
  close(target);
  return result == 0 ? 0 : step_failed("make %s read-only", path);
}

int root_proc(int root) {
  static const char *const masked[] = {"/proc/kcore",         "/proc/keys",        "/proc/latency_stats",
                                       "/proc/timer_list",    "/proc/timer_stats", "/proc/sched_debug",
                                       "/proc/scsi",          "/proc/acpi",        "/proc/sysrq-trigger",
                                       "/proc/kmsg",          "/proc/kallsyms",    "/proc/modules",
                                       "/proc/kpagecount",    "/proc/kpageflags",  "/proc/kpagecgroup",
                                       "/proc/interrupts",    "/proc/asound"};
  static const char *const frozen[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"};
  int proc = root_open_or_make(root, "/proc", true);
  if (proc < 0 || root_mount(proc, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
    return step_failed("mount /proc");
  close(proc);
  /* In a network namespace of its own, a game may listen on 80 without any capability. */
  int sys = root_open(root, "/proc/sys/net/ipv4", O_RDONLY | O_DIRECTORY);
  if (sys >= 0) {
    sys_write_file(sys, "ip_unprivileged_port_start", "0");
    close(sys);
  }
  for (size_t i = 0; i < COUNT(masked); i++)
    if (mask(root, masked[i]) != 0) return -1;
  for (size_t i = 0; i < COUNT(frozen); i++)
    if (freeze(root, frozen[i]) != 0) return -1;
  return 0;
}

/* Replaces whatever the image has there: a link is not followed. */
static int replace(int folder, const char *name, const char *text) {
  if (unlinkat(folder, name, 0) != 0 && errno != ENOENT) return step_failed("replace /etc/%s", name);
  int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  size_t length = strlen(text);
  if (file < 0 || write(file, text, length) != (ssize_t)length) return step_failed("write /etc/%s", name);
  close(file);
  return 0;
}

int root_etc(int root, const struct plan *plan) {
  char text[512];
  int made = root_open_or_make(root, "/etc", true);
  if (made >= 0) close(made);
  int etc = root_open(root, "/etc", O_RDONLY | O_DIRECTORY);
  if (etc < 0) return step_failed("open /etc");
  snprintf(text, sizeof text, "%s\n", plan->hostname);
  if (replace(etc, "hostname", text) != 0) return -1;
  /* No ::1: a client that dials `localhost` must arrive at 127.0.0.1, where the SDK answers. */
  int used = snprintf(text, sizeof text, "127.0.0.1\tlocalhost\n");
  snprintf(text + used, sizeof text - (size_t)used, "%s\t%s\n",
           *plan->address == 0 ? "127.0.0.1" : plan->address, plan->hostname);
  if (replace(etc, "hosts", text) != 0) return -1;
  used = 0;
  text[0] = 0;
  for (size_t i = 0; i < plan->resolver_count; i++)
    used += snprintf(text + used, sizeof text - (size_t)used, "nameserver %.15s\n", plan->resolvers[i]);
  int result = replace(etc, "resolv.conf", text);
  close(etc);
  return result;
}
