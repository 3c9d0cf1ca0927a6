#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "step.h"
#include "sys.h"
#include "watch.h"

#define SESSIONS_MAX 128
#define START_MS_MAX 10000
#define CHUNK_BYTES 32768
/* With so much unread by the client, the program's output waits in its pipes. */
#define CLIENT_BYTES_MAX (256u << 10)
#define END_OF_INPUT 4

struct exec_session {
  struct watcher channel;
  struct watcher timer;
  /* The keeper's pidfd. */
  struct watcher process;
  struct watcher input;
  struct watcher outputs[2];
  struct asker asker;
  bool tty;
  bool listening;
  bool input_ends;
  bool ended;
  int code;
  size_t pending_at;
  size_t pending;
  uint8_t *buffer;
};

static size_t sessions;
static struct reply frame;

static struct connection *client(const struct exec_session *session) {
  return connection_find(session->asker.connection);
}

static void close_all(struct exec_session *session) {
  loop_close(&session->channel);
  loop_close(&session->timer);
  loop_close(&session->input);
  for (int i = 0; i < 2; i++) loop_close(&session->outputs[i]);
}

static void forget(struct exec_session *session) {
  close_all(session);
  loop_close(&session->process);
  free(session->buffer);
  free(session);
  sessions--;
}

void exec_abandon(struct exec_session *session) {
  session->asker.connection = 0;
  close_all(session);
  /* Freed when the keeper, which ends the program first, has been reaped. */
  if (session->process.fd < 0) forget(session);
  else sys_pidfd_send_signal(session->process.fd, SIGTERM);
}

static void refuse(struct exec_session *session, enum error code, const char *step, int error) {
  reply_begin(&frame, OP_OK, session->asker.id);
  if (error == 0) reply_error(&frame, code, "%s", step);
  else reply_error(&frame, code, "%s: %s", step, strerror(error));
  connection_answer(&session->asker, &frame);
  exec_abandon(session);
}

/* Once the program ended and its output was read, the client learns the code and the stream is over. */
static void maybe_finish(struct exec_session *session) {
  struct connection *connection = client(session);
  if (!session->ended || session->outputs[0].fd >= 0 || session->outputs[1].fd >= 0) return;
  if (connection != NULL) {
    connection->exec = NULL;
    reply_begin(&frame, OP_EXEC_EXIT, session->asker.id);
    reply_u64(&frame, TAG_EXIT_CODE, (unsigned)session->code);
    connection_send(connection, &frame);
    connection_finish(connection);
  }
  forget(session);
}

/* Reads one chunk. False: nothing more for now, or for good. */
static bool relay(struct exec_session *session, int which) {
  static uint8_t bytes[CHUNK_BYTES];
  struct watcher *output = &session->outputs[which];
  struct connection *connection = client(session);
  if (output->fd < 0 || connection == NULL || connection_waiting(connection) > CLIENT_BYTES_MAX) return false;
  ssize_t got = read(output->fd, bytes, sizeof bytes);
  if (got > 0) {
    reply_begin(&frame, which == 0 ? OP_EXEC_STDOUT : OP_EXEC_STDERR, session->asker.id);
    reply_bytes(&frame, TAG_DATA, bytes, (size_t)got);
    connection_send(connection, &frame);
    return true;
  }
  bool later = got < 0 && (errno == EAGAIN || errno == EINTR);
  /* After the program's end, whoever still holds the pipe is not waited for. A terminal says EIO. */
  if (!later || session->ended) loop_close(output);
  return false;
}

static void relay_all(struct exec_session *session) {
  for (int i = 0; i < 2; i++)
    while (relay(session, i)) {}
  struct connection *connection = client(session);
  bool room = connection != NULL && connection_waiting(connection) <= CLIENT_BYTES_MAX;
  /* Taken out, not only masked: the end of a pipe is reported whatever the mask. */
  for (int i = 0; i < 2 && room != session->listening; i++) {
    if (session->outputs[i].fd < 0) continue;
    if (room) loop_add(&session->outputs[i], EPOLLIN);
    else loop_forget(&session->outputs[i]);
  }
  session->listening = room;
  maybe_finish(session);
}

void exec_drained(struct exec_session *session) { relay_all(session); }

static void stdout_ready(struct watcher *watcher, uint32_t events) {
  (void)events;
  relay_all(OWNER(struct exec_session, outputs[0], watcher));
}

static void stderr_ready(struct watcher *watcher, uint32_t events) {
  (void)events;
  relay_all(OWNER(struct exec_session, outputs[1], watcher));
}

static void keeper_ended(struct watcher *watcher, uint32_t events) {
  struct exec_session *session = OWNER(struct exec_session, process, watcher);
  siginfo_t how;
  (void)events;
  if (!sys_reap(watcher->fd, &how)) how.si_status = 0;
  loop_close(&session->process);
  if (session->asker.connection == 0) {
    forget(session);
    return;
  }
  if (session->channel.fd >= 0) {
    refuse(session, ERROR_INTERNAL, "the exec ended before its program ran", 0);
    return;
  }
  session->ended = true;
  session->code = how.si_code == CLD_EXITED ? how.si_status : 128 + how.si_status;
  relay_all(session);
}

/* Writes what is pending; what does not fit waits for room. */
static void feed(struct exec_session *session) {
  while (session->pending > 0 && session->input.fd >= 0) {
    ssize_t put = write(session->input.fd, session->buffer + session->pending_at, session->pending);
    if (put < 0 && errno == EAGAIN) break;
    /* The program does not want its input any more: the rest of it goes nowhere. */
    if (put < 0 && errno != EINTR) loop_close(&session->input);
    if (put > 0) {
      session->pending_at += (size_t)put;
      session->pending -= (size_t)put;
    }
  }
  if (session->input.fd < 0) session->pending = 0;
  if (session->pending == 0 && session->input_ends) loop_close(&session->input);
  loop_change(&session->input, session->pending > 0 ? EPOLLOUT : 0);
}

static void input_ready(struct watcher *watcher, uint32_t events) {
  struct exec_session *session = OWNER(struct exec_session, input, watcher);
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) loop_close(&session->input);
  feed(session);
  struct connection *connection = client(session);
  if (connection != NULL && !exec_is_full(session)) connection_resume(connection);
}

bool exec_is_full(const struct exec_session *session) { return session->pending > 0; }

static void take_input(struct exec_session *session, const uint8_t *bytes, size_t length) {
  if (session->input.fd < 0 || session->input_ends || length == 0) return;
  memcpy(session->buffer, bytes, length);
  session->pending_at = 0;
  session->pending = length;
  feed(session);
}

void exec_take(struct exec_session *session, const struct message *message) {
  const struct field *data = message_nth(message, TAG_DATA, 0);
  const uint8_t end = END_OF_INPUT;
  uint64_t columns, rows;
  switch (message->op) {
    case OP_EXEC_STDIN:
      if (data != NULL) take_input(session, data->data, data->length);
      break;
    case OP_EXEC_STDIN_END:
      if (session->tty) take_input(session, &end, 1);
      else session->input_ends = true;
      feed(session);
      break;
    case OP_EXEC_RESIZE:
      if (session->tty && session->input.fd >= 0 && message_u64(message, TAG_COLUMNS, &columns) == 0 &&
          message_u64(message, TAG_ROWS, &rows) == 0) {
        struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
        ioctl(session->input.fd, TIOCSWINSZ, &size);
      }
      break;
    default:
      break;
  }
}

/* The report and, with a tty, the terminal that comes along. */
static ssize_t receive(int channel, struct report *report, int *master) {
  struct iovec part = {report, sizeof *report};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr aligned;
  } control;
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  ssize_t got = recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  struct cmsghdr *header = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
  *master = -1;
  if (header != NULL && header->cmsg_type == SCM_RIGHTS) memcpy(master, CMSG_DATA(header), sizeof *master);
  return got;
}

static void started(struct exec_session *session, int master) {
  struct connection *connection = client(session);
  loop_close(&session->channel);
  loop_close(&session->timer);
  if (session->tty) {
    session->input.fd = master;
    session->outputs[0].fd = fcntl(master, F_DUPFD_CLOEXEC, 3);
  }
  if (connection == NULL) {
    exec_abandon(session);
    return;
  }
  struct watcher *const all[] = {&session->input, &session->outputs[0], &session->outputs[1]};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (all[i]->fd < 0) continue;
    fcntl(all[i]->fd, F_SETFL, O_NONBLOCK | (i == 0 || session->tty ? O_RDWR : 0));
    loop_add(all[i], i == 0 ? 0 : EPOLLIN);
  }
  session->listening = true;
  connection->exec = session;
  reply_begin(&frame, OP_OK, session->asker.id);
  connection_send(connection, &frame);
  connection_resume(connection);
}

static void heard(struct watcher *watcher, uint32_t events) {
  struct exec_session *session = OWNER(struct exec_session, channel, watcher);
  struct report report;
  int master;
  (void)events;
  ssize_t got = receive(watcher->fd, &report, &master);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  bool whole = got == (ssize_t)sizeof report;
  if (whole) report.step[STEP_BYTES_MAX - 1] = 0;
  if (whole && report.progress == PROGRESS_STARTED && session->tty == (master >= 0)) started(session, master);
  else if (whole && report.progress == PROGRESS_FAILED) refuse(session, ERROR_INVALID, report.step, report.error);
  else refuse(session, ERROR_INTERNAL, "the exec ended before its program ran", 0);
}

static void late(struct watcher *watcher, uint32_t events) {
  (void)events;
  refuse(OWNER(struct exec_session, timer, watcher), ERROR_TIMEOUT, "the program did not start in time", 0);
}

static struct exec_session *open_session(const struct asker *asker, bool tty) {
  struct exec_session *session = sessions < SESSIONS_MAX ? calloc(1, sizeof *session) : NULL;
  if (session == NULL) return NULL;
  session->channel = (struct watcher){.fd = -1, .ready = heard};
  session->timer = (struct watcher){.fd = -1, .ready = late};
  session->process = (struct watcher){.fd = -1, .ready = keeper_ended};
  session->input = (struct watcher){.fd = -1, .ready = input_ready};
  session->outputs[0] = (struct watcher){.fd = -1, .ready = stdout_ready};
  session->outputs[1] = (struct watcher){.fd = -1, .ready = stderr_ready};
  session->asker = *asker;
  session->tty = tty;
  session->buffer = malloc(MESSAGE_BYTES_MAX);
  sessions++;
  if (session->buffer != NULL) return session;
  forget(session);
  return NULL;
}

/* The session's ends of the pipes; the program's go into `fds`. With a tty there are none. */
static int open_pipes(struct exec_session *session, struct exec_fds *fds) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return -1;
  session->channel.fd = pair[0];
  fds->channel = pair[1];
  for (int i = 0; i < 3 && !session->tty; i++) {
    if (pipe2(pair, O_CLOEXEC) != 0) return -1;
    fds->stdio[i] = pair[i == 0 ? 0 : 1];
    if (i == 0) session->input.fd = pair[1];
    else session->outputs[i - 1].fd = pair[0];
  }
  return 0;
}

static int spawn(const struct plan *plan, struct exec_session *session, struct exec_fds *fds) {
  if (open_pipes(session, fds) != 0) return -1;
  pid_t pid = sys_clone3(0, &session->process.fd, -1);
  if (pid == 0) exec_child(plan, fds, session->tty);
  if (pid < 0) {
    session->process.fd = -1;
    return -1;
  }
  if (loop_add(&session->channel, EPOLLIN) != 0 || loop_add(&session->process, EPOLLIN) != 0) return -1;
  return loop_timer(&session->timer, START_MS_MAX);
}

static int begin(const struct plan *plan, const struct asker *asker, bool tty, struct reply *reply) {
  struct exec_fds fds = {-1, watch_pidfd(plan->id), {-1, -1, -1}};
  if (fds.container < 0) return reply_error(reply, ERROR_NOT_FOUND, "container %s does not run", plan->id);
  struct exec_session *session = open_session(asker, tty);
  if (session == NULL) return reply_error(reply, ERROR_EXHAUSTED, "too many execs run");
  int result = spawn(plan, session, &fds);
  const int theirs[] = {fds.channel, fds.stdio[0], fds.stdio[1], fds.stdio[2]};
  for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++)
    if (theirs[i] >= 0) close(theirs[i]);
  if (result == 0) return 0;
  exec_abandon(session);
  return reply_error(reply, ERROR_EXHAUSTED, "start the exec: %s", strerror(errno));
}

int exec_begin(const struct message *message, const struct asker *asker, struct reply *reply) {
  static struct plan plan;
  uint64_t tty = 0;
  int result = plan_open(message, &plan, reply);
  if (result == 0) result = plan_id(message, plan.id, reply);
  if (result == 0) result = plan_program(message, &plan, reply);
  if (result == 0 && message_u64_or(message, TAG_TTY, 0, &tty) != 0)
    result = reply_error(reply, ERROR_INVALID, "the tty flag is not a number");
  if (result == 0) result = begin(&plan, asker, tty != 0, reply);
  plan_close(&plan);
  return result;
}
