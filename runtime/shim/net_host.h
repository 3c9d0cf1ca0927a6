/* The host's side: its netlink sockets, kept open, and the way into a container's network namespace and back. */
#ifndef FLOTILLA_NET_HOST_H
#define FLOTILLA_NET_HOST_H

void net_host_start(void);
/* A kept socket of the host's namespace for NETLINK_ROUTE or NETLINK_NETFILTER, or a negative errno. */
int net_host_socket(int protocol);

/* Calls `inside` in that namespace. Its status, or the negative errno of getting there. */
int net_inside(int netns_fd, int (*inside)(void *context), void *context);

#endif
