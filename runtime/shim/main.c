/*
 * The shim: the only part of Flotilla that makes containers and networks in the kernel. One per instance and machine; it
 * serves the agent on a Unix socket, trusts nothing that it is told, and can be killed at any time: containers go on.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "allow.h"
#include "caps.h"
#include "cgroup.h"
#include "connection.h"
#include "create.h"
#include "init.h"
#include "net.h"
#include "sys.h"
#include "unpack.h"

#define BACKLOG 64
#define INSTANCE_BYTES_MAX 8
#define USAGE                                                                               \
  "usage: flotilla-shim --socket PATH --allow FILE --uid UID --instance ID [--init PATH]\n" \
  "       flotilla-shim unpack TARGET\n"

struct options {
  const char *socket, *allow, *instance, *init;
  long uid;
};

static uid_t allowed_uid;

static int complain(const char *what) {
  fprintf(stderr, "flotilla-shim: %s: %s\n", what, strerror(errno));
  return -1;
}

static int refuse(const char *what) {
  fprintf(stderr, "flotilla-shim: %s\n", what);
  return -1;
}

static int read_options(int argc, char **argv, struct options *out) {
  static const struct option known[] = {{"socket", required_argument, NULL, 's'},
                                        {"allow", required_argument, NULL, 'a'},
                                        {"uid", required_argument, NULL, 'u'},
                                        {"instance", required_argument, NULL, 'i'},
                                        {"init", required_argument, NULL, 'p'},
                                        {NULL, 0, NULL, 0}};
  char *end = NULL;
  *out = (struct options){.uid = -1};
  for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
    switch (option) {
      case 's': out->socket = optarg; break;
      case 'a': out->allow = optarg; break;
      case 'i': out->instance = optarg; break;
      case 'p': out->init = optarg; break;
      case 'u':
        out->uid = strtol(optarg, &end, 10);
        if (*optarg == 0 || *end != 0 || out->uid > INT_MAX) out->uid = -1;
        break;
      default: return refuse(USAGE);
    }
  }
  if (optind != argc || out->socket == NULL || out->allow == NULL || out->instance == NULL || out->uid < 0)
    return refuse(USAGE);
  size_t length = strlen(out->instance);
  if (length == 0 || length > INSTANCE_BYTES_MAX || strspn(out->instance, "0123456789abcdef") != length)
    return refuse("the instance is not 1 to 8 hexadecimal digits");
  return 0;
}

/* The init lies beside the shim unless told otherwise. */
static int load_init(const char *path) {
  char beside[PATH_MAX];
  if (path == NULL) {
    ssize_t length = readlink("/proc/self/exe", beside, sizeof beside - sizeof INIT_NAME - 1);
    char *slash = length > 0 ? (beside[length] = 0, strrchr(beside, '/')) : NULL;
    if (slash == NULL) return complain("find the init");
    strcpy(slash + 1, INIT_NAME);
    path = beside;
  }
  int program = sys_sealed_copy(path);
  if (program < 0) return complain(path);
  create_start(program);
  return 0;
}

/*
 * Held for life: the kernel lets go of it however we end, and no second shim serves the same socket. A record lock and not
 * flock: those that we fork must not hold it after us.
 */
static int lock(const char *socket_path) {
  char path[PATH_MAX];
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  snprintf(path, sizeof path, "%s.lock", socket_path);
  int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return complain(path);
  if (fcntl(fd, F_SETLK, &whole) == 0) return 0;
  return errno == EAGAIN || errno == EACCES ? refuse("another shim serves this socket") : complain(path);
}

static int listen_on(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return refuse("the socket's path is too long");
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return complain("socket");
  unlink(path);
  mode_t before = umask(0177);
  int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
  umask(before);
  if (bound != 0 || listen(fd, BACKLOG) != 0) return complain(path);
  return fd;
}

static void accept_one(struct watcher *watcher, uint32_t events) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  (void)events;
  int fd = accept4(watcher->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == allowed_uid)
    connection_open(fd);
  else
    close(fd);
}

static void stop(struct watcher *watcher, uint32_t events) {
  (void)watcher;
  (void)events;
  loop_stop();
}

static int stop_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  /* The end of whoever started us is not ours. */
  signal(SIGHUP, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int serve(const struct options *options) {
  static struct watcher listener = {.ready = accept_one}, stopper = {.ready = stop};
  allowed_uid = (uid_t)options->uid;
  if (allow_load(options->allow) != 0 || lock(options->socket) != 0 || load_init(options->init) != 0) return 1;
  if (cgroup_start(options->instance) != 0) return refuse("no control groups are mounted"), 1;
  net_start(options->instance);
  caps_user_namespaces();
  sys_raise_open_files();
  setsid();
  stopper.fd = stop_signals();
  listener.fd = listen_on(options->socket);
  if (listener.fd < 0) return 1;
  if (stopper.fd < 0 || loop_open() != 0 || loop_add(&listener, EPOLLIN) != 0 || loop_add(&stopper, EPOLLIN) != 0)
    return complain("epoll"), 1;
  /* Whoever starts us waits for this line. */
  if (write(STDOUT_FILENO, "ready\n", 6) < 0) {}
  loop_run();
  unlink(options->socket);
  return 0;
}

int main(int argc, char **argv) {
  struct options options;
  /* Descriptors 0 to 2 are always taken, so that nothing of ours is ever mistaken for them. */
  while (true) {
    int fd = open("/dev/null", O_RDWR);
    if (fd < 0) return 1;
    if (fd > 2) {
      close(fd);
      break;
    }
  }
  sys_close_range(3, ~0U);
  if (argc == 3 && strcmp(argv[1], "unpack") == 0) return unpack_main(argv[2]);
  if (read_options(argc, argv, &options) != 0) return 2;
  return serve(&options);
}
