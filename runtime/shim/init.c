/*
 * PID 1 of a container: runs one program, reaps everything, forwards signals, writes the log and how it ended. It runs as
 * the container's user in a foreign root, so it is static, opens nothing, and reads only its arguments and its pipes.
 */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init_log.h"
#include "step.h"

#define READ_BYTES 65536
#define READS_A_TURN 16
#define TICK_MS 1000

static const int forwarded[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};

struct output {
  int fd;
  struct log_stream *stream;
};

static _Noreturn void give_up(const char *step) {
  step_failed("%s", step);
  send(INIT_CHANNEL_FD, step_report(), sizeof(struct report), MSG_NOSIGNAL);
  _exit(127);
}

static int signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  for (size_t i = 0; i < sizeof forwarded / sizeof *forwarded; i++) sigaddset(&set, forwarded[i]);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* In the forked child: becomes the program, or says on `failure` why not. */
static _Noreturn void run(char **argv, const int pipes[2], int failure) {
  sigset_t none;
  sigemptyset(&none);
  signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setsid();
  dup2(pipes[0], 1);
  dup2(pipes[1], 2);
  /* Everything else of the init's is closed by the exec. */
  execvp(argv[0], argv);
  int error = errno;
  if (write(failure, &error, sizeof error) < 0) _exit(126);
  _exit(127);
}

/* The program's process, once it has been executed; the shim learns of either outcome. */
static pid_t start(char **argv, struct output outputs[2]) {
  int out[2], err[2], failure[2], error;
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0 || pipe2(failure, O_CLOEXEC) != 0)
    give_up("make pipes");
  pid_t child = fork();
  if (child < 0) give_up("fork");
  if (child == 0) run(argv, (const int[]){out[1], err[1]}, failure[1]);
  close(out[1]);
  close(err[1]);
  close(failure[1]);
  if (read(failure[0], &error, sizeof error) == sizeof error) {
    errno = error;
    char step[STEP_BYTES_MAX];
    snprintf(step, sizeof step, "exec %s", argv[0]);
    give_up(step);
  }
  close(failure[0]);
  const int fds[] = {out[0], err[0]};
  for (int i = 0; i < 2; i++) {
    fcntl(fds[i], F_SETFL, O_NONBLOCK);
    outputs[i].fd = fds[i];
  }
  struct report started = {.progress = PROGRESS_STARTED};
  send(INIT_CHANNEL_FD, &started, sizeof started, MSG_NOSIGNAL);
  close(INIT_CHANNEL_FD);
  return child;
}

/* Reads at most a few times, so that a program that floods does not keep the init from its signals. */
static void drain(struct output *output, int reads) {
  static char bytes[READ_BYTES];
  while (output->fd >= 0 && reads-- > 0) {
    ssize_t got = read(output->fd, bytes, sizeof bytes);
    if (got > 0) {
      log_take(output->stream, bytes, (size_t)got);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      log_end(output->stream);
      close(output->fd);
      output->fd = -1;
    } else {
      return;
    }
  }
}

/* Reaps whoever ended; true when the program was among them. */
static bool reap(pid_t program, int *status) {
  bool ended = false;
  int one;
  for (pid_t pid; (pid = waitpid(-1, &one, WNOHANG)) > 0;) {
    if (pid != program) continue;
    ended = true;
    *status = one;
  }
  return ended;
}

static int watch(pid_t program, int signal_fd, struct output outputs[2]) {
  struct pollfd polled[3] = {{.fd = signal_fd, .events = POLLIN},
                             {.fd = outputs[0].fd, .events = POLLIN},
                             {.fd = outputs[1].fd, .events = POLLIN}};
  struct signalfd_siginfo signal;
  int status = 0;
  for (;;) {
    for (int i = 0; i < 2; i++) polled[1 + i].fd = outputs[i].fd;
    poll(polled, 3, log_tick(false) ? TICK_MS : -1);
    for (int i = 0; i < 2; i++) drain(&outputs[i], READS_A_TURN);
    bool ended = false;
    while (read(signal_fd, &signal, sizeof signal) == sizeof signal) {
      if (signal.ssi_signo == SIGCHLD) ended |= reap(program, &status);
      else kill(-program, (int)signal.ssi_signo);
    }
    if (ended) return status;
  }
}

/* One write, so that a reader sees either nothing or the whole line. */
static int tell(int status) {
  char text[64];
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  long long ms = (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
  bool signalled = WIFSIGNALED(status);
  int number = signalled ? WTERMSIG(status) : WEXITSTATUS(status);
  int used = snprintf(text, sizeof text, "%s %d %lld\n", signalled ? "signal" : "exit", number, ms);
  if (pwrite(INIT_EXIT_FD, text, (size_t)used, 0) != used) return 126;
  return signalled ? 128 + number : number;
}

int main(int argc, char **argv) {
  /* Nobody in the container reads this process's memory or descriptors. */
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  prctl(PR_SET_NAME, INIT_NAME, 0, 0, 0);
  if (argc <= INIT_OPTIONS) return 2;
  for (int fd = INIT_CHANNEL_FD; fd < INIT_FDS_END; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
  log_start((const int[]){INIT_LOG_FD, INIT_LOG_FD + 1}, strtoull(argv[1], NULL, 10),
            strtoull(argv[2], NULL, 10));
  struct output outputs[2] = {{-1, log_stream("stdout")}, {-1, log_stream("stderr")}};
  int signal_fd = signals();
  if (outputs[0].stream == NULL || outputs[1].stream == NULL || signal_fd < 0) give_up("prepare the init");
  int status = watch(start(argv + INIT_OPTIONS, outputs), signal_fd, outputs);
  /* Only orphans are left; with them end the writers of the pipes. */
  kill(-1, SIGKILL);
  while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {}
  for (int i = 0; i < 2; i++) {
    drain(&outputs[i], INT32_MAX);
    log_end(outputs[i].stream);
  }
  log_tick(true);
  return tell(status);
}
