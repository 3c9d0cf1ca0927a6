#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "net_host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "netlink.h"

static int host_netns = -1;
static int route_socket = -1;
static int netfilter_socket = -1;

void net_host_start(void) {
  if (host_netns < 0) host_netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

int net_host_socket(int protocol) {
  int *kept = protocol == NETLINK_ROUTE ? &route_socket : &netfilter_socket;
  if (*kept < 0) *kept = nl_open(protocol);
  return *kept;
}

int net_inside(int netns_fd, int (*inside)(void *context), void *context) {
  if (host_netns < 0) return -EBADF;
  if (setns(netns_fd, CLONE_NEWNET) < 0) return -errno;
  int status = inside(context);
  /* Going on in a container's network would make the host's bridges there: nothing is safe but to stop. */
  if (setns(host_netns, CLONE_NEWNET) < 0) abort();
  return status;
}
