/* From an operation to what does it. */
#ifndef FLOTILLA_DISPATCH_H
#define FLOTILLA_DISPATCH_H

#include "connection.h"

void dispatch(struct connection *connection, const struct message *message);

#endif
