#include "create.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "allow.h"
#include "caps.h"
#include "cgroup.h"
#include "child.h"
#include "init.h"
#include "net.h"
#include "remove.h"
#include "root.h"
#include "sys.h"
#include "watch.h"

#define CREATIONS_MAX 512
#define CREATION_MS_MAX 10000
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)

/* A container between its clone and the moment that its program runs, or that everything is taken back. */
struct creation {
  struct watcher channel;
  struct watcher process;
  struct watcher timer;
  pid_t pid;
  int exit_fd;
  bool user_namespace;
  uint32_t base;
  struct removal undo;
  struct asker asker;
};

static int program_fd = -1;
static size_t creations;
static struct reply reply_later;

void create_start(int fd) { program_fd = fd; }

static void forget(struct creation *creation) {
  loop_close(&creation->channel);
  loop_close(&creation->timer);
  loop_close(&creation->process);
  if (creation->exit_fd >= 0) close(creation->exit_fd);
  free(creation);
  creations--;
}

static void undo(struct creation *creation) {
  struct removal removal = creation->undo;
  struct asker asker = creation->asker;
  forget(creation);
  remove_undo(&removal, &asker);
}

static void died(struct watcher *watcher, uint32_t events) {
  struct creation *creation = OWNER(struct creation, process, watcher);
  siginfo_t how;
  (void)events;
  sys_reap(watcher->fd, &how);
  undo(creation);
}

/* Ends what was begun: the process first, then, once it is gone, all that it held. */
static void fail(struct creation *creation, enum error code, const char *text) {
  creation->undo.code = code;
  snprintf(creation->undo.message, sizeof creation->undo.message, "%s", text);
  loop_close(&creation->channel);
  loop_close(&creation->timer);
  if (creation->process.fd < 0) {
    undo(creation);
    return;
  }
  sys_pidfd_send_signal(creation->process.fd, SIGKILL);
  if (loop_add(&creation->process, EPOLLIN) != 0) {
    sys_reap_within(creation->process.fd, CREATION_MS_MAX);
    undo(creation);
  }
}

static void late(struct watcher *watcher, uint32_t events) {
  (void)events;
  fail(OWNER(struct creation, timer, watcher), ERROR_TIMEOUT, "the container did not start in time");
}

static void go(const struct creation *creation) {
  char word = PROGRESS_GO;
  send(creation->channel.fd, &word, 1, MSG_NOSIGNAL);
}

static void started(struct creation *creation) {
  reply_begin(&reply_later, OP_OK, creation->asker.id);
  reply_u64(&reply_later, TAG_PID, (uint64_t)creation->pid);
  reply_u64(&reply_later, TAG_START_TIME, sys_start_time(creation->pid));
  if (watch_add(creation->undo.id, creation->pid, creation->process.fd, creation->exit_fd) != 0) {
    fail(creation, ERROR_EXHAUSTED, "too many containers are watched already");
    return;
  }
  creation->process.fd = -1;
  creation->exit_fd = -1;
  connection_answer(&creation->asker, &reply_later);
  forget(creation);
}

static enum error code_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return ERROR_STORAGE_FULL;
    case EXDEV:
      return ERROR_FORBIDDEN;
    case ENOENT:
    case ENOTDIR:
    case EACCES:
    case ENOEXEC:
    case EINVAL:
    case ELOOP:
      return ERROR_INVALID;
    default:
      return ERROR_INTERNAL;
  }
}

static void heard(struct watcher *watcher, uint32_t events) {
  struct creation *creation = OWNER(struct creation, channel, watcher);
  struct report report;
  char text[512];
  (void)events;
  ssize_t got = recv(watcher->fd, &report, sizeof report, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got != (ssize_t)sizeof report) {
    fail(creation, ERROR_INTERNAL, "the container's first process ended before its program ran");
    return;
  }
  report.step[STEP_BYTES_MAX - 1] = 0;
  if (report.progress == PROGRESS_STARTED) {
    started(creation);
  } else if (report.progress != PROGRESS_UNSHARED) {
    snprintf(text, sizeof text, "%s: %s", report.step, strerror(report.error));
    fail(creation, code_of(report.error), text);
  } else if (creation->user_namespace && caps_map(creation->pid, creation->base) != 0) {
    snprintf(text, sizeof text, "map the users of the namespace: %s", strerror(errno));
    fail(creation, ERROR_INTERNAL, text);
  } else {
    go(creation);
  }
}

/* Opens the state folder's files, in a folder that no other container uses. */
static int open_files(const struct plan *plan, struct creation *creation, struct child_fds *fds,
                      struct reply *reply) {
  int made = 0;
  int state = allow_open_or_make(plan->state_folder, 0700, &made);
  if (state < 0)
    return reply_error(reply, errno == EXDEV ? ERROR_FORBIDDEN : code_of(errno), "open folder %.300s: %s",
                       plan->state_folder, strerror(errno));
  if (mkdirat(state, SCRATCH_FOLDER, 0700) != 0) {
    int error = errno;
    close(state);
    if (made) allow_remove_folder(plan->state_folder);
    if (error == EEXIST)
      return reply_error(reply, ERROR_FAILED_PRECONDITION, "folder %.300s is used by a container: remove it first",
                         plan->state_folder);
    return reply_error(reply, code_of(error), "make folder %.300s: %s", plan->state_folder, strerror(error));
  }
  creation->undo.with_folder = made;
  creation->undo.with_logs = made || faccessat(state, LOG_FILE_0, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
  const int flags = O_CREAT | O_NOFOLLOW | O_CLOEXEC;
  fds->logs[0] = openat(state, LOG_FILE_0, flags | O_WRONLY, 0600);
  fds->logs[1] = openat(state, LOG_FILE_1, flags | O_WRONLY, 0600);
  fds->exit = openat(state, EXIT_FILE, flags | O_WRONLY | O_TRUNC, 0600);
  creation->exit_fd = openat(state, EXIT_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  int error = errno;
  close(state);
  if (fds->logs[0] >= 0 && fds->logs[1] >= 0 && fds->exit >= 0 && creation->exit_fd >= 0) return 0;
  reply_error(reply, code_of(error), "open the log files: %s", strerror(error));
  return 1;
}

/* Before the child may go on: were it to end, its namespace could not be found by its number any more. */
static int open_netns(const struct creation *creation, struct reply *reply) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/net", creation->pid);
  int netns = open(path, O_RDONLY | O_CLOEXEC);
  if (netns < 0) reply_error(reply, ERROR_INTERNAL, "open the network namespace: %s", strerror(errno));
  return netns;
}

/* Clones the child into its groups and namespaces; it waits for our word at each step that is ours. */
static int spawn(const struct plan *plan, struct creation *creation, struct child_fds *fds,
                 struct reply *reply) {
  int pair[2];
  if (cgroup_make(plan->id, reply) != 0 || cgroup_set(plan->id, plan->writes, plan->write_count, reply) != 0)
    return -1;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    return reply_error(reply, ERROR_EXHAUSTED, "socketpair: %s", strerror(errno));
  fds->channel = pair[1];
  fds->program = program_fd;
  creation->channel = (struct watcher){.fd = pair[0], .ready = heard};
  int unified = cgroup_unified(plan->id);
  creation->pid = sys_clone3(NAMESPACES, &creation->process.fd, unified);
  if (creation->pid == 0) {
    close(pair[0]);
    child_main(plan, fds);
  }
  int error = errno;
  close(pair[1]);
  if (unified >= 0) close(unified);
  if (creation->pid > 0) return 0;
  creation->process.fd = -1;
  return reply_error(reply, ERROR_INTERNAL, "clone: %s", strerror(error));
}

static void close_files(const struct child_fds *fds) {
  const int all[] = {fds->logs[0], fds->logs[1], fds->exit};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (all[i] >= 0) close(all[i]);
}

static int run(const struct message *message, const struct plan *plan, struct creation *creation,
               struct child_fds *fds, struct reply *reply) {
  if (spawn(plan, creation, fds, reply) != 0) return -1;
  int netns = open_netns(creation, reply);
  if (netns < 0) return -1;
  /* It builds its root while we make its network. */
  go(creation);
  int attached = net_attach(creation->pid, netns, message, reply);
  close(netns);
  if (attached != 0) return -1;
  if (loop_add(&creation->channel, EPOLLIN) != 0 || loop_timer(&creation->timer, CREATION_MS_MAX) != 0)
    return reply_error(reply, ERROR_EXHAUSTED, "watch the container: %s", strerror(errno));
  return 0;
}

static struct creation *prepare(const struct plan *plan, const struct asker *asker) {
  struct creation *creation = creations < CREATIONS_MAX ? calloc(1, sizeof *creation) : NULL;
  if (creation == NULL) return NULL;
  creation->channel = (struct watcher){.fd = -1, .ready = heard};
  creation->process = (struct watcher){.fd = -1, .ready = died};
  creation->timer = (struct watcher){.fd = -1, .ready = late};
  creation->exit_fd = -1;
  creation->user_namespace = plan->identity.user_namespace;
  creation->base = plan->identity.base;
  creation->asker = *asker;
  snprintf(creation->undo.id, sizeof creation->undo.id, "%s", plan->id);
  snprintf(creation->undo.folder, sizeof creation->undo.folder, "%s", plan->state_folder);
  creations++;
  return creation;
}

static int begin(const struct message *message, const struct plan *plan, const struct asker *asker,
                 struct reply *reply) {
  struct child_fds fds = {-1, {-1, -1}, -1, -1};
  if (watch_pidfd(plan->id) >= 0 || cgroup_exists(plan->id))
    return reply_error(reply, ERROR_ALREADY_EXISTS, "container %s is there already", plan->id);
  struct creation *creation = prepare(plan, asker);
  if (creation == NULL) return reply_error(reply, ERROR_EXHAUSTED, "too many containers are being made");
  int opened = open_files(plan, creation, &fds, reply);
  if (opened < 0) {
    forget(creation);
    return -1;
  }
  bool running = opened == 0 && run(message, plan, creation, &fds, reply) == 0;
  close_files(&fds);
  if (!running) fail(creation, reply->code, reply->text);
  return 0;
}

int create_begin(const struct message *message, const struct asker *asker, struct reply *reply) {
  static struct plan plan;
  int result = plan_parse(message, &plan, reply);
  if (result == 0) result = begin(message, &plan, asker, reply);
  plan_close(&plan);
  return result;
}
