/* The process that becomes a container's init. */
#ifndef FLOTILLA_CHILD_H
#define FLOTILLA_CHILD_H

#include "plan.h"
#include "step.h"

struct child_fds {
  int channel;
  int logs[2];
  int exit;
  int program;
};

/* Runs right after the clone and never returns: it executes the init, or reports the step that failed. */
_Noreturn void child_main(const struct plan *plan, const struct child_fds *fds);

/* Also the way of an exec's process: sends the failed step and ends. */
_Noreturn void child_fail(int channel);
/* Tells the shim, and waits for its word. The shim's end of the channel closed: there is nobody to run for. */
void child_sync(int channel, enum progress progress);
void child_wait(int channel);

#endif
