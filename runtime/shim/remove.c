#include "remove.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "allow.h"
#include "cgroup.h"
#include "init.h"
#include "net.h"
#include "root.h"
#include "step.h"
#include "sys.h"
#include "watch.h"

/* What the main process removes itself; more would keep the others waiting. */
#define QUICK_ENTRIES_MAX 64
/* A process that was killed is gone soon; so long we try again. */
#define TRIES_MAX 400
#define TRY_AGAIN_US 5000

static int remove_folder(int state, const char *name, size_t entries_max) {
  int folder = openat(state, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) return errno == ENOENT ? 0 : step_failed("open folder %s", name);
  int result = remove_contents(folder, entries_max);
  int error = errno;
  close(folder);
  errno = error;
  if (result == 0) result = unlinkat(state, name, AT_REMOVEDIR);
  return result == 0 ? 0 : step_failed("remove folder %s", name);
}

static int remove_folders(const struct removal *removal, size_t entries_max) {
  static const char *const files[] = {LOG_FILE_0, LOG_FILE_1, EXIT_FILE};
  int state = allow_open(removal->folder, O_RDONLY | O_DIRECTORY);
  if (state < 0) return errno == ENOENT ? 0 : step_failed("open folder %.150s", removal->folder);
  int result = 0;
  if (remove_folder(state, SCRATCH_FOLDER, entries_max) != 0 || remove_folder(state, ROOT_FOLDER, 0) != 0 ||
      remove_folder(state, SECRETS_FOLDER, 0) != 0)
    result = -1;
  for (size_t i = 0; result == 0 && removal->with_logs && i < sizeof files / sizeof *files; i++)
    unlinkat(state, files[i], 0);
  close(state);
  /* The agent's own files may still be in there; then the folder is the agent's to remove. */
  if (result == 0 && removal->with_folder) allow_remove_folder(removal->folder);
  return result;
}

static int attempt(const struct removal *removal, size_t entries_max) {
  if (cgroup_remove(removal->id) != 0) return step_failed("remove the control groups");
  return remove_folders(removal, entries_max);
}

struct helper {
  struct watcher watcher;
  int pidfd;
  struct removal removal;
  struct asker asker;
};

static void answer(const struct removal *removal, const struct asker *asker, const struct report *failed) {
  static struct reply reply;
  reply_begin(&reply, OP_OK, asker->id);
  if (removal->code != 0) reply_error(&reply, removal->code, "%s", removal->message);
  else if (failed != NULL)
    reply_error(&reply, failed->error == EBUSY ? ERROR_FAILED_PRECONDITION : ERROR_INTERNAL,
                "remove container %s: %s: %s", removal->id, failed->step, strerror(failed->error));
  cgroup_remove_parents();
  connection_answer(asker, &reply);
}

static void helper_done(struct watcher *watcher, uint32_t events) {
  struct helper *helper = OWNER(struct helper, watcher, watcher);
  struct report report;
  (void)events;
  bool failed = recv(watcher->fd, &report, sizeof report, MSG_DONTWAIT) == (ssize_t)sizeof report;
  loop_close(&helper->watcher);
  sys_reap_within(helper->pidfd, 1000);
  close(helper->pidfd);
  answer(&helper->removal, &helper->asker, failed ? &report : NULL);
  free(helper);
}

static _Noreturn void helper_run(const struct removal *removal, int channel) {
  int tries = 0, result;
  /* What the shim has open is not held open by us: its clients and execs wait for the end of their streams. */
  dup2(channel, 0);
  channel = 0;
  sys_close_range(3, ~0U);
  while ((result = attempt(removal, 0)) != 0 && step_report()->error == EBUSY && ++tries < TRIES_MAX)
    usleep(TRY_AGAIN_US);
  if (result != 0) send(channel, step_report(), sizeof(struct report), MSG_NOSIGNAL);
  _exit(0);
}

static int helper_start(const struct removal *removal, const struct asker *asker) {
  int pair[2];
  struct helper *helper = calloc(1, sizeof *helper);
  if (helper == NULL || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    free(helper);
    return -1;
  }
  helper->removal = *removal;
  helper->asker = *asker;
  pid_t pid = sys_clone3(0, &helper->pidfd, -1);
  if (pid == 0) helper_run(removal, pair[1]);
  close(pair[1]);
  helper->watcher = (struct watcher){.fd = pair[0], .ready = helper_done};
  if (pid > 0 && loop_add(&helper->watcher, EPOLLIN) == 0) return 0;
  close(pair[0]);
  free(helper);
  return -1;
}

/* 1: a process goes on with it. 0: done. */
static int run(const struct removal *removal, const struct asker *asker) {
  net_detach(removal->id);
  if (attempt(removal, QUICK_ENTRIES_MAX) == 0) return 0;
  int error = step_report()->error;
  if (error != EBUSY && error != EAGAIN) return -1;
  return helper_start(removal, asker) == 0 ? 1 : -1;
}

void remove_undo(const struct removal *removal, const struct asker *asker) {
  if (run(removal, asker) != 1) answer(removal, asker, NULL);
}

int remove_begin(const struct message *message, const struct asker *asker, struct reply *reply) {
  struct removal removal = {0};
  uint64_t with_logs;
  if (plan_id(message, removal.id, reply) != 0) return -1;
  if (message_text(message, TAG_STATE_FOLDER, removal.folder, sizeof removal.folder) != 0 ||
      message_u64_or(message, TAG_WITH_LOGS, 0, &with_logs) != 0)
    return reply_error(reply, ERROR_INVALID, "the state folder is missing");
  removal.with_logs = removal.with_folder = with_logs != 0;
  int folder = allow_open(removal.folder, O_PATH | O_DIRECTORY);
  if (folder < 0 && errno != ENOENT)
    return reply_error(reply, ERROR_FORBIDDEN, "open folder %.200s: %s", removal.folder, strerror(errno));
  if (folder >= 0) close(folder);
  if (watch_pidfd(removal.id) >= 0)
    return reply_error(reply, ERROR_FAILED_PRECONDITION, "container %s still runs", removal.id);
  int result = run(&removal, asker);
  if (result == 1) return 1;
  if (result != 0)
    return reply_error(reply, ERROR_INTERNAL, "remove container %s: %s: %s", removal.id,
                       step_report()->step, strerror(step_report()->error));
  cgroup_remove_parents();
  return 0;
}
