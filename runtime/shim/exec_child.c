/*
 * Two processes: a keeper, which enters the container's namespaces and waits, and the program itself, which only exists
 * inside of the container's pid namespace. TERM asks the keeper to end the program, and so does the shim's death. The
 * keeper reaps: a container cannot end while somebody else's zombie is left in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "caps.h"
#include "cgroup.h"
#include "child.h"
#include "exec.h"
#include "seccomp.h"
#include "sys.h"

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWPID)
/* stdin, stdout, stderr, and the pipe that tells a failure. */
#define FAILURE_FD 3

static volatile pid_t kept;

static void end_program(int number) {
  (void)number;
  kill(kept, SIGKILL);
}

static void on_term(int how) {
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(how, &term, NULL);
}

struct terminal {
  int master;
  int slave;
};

/* In the container's own devpts; nobody in there can have put anything else in its place. */
static int open_terminal(struct terminal *terminal, uid_t user) {
  int unlock = 0;
  terminal->master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
  if (terminal->master < 0) return step_failed("open a terminal");
  if (ioctl(terminal->master, TIOCSPTLCK, &unlock) != 0) return step_failed("unlock the terminal");
  terminal->slave = ioctl(terminal->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal->slave < 0) return step_failed("open the terminal's other side");
  return fchown(terminal->slave, user, user) == 0 ? 0 : step_failed("give the terminal to the user");
}

static int place(const int stdio[3], int failure) {
  int aside[4];
  const int wanted[] = {stdio[0], stdio[1], stdio[2], failure};
  for (int i = 0; i < 4; i++)
    if ((aside[i] = fcntl(wanted[i], F_DUPFD, 64)) < 0) return -1;
  for (int i = 0; i < 4; i++)
    if (dup2(aside[i], i) < 0) return -1;
  fcntl(FAILURE_FD, F_SETFD, FD_CLOEXEC);
  return sys_close_range(FAILURE_FD + 1, ~0U);
}

static int become(const struct plan *plan, int container, const int *doors, int door_count) {
  if (cgroup_enter(doors, door_count) != 0) return step_failed("join the control groups");
  /* After the groups: its view begins at the group that it is in. */
  if (setns(container, CLONE_NEWCGROUP) != 0) return step_failed("join the cgroup namespace");
  if (plan->identity.user_namespace && setns(container, CLONE_NEWUSER) != 0)
    return step_failed("join the user namespace");
  if (caps_become(&plan->identity) != 0) return step_failed("become user %u", plan->identity.user);
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  return chdir(plan->program.cwd) == 0 ? 0 : step_failed("enter %.150s", plan->program.cwd);
}

static _Noreturn void run(const struct plan *plan, const struct exec_fds *fds, int failure, bool tty,
                          const int *doors, int door_count) {
  on_term(SIG_UNBLOCK);
  int result = become(plan, fds->container, doors, door_count);
  if (result == 0 && sys_restore_open_files() != 0) result = step_failed("restore the limit of open files");
  if (result == 0 && setsid() < 0) result = step_failed("setsid");
  if (result == 0 && place(fds->stdio, failure) != 0) result = step_failed("place descriptors");
  else if (result == 0) failure = FAILURE_FD;
  if (result == 0 && tty && ioctl(0, TIOCSCTTY, 0) != 0) result = step_failed("take the terminal");
  if (result == 0 && seccomp_install(&plan->identity) != 0) result = step_failed("install the seccomp filter");
  if (result == 0) {
    environ = plan->program.envp;
    execvp(plan->program.argv[0], plan->program.argv);
    step_failed("exec %.150s", plan->program.argv[0]);
  }
  if (write(failure, step_report(), sizeof(struct report)) < 0) _exit(126);
  _exit(127);
}

/* Says that the program runs; the terminal's master goes along. */
static void send_started(int channel, int master) {
  struct report report = {.progress = PROGRESS_STARTED};
  struct iovec part = {&report, sizeof report};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr aligned;
  } control = {0};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (master >= 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &master, sizeof master);
  }
  sendmsg(channel, &message, MSG_NOSIGNAL);
}

/* The keeper's life: passes the news on, then ends as the program ended. */
static _Noreturn void keep(pid_t program, int channel, int failure, int master) {
  struct sigaction action = {.sa_handler = end_program};
  struct report report;
  ssize_t got;
  int status;
  kept = program;
  sigaction(SIGTERM, &action, NULL);
  on_term(SIG_UNBLOCK);
  do got = read(failure, &report, sizeof report);
  while (got < 0 && errno == EINTR);
  if (got == (ssize_t)sizeof report) send(channel, &report, sizeof report, MSG_NOSIGNAL);
  else send_started(channel, master);
  sys_close_range(0, ~0U);
  while (waitpid(program, &status, 0) < 0 && errno == EINTR) {}
  _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

_Noreturn void exec_child(const struct plan *plan, const struct exec_fds *fds, bool tty) {
  struct exec_fds inside = *fds;
  struct terminal terminal = {-1, -1};
  int doors[HIERARCHIES_MAX], failure[2];
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
  int door_count = cgroup_doors(plan->id, doors);
  int unified = cgroup_unified(plan->id);
  int result = door_count < 0 ? step_failed("open the control groups") : 0;
  if (result == 0 && setns(fds->container, NAMESPACES) != 0) result = step_failed("enter the container");
  if (result == 0 && tty) result = open_terminal(&terminal, caps_host_user(&plan->identity));
  for (int i = 0; tty && i < 3; i++) inside.stdio[i] = terminal.slave;
  if (result == 0 && pipe2(failure, O_CLOEXEC) != 0) result = step_failed("pipe");
  if (result != 0) child_fail(fds->channel);
  on_term(SIG_BLOCK);
  int pidfd;
  pid_t program = sys_clone3(0, &pidfd, unified);
  if (program == 0) run(plan, &inside, failure[1], tty, doors, door_count);
  if (program < 0) {
    step_failed("clone into the control group");
    child_fail(fds->channel);
  }
  close(failure[1]);
  keep(program, fds->channel, failure[0], terminal.master);
}
