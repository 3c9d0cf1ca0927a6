/* A folder in memory that containers share files of, one each: such a file shows no path of the machine in there. */
#ifndef FLOTILLA_MEMORY_FOLDER_H
#define FLOTILLA_MEMORY_FOLDER_H

#include "message.h"

/*
 * Lays memory of TAG_BYTES_MAX over the allowed folder TAG_TARGET, or takes it away again when that is 0. What is so
 * already stays as it is. Containers keep the files that they have.
 */
int memory_folder(const struct message *message, struct reply *reply);

#endif
