#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "allow.h"
#include "cgroup.h"
#include "connection.h"
#include "init.h"
#include "plan.h"
#include "sys.h"

struct container {
  struct watcher watcher;
  char id[ID_BYTES_MAX + 1];
  pid_t pid;
  int exit_fd;
  /* We killed it: of an adopted container, the kernel does not tell us how it ended. */
  bool killed;
  struct container *next;
};

static struct container *containers;

static struct container *find(const char *id) {
  for (struct container *at = containers; at != NULL; at = at->next)
    if (strcmp(at->id, id) == 0) return at;
  return NULL;
}

int watch_pidfd(const char *id) {
  struct container *container = find(id);
  return container == NULL ? -1 : container->watcher.fd;
}

/* How it ended: as the init wrote it; else as the kernel tells its parent; else nothing but that it ended. */
static void write_exit(struct reply *reply, const char *id, int exit_fd, const siginfo_t *ended) {
  char text[64] = "", word[8];
  int number;
  unsigned long long at;
  ssize_t got = exit_fd < 0 ? -1 : pread(exit_fd, text, sizeof text - 1, 0);
  if (got > 0 && sscanf(text, "%7s %d %llu", word, &number, &at) == 3) {
    reply_u64(reply, strcmp(word, "exit") == 0 ? TAG_EXIT_CODE : TAG_EXIT_SIGNAL, (unsigned)number);
  } else {
    at = sys_now_ms();
    if (ended->si_pid != 0)
      reply_u64(reply, ended->si_code == CLD_EXITED ? TAG_EXIT_CODE : TAG_EXIT_SIGNAL,
                (unsigned)ended->si_status);
  }
  reply_u64(reply, TAG_FINISHED_AT, at);
  reply_u64(reply, TAG_OOM_KILLS, cgroup_oom_kills(id));
}

static void ended(struct watcher *watcher, uint32_t events) {
  static struct reply event;
  struct container *container = OWNER(struct container, watcher, watcher);
  siginfo_t how;
  (void)events;
  sys_reap(watcher->fd, &how);
  reply_begin(&event, OP_EXITED, 0);
  reply_text(&event, TAG_ID, container->id);
  reply_u64(&event, TAG_PID, (uint64_t)container->pid);
  if (how.si_pid == 0 && container->killed)
    how = (siginfo_t){.si_code = CLD_KILLED, .si_pid = container->pid, .si_status = SIGKILL};
  write_exit(&event, container->id, container->exit_fd, &how);
  struct container **at = &containers;
  while (*at != container) at = &(*at)->next;
  *at = container->next;
  loop_close(&container->watcher);
  if (container->exit_fd >= 0) close(container->exit_fd);
  free(container);
  connection_broadcast(&event);
}

int watch_add(const char *id, pid_t pid, int pidfd, int exit_fd) {
  size_t count = 0;
  for (struct container *at = containers; at != NULL; at = at->next) count++;
  struct container *container = count < CONTAINERS_MAX ? calloc(1, sizeof *container) : NULL;
  if (container == NULL) return -1;
  container->watcher = (struct watcher){.fd = pidfd, .ready = ended};
  container->pid = pid;
  container->exit_fd = exit_fd;
  snprintf(container->id, sizeof container->id, "%s", id);
  if (loop_add(&container->watcher, EPOLLIN) != 0) {
    free(container);
    return -1;
  }
  container->next = containers;
  containers = container;
  return 0;
}

/* The process as a pidfd, if it is still the one that was started then, in that container. */
static int same_process(const char *id, pid_t pid, uint64_t start_time) {
  int pidfd = pid > 1 ? sys_pidfd_open(pid) : -1;
  /* After the pidfd: the number cannot have been given to another process in between. */
  if (pidfd >= 0 && sys_start_time(pid) == start_time && cgroup_contains(id, pid)) return pidfd;
  if (pidfd >= 0) close(pidfd);
  return -1;
}

int watch_adopt(const struct message *message, struct reply *reply) {
  char id[ID_BYTES_MAX + 1], folder[PATH_MAX], path[PATH_MAX + 8];
  uint64_t pid, start_time;
  if (plan_id(message, id, reply) != 0) return -1;
  if (message_u64(message, TAG_PID, &pid) != 0 || pid > INT_MAX ||
      message_u64(message, TAG_START_TIME, &start_time) != 0 ||
      message_text(message, TAG_STATE_FOLDER, folder, sizeof folder) != 0)
    return reply_error(reply, ERROR_INVALID, "pid, start time and state folder are needed");
  snprintf(path, sizeof path, "%s/%s", folder, EXIT_FILE);
  int exit_fd = allow_open(path, O_RDONLY);
  if (exit_fd < 0 && errno == EXDEV)
    return reply_error(reply, ERROR_FORBIDDEN, "%.200s lies outside of the allowed folders", folder);
  struct container *known = find(id);
  int pidfd = known != NULL ? -1 : same_process(id, (pid_t)pid, start_time);
  siginfo_t nothing = {0};
  if (known == NULL && pidfd < 0) {
    write_exit(reply, id, exit_fd, &nothing);
  } else if (known == NULL && watch_add(id, (pid_t)pid, pidfd, exit_fd) == 0) {
    return 0;
  } else if (known == NULL) {
    close(pidfd);
    reply_error(reply, ERROR_EXHAUSTED, "%d containers are watched already", CONTAINERS_MAX);
  }
  if (exit_fd >= 0) close(exit_fd);
  return 0;
}

int watch_signal(const struct message *message, struct reply *reply) {
  char id[ID_BYTES_MAX + 1];
  uint64_t number;
  if (plan_id(message, id, reply) != 0) return -1;
  if (message_u64(message, TAG_SIGNAL, &number) != 0 ||
      (number != SIGTERM && number != SIGINT && number != SIGHUP && number != SIGUSR1 &&
       number != SIGUSR2))
    return reply_error(reply, ERROR_INVALID, "the signal is not TERM, INT, HUP, USR1 or USR2");
  int pidfd = watch_pidfd(id);
  if (pidfd < 0 || sys_pidfd_send_signal(pidfd, (int)number) != 0)
    return reply_error(reply, ERROR_NOT_FOUND, "container %s does not run", id);
  return 0;
}

int watch_kill(const struct message *message, struct reply *reply) {
  char id[ID_BYTES_MAX + 1];
  if (plan_id(message, id, reply) != 0) return -1;
  struct container *container = find(id);
  /* With the init, the kernel ends everything in its pid namespace. */
  bool killed = container != NULL && sys_pidfd_send_signal(container->watcher.fd, SIGKILL) == 0;
  if (killed) container->killed = true;
  bool more = cgroup_kill(id) > 0;
  if (killed || more) return 0;
  return reply_error(reply, ERROR_NOT_FOUND, "container %s does not run", id);
}
