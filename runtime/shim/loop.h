/* One thread, one epoll: whoever waits for a descriptor is a watcher. */
#ifndef FLOTILLA_LOOP_H
#define FLOTILLA_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct watcher {
  int fd;
  void (*ready)(struct watcher *watcher, uint32_t events);
};

/* The struct that a watcher is the member of. */
#define OWNER(type, member, watcher) ((type *)((char *)(watcher) - offsetof(type, member)))

int loop_open(void);
int loop_add(struct watcher *watcher, uint32_t events);
void loop_change(struct watcher *watcher, uint32_t events);
/* Also closes the descriptor and sets it to -1; does nothing when it is -1. */
void loop_close(struct watcher *watcher);
/* The same, but the descriptor stays open. */
void loop_forget(struct watcher *watcher);

/* Makes `watcher` ready once after that long. */
int loop_timer(struct watcher *watcher, int milliseconds);

/* Runs until loop_stop. */
void loop_run(void);
void loop_stop(void);

#endif
