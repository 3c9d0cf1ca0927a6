#include "loop.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int epoll_fd = -1;
static bool running;

int loop_open(void) {
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  return epoll_fd >= 0 ? 0 : -1;
}

int loop_add(struct watcher *watcher, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = watcher};
  return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, watcher->fd, &event);
}

void loop_change(struct watcher *watcher, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = watcher};
  if (watcher->fd >= 0) epoll_ctl(epoll_fd, EPOLL_CTL_MOD, watcher->fd, &event);
}

void loop_forget(struct watcher *watcher) {
  if (watcher->fd >= 0) epoll_ctl(epoll_fd, EPOLL_CTL_DEL, watcher->fd, NULL);
}

void loop_close(struct watcher *watcher) {
  if (watcher->fd < 0) return;
  loop_forget(watcher);
  close(watcher->fd);
  watcher->fd = -1;
}

int loop_timer(struct watcher *watcher, int milliseconds) {
  struct itimerspec when = {
      .it_value = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L}};
  watcher->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (watcher->fd < 0) return -1;
  if (timerfd_settime(watcher->fd, 0, &when, NULL) == 0 && loop_add(watcher, EPOLLIN) == 0) return 0;
  loop_close(watcher);
  return -1;
}

void loop_run(void) {
  struct epoll_event event;
  running = true;
  while (running) {
    /* One event a turn: a handler may free any other watcher, and no stale pointer to it may be left in a batch. */
    int count = epoll_wait(epoll_fd, &event, 1, -1);
    if (count < 0 && errno != EINTR) return;
    if (count == 1) {
      struct watcher *watcher = event.data.ptr;
      watcher->ready(watcher, event.events);
    }
  }
}

void loop_stop(void) { running = false; }
