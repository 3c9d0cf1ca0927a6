/* The kernel's table of connections: what it remembers about a host port must not outlive the port's owner. */
#ifndef FLOTILLA_NET_CONNTRACK_H
#define FLOTILLA_NET_CONNTRACK_H

#include "net_names.h"

/*
 * Forgets the connections to these host ports in one pass over the table, but for those that lead where the port leads
 * (address and container port; an address of 0 is a closed port, which leads nowhere): players who are where they belong
 * notice nothing. *forgotten is how many. 0 or a negative errno.
 */
int net_conntrack_flush(int netfilter_fd, int route_fd, const struct net_port *ports, int count,
                        int *forgotten);

#endif
