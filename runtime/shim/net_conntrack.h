/* The kernel's table of connections: what it remembers about a host port must not outlive the port's owner. */
#ifndef FLOTILLA_NET_CONNTRACK_H
#define FLOTILLA_NET_CONNTRACK_H

#include "net_names.h"

/*
 * Forgets every connection to one of these host ports (protocol and host port count) in one pass over the table.
 * *forgotten is how many. 0 or a negative errno.
 */
int net_conntrack_flush(int netfilter_fd, int route_fd, const struct net_port *ports, int count,
                        int *forgotten);

#endif
