/* What the rest of the shim asks of the network part. Each returns 0, or -1 after reply_error. */
#ifndef FLOTILLA_NET_H
#define FLOTILLA_NET_H

#include <sys/types.h>

#include "message.h"

/* Once at start: the instance's short id, which is part of every name made in the kernel. */
void net_start(const char *instance);

/* Operations 200 to 299. */
int net_handle(const struct message *message, struct reply *reply);

/*
 * Gives a container that is being created its network, as OP_CREATE's TAG_NET_* fields ask; without TAG_NET_BRIDGE it
 * only gets `lo`. The child has been cloned and waits. On failure nothing is left behind.
 */
int net_attach(pid_t pid, int netns_fd, const struct message *message, struct reply *reply);

/*
 * Takes back the container's right to speak from its address; its veth goes with its namespace, without anybody waiting for
 * it (removing one takes the kernel 20 ms). OP_NET_DETACH removes veths whose namespace lives on. May be repeated.
 */
void net_detach(const char *container_id);

#endif
