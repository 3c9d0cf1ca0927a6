#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "caps.h"
#include "cgroup.h"
#include "init.h"
#include "root.h"
#include "seccomp.h"
#include "sys.h"

#define FDS_ASIDE 64

_Noreturn void child_fail(int channel) {
  send(channel, step_report(), sizeof(struct report), MSG_NOSIGNAL);
  _exit(127);
}

void child_wait(int channel) {
  char go;
  ssize_t got;
  do got = recv(channel, &go, 1, 0);
  while (got < 0 && errno == EINTR);
  if (got != 1 || go != PROGRESS_GO) _exit(127);
}

void child_sync(int channel, enum progress progress) {
  struct report report = {.progress = (char)progress};
  send(channel, &report, sizeof report, MSG_NOSIGNAL);
  child_wait(channel);
}

static int limits(const struct plan *plan) {
  if (sys_restore_open_files() != 0) return step_failed("restore the limit of open files");
  for (size_t i = 0; i < plan->rlimit_count; i++) {
    const struct rlimit_plan *limit = &plan->rlimits[i];
    if (setrlimit(limit->resource, &limit->value) != 0)
      return step_failed("resource limit %d", limit->resource);
  }
  return 0;
}

/* Every signal as a new process expects it: the shim ignores some and blocks others. */
static void reset_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Moves what the init needs to its fixed places and closes everything else that the shim had open. */
static int place_descriptors(const struct child_fds *fds) {
  const int wanted[] = {fds->channel, fds->logs[0], fds->logs[1], fds->exit, fds->program};
  int aside[sizeof wanted / sizeof *wanted];
  int count = (int)(sizeof wanted / sizeof *wanted);
  for (int i = 0; i < count; i++)
    if ((aside[i] = fcntl(wanted[i], F_DUPFD, FDS_ASIDE)) < 0) return step_failed("copy descriptors");
  for (int i = 0; i < count; i++)
    if (dup2(aside[i], INIT_CHANNEL_FD + i) < 0) return step_failed("place descriptors");
  int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= 2; fd++)
    if (null < 0 || dup2(null, fd) < 0) return step_failed("open /dev/null");
  fcntl(INIT_PROGRAM_FD, F_SETFD, FD_CLOEXEC);
  return sys_close_range(INIT_FDS_END, ~0U) == 0 ? 0 : step_failed("close descriptors");
}

/* The init's command line: its own options, then the program's arguments. */
static char **command_line(const struct plan *plan, char numbers[2][24]) {
  size_t count = 0;
  while (plan->program.argv[count] != NULL) count++;
  char **argv = calloc(INIT_OPTIONS + count + 1, sizeof *argv);
  if (argv == NULL) return NULL;
  snprintf(numbers[0], 24, "%llu", (unsigned long long)plan->log_bytes_max);
  snprintf(numbers[1], 24, "%llu", (unsigned long long)plan->log_rate);
  static char name[] = INIT_NAME;
  argv[0] = name;
  argv[1] = numbers[0];
  argv[2] = numbers[1];
  memcpy(argv + INIT_OPTIONS, plan->program.argv, count * sizeof *argv);
  return argv;
}

static int become_the_user(const struct plan *plan, int channel) {
  if (plan->identity.user_namespace) {
    /* Last, so that what the container's user may do in its namespace reaches none of the others. */
    if (unshare(CLONE_NEWUSER) != 0) return step_failed("unshare the user namespace");
    child_sync(channel, PROGRESS_UNSHARED);
  } else {
    child_sync(channel, PROGRESS_UNSHARED);
  }
  if (caps_become(&plan->identity) != 0) return step_failed("become user %u", plan->identity.user);
  return chdir(plan->program.cwd) == 0 ? 0 : step_failed("enter %.150s", plan->program.cwd);
}

static int prepare(const struct plan *plan, int channel) {
  int doors[HIERARCHIES_MAX];
  if (cgroup_enter(doors, cgroup_doors(plan->id, doors)) != 0) return step_failed("join the control groups");
  umask(0);
  if (setsid() < 0) return step_failed("setsid");
  if (unshare(CLONE_NEWCGROUP) != 0) return step_failed("unshare the cgroup namespace");
  if (root_build(plan) != 0) return -1;
  if (sethostname(plan->hostname, strlen(plan->hostname)) != 0) return step_failed("set the hostname");
  if (limits(plan) != 0) return -1;
  umask(022);
  return become_the_user(plan, channel);
}

_Noreturn void child_main(const struct plan *plan, const struct child_fds *fds) {
  char numbers[2][24];
  reset_signals();
  child_wait(fds->channel);
  char **argv = command_line(plan, numbers);
  if (argv == NULL) step_failed("allocate the command line");
  if (argv == NULL || prepare(plan, fds->channel) != 0) child_fail(fds->channel);
  if (place_descriptors(fds) != 0) child_fail(INIT_CHANNEL_FD);
  if (seccomp_install(&plan->identity) != 0) step_failed("install the seccomp filter");
  else {
    sys_execveat(INIT_PROGRAM_FD, argv, plan->program.envp);
    step_failed("execute the init");
  }
  child_fail(INIT_CHANNEL_FD);
}
