/* Stands in until net.c is there: containers without a network. */
#include "net.h"

void net_start(const char *instance) { (void)instance; }

int net_handle(const struct message *message, struct reply *reply) {
  return reply_error(reply, ERROR_UNSUPPORTED, "operation %u is not known", message->op);
}

int net_attach(pid_t pid, int netns_fd, const struct message *message, struct reply *reply) {
  (void)pid, (void)netns_fd, (void)message, (void)reply;
  return 0;
}

void net_detach(const char *container_id) { (void)container_id; }
