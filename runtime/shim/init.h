/* What the shim hands to the init: fixed descriptors, and two numbers before the program's own arguments. */
#ifndef FLOTILLA_INIT_H
#define FLOTILLA_INIT_H

/* Packets of struct report (step.h) to the shim, until the program has been executed. */
#define INIT_CHANNEL_FD 3
#define INIT_LOG_FD 4 /* and 5 */
#define INIT_EXIT_FD 6
/* The init's own program while it is being executed. */
#define INIT_PROGRAM_FD 7
#define INIT_FDS_END 8

/* argv: name, bytes of a log file at most, log bytes per second at most, then the program's own. */
#define INIT_NAME "flotilla-init"
#define INIT_OPTIONS 3

/* Files in a container's state folder. */
#define LOG_FILE_0 "log.0"
#define LOG_FILE_1 "log.1"
#define EXIT_FILE "exit"

#define LOG_LINE_BYTES_MAX 16384

#endif
