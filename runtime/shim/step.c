#include "step.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static struct report last;

int step_failed(const char *format, ...) {
  last.error = errno;
  last.progress = PROGRESS_FAILED;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last.step, sizeof last.step, format, arguments);
  va_end(arguments);
  return -1;
}

const struct report *step_report(void) { return &last; }
