/* Bridges, veths, addresses and routes by rtnetlink. All functions answer 0 or a negative errno. */
#ifndef FLOTILLA_NET_LINK_H
#define FLOTILLA_NET_LINK_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "netlink.h"

struct net_bridge {
  char name[IFNAMSIZ];
  in_addr_t address;
  uint8_t prefix;
  uint32_t mtu;
};

/* One container's end of a veth and where its other end goes. */
struct net_veth {
  char name[IFNAMSIZ];
  char bridge[IFNAMSIZ];
  in_addr_t address;
  in_addr_t gateway;
  uint8_t prefix;
  uint32_t mtu;
  bool isolated; /* reaches the host, but no other isolated port of its bridge */
};

/* The container's interface inside. */
#define NET_INSIDE "eth0"

int net_link_index(const char *name);
int net_link_remove(int fd, const char *name);
/* Removes many at once, which takes the kernel as long as one: first each is marked, then all that are marked go. */
int net_link_mark(int fd, const char *name, uint32_t group);
int net_link_remove_marked(int fd, uint32_t group);
/* Makes the bridge what `bridge` says, whatever it was before. */
int net_bridge_ensure(int fd, const struct net_bridge *bridge);
/* Makes an interface a port of the bridge. */
int net_link_join(int fd, const char *name, const char *bridge);
/* Makes the pair: `veth->name` on its bridge, the other end inside `netns_fd`, not yet up. */
int net_veth_make(int fd, const struct net_veth *veth, int netns_fd);
/* In the container's namespace: `lo` and, when `veth` is not NULL, its end up, with address and default route. */
int net_inside_up(int fd, const struct net_veth *veth);

/* Calls `each` with RTM_NEWLINK messages; with -EINTR the dump must be repeated. */
int net_links(int fd, nl_each *each, void *context);
/* The same with RTM_NEWADDR messages of IPv4. */
int net_addresses(int fd, nl_each *each, void *context);

/* Writes a file below /proc/sys/net of the namespace that the thread is in; a missing file is -ENOENT. */
int net_sysctl(const char *path, const char *value);

#endif
