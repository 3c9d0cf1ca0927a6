/* In a child of the shim: what failed, as the words that the reply will say ("mount overlay: No space left on device"). */
#ifndef FLOTILLA_STEP_H
#define FLOTILLA_STEP_H

#define STEP_BYTES_MAX 200

/* What a child says about its progress; one packet each. */
enum progress { PROGRESS_FAILED = 'F', PROGRESS_UNSHARED = 'U', PROGRESS_STARTED = 'S', PROGRESS_GO = 'G' };

struct report {
  char progress;
  int error;
  char step[STEP_BYTES_MAX];
};

/* Notes the step with errno and returns -1, so that a step can return it. */
int step_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The last failed step as a report. */
const struct report *step_report(void);

#endif
