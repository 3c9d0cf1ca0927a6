#include "net_link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DUMP_TRIES_MAX 5

static struct nl_request request;

int net_sysctl(const char *path, const char *value) {
  char file[128];
  size_t length = strlen(value);
  snprintf(file, sizeof file, "/proc/sys/net/%s", path);
  int fd = open(file, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int status = write(fd, value, length) == (ssize_t)length ? 0 : -errno;
  close(fd);
  return status;
}

static int interface_sysctl(const char *family, const char *interface, const char *setting,
                            const char *value) {
  char path[96];
  snprintf(path, sizeof path, "%s/conf/%s/%s", family, interface, setting);
  return net_sysctl(path, value);
}

/* A kernel without IPv6 has nothing to switch off. */
static int without_ipv6(const char *interface) {
  int status = interface_sysctl("ipv6", interface, "disable_ipv6", "1");
  return status == -ENOENT ? 0 : status;
}

/* Of the address, so that whoever gets the address again gets the hardware address too: no neighbour is wrong. */
static void put_hardware_address(uint8_t kind, in_addr_t address) {
  uint8_t bytes[6] = {0x02, kind};
  memcpy(bytes + 2, &address, sizeof address);
  nl_put(&request, IFLA_ADDRESS, bytes, sizeof bytes);
}

int net_link_index(const char *name) {
  unsigned index = if_nametoindex(name);
  return index > 0 ? (int)index : -errno;
}

int net_link_remove(int fd, const char *name) {
  struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
  nl_reset(&request);
  nl_begin(&request, RTM_DELLINK, 0, &link, sizeof link);
  nl_put_text(&request, IFLA_IFNAME, name);
  int status = nl_run(fd, &request);
  return status == -ENODEV ? 0 : status;
}

int net_link_mark(int fd, const char *name, uint32_t group) {
  struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
  nl_reset(&request);
  nl_begin(&request, RTM_SETLINK, 0, &link, sizeof link);
  nl_put_text(&request, IFLA_IFNAME, name);
  nl_put_u32(&request, IFLA_GROUP, group);
  int status = nl_run(fd, &request);
  return status == -ENODEV ? 0 : status;
}

int net_link_remove_marked(int fd, uint32_t group) {
  struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
  nl_reset(&request);
  nl_begin(&request, RTM_DELLINK, 0, &link, sizeof link);
  nl_put_u32(&request, IFLA_GROUP, group);
  int status = nl_run(fd, &request);
  return status == -ENODEV ? 0 : status;
}

static int dump(int fd, uint16_t type, uint8_t family, nl_each *each, void *context) {
  struct rtgenmsg all = {.rtgen_family = family};
  nl_reset(&request);
  nl_begin(&request, type, 0, &all, sizeof all);
  return nl_dump(fd, &request, each, context);
}

int net_links(int fd, nl_each *each, void *context) {
  return dump(fd, RTM_GETLINK, AF_UNSPEC, each, context);
}

int net_addresses(int fd, nl_each *each, void *context) {
  return dump(fd, RTM_GETADDR, AF_INET, each, context);
}

static int make_bridge(int fd, const struct net_bridge *bridge) {
  struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
  nl_reset(&request);
  nl_begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof link);
  nl_put_text(&request, IFLA_IFNAME, bridge->name);
  put_hardware_address(0xf1, bridge->address);
  size_t info = nl_nest(&request, IFLA_LINKINFO);
  nl_put_text(&request, IFLA_INFO_KIND, "bridge");
  size_t data = nl_nest(&request, IFLA_INFO_DATA);
  /* Nobody here speaks IGMP; snooping would only delay the first packets. */
  nl_put(&request, IFLA_BR_MCAST_SNOOPING, &(uint8_t){0}, 1);
  nl_nest_end(&request, data);
  nl_nest_end(&request, info);
  int status = nl_run(fd, &request);
  return status == -EEXIST ? 0 : status;
}

struct stale {
  unsigned index;
  in_addr_t wanted;
  uint8_t prefix;
  int count;
  struct {
    in_addr_t address;
    uint8_t prefix;
  } found[8];
};

static int note_stale(const struct nlmsghdr *header, void *context) {
  struct stale *stale = context;
  if (header->nlmsg_type != RTM_NEWADDR || header->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifaddrmsg)))
    return 0;
  const struct ifaddrmsg *address = NLMSG_DATA(header);
  const struct nlattr *table[IFA_LOCAL + 1];
  nl_attributes(IFA_RTA(address), IFA_PAYLOAD(header), table, IFA_LOCAL);
  in_addr_t local = nl_u32(table[IFA_LOCAL], 0);
  if (address->ifa_index != stale->index) return 0;
  if (local == stale->wanted && address->ifa_prefixlen == stale->prefix) return 0;
  if (stale->count < (int)(sizeof stale->found / sizeof *stale->found)) {
    stale->found[stale->count].address = local;
    stale->found[stale->count++].prefix = address->ifa_prefixlen;
  }
  return 0;
}

static void put_address(uint16_t type, uint16_t flags, unsigned index, in_addr_t address,
                        uint8_t prefix) {
  struct ifaddrmsg header = {.ifa_family = AF_INET, .ifa_prefixlen = prefix, .ifa_index = index};
  in_addr_t broadcast = address | (prefix < 31 ? htonl(UINT32_MAX >> prefix) : 0);
  nl_begin(&request, type, flags, &header, sizeof header);
  nl_put_u32(&request, IFA_LOCAL, address);
  nl_put_u32(&request, IFA_ADDRESS, address);
  if (prefix < 31) nl_put_u32(&request, IFA_BROADCAST, broadcast);
}

/* A bridge that had another subnet before loses it. */
static int remove_stale_addresses(int fd, const struct net_bridge *bridge, unsigned index) {
  struct stale stale = {.index = index, .wanted = bridge->address, .prefix = bridge->prefix};
  int status = -EINTR;
  for (int try = 0; try < DUMP_TRIES_MAX && status == -EINTR; try++) {
    stale.count = 0;
    status = net_addresses(fd, note_stale, &stale);
  }
  for (int i = 0; status == 0 && i < stale.count; i++) {
    nl_reset(&request);
    put_address(RTM_DELADDR, 0, index, stale.found[i].address, stale.found[i].prefix);
    status = nl_run(fd, &request);
  }
  return status;
}

int net_bridge_ensure(int fd, const struct net_bridge *bridge) {
  int status = make_bridge(fd, bridge);
  if (status < 0) return status;
  int index = net_link_index(bridge->name);
  if (index < 0) return index;
  if ((status = without_ipv6(bridge->name)) < 0) return status;
  /* 127.0.0.1:port of the host leads into a container only if its answers may come back over the bridge. */
  if ((status = interface_sysctl("ipv4", bridge->name, "route_localnet", "1")) < 0) return status;
  if ((status = remove_stale_addresses(fd, bridge, (unsigned)index)) < 0) return status;

  struct ifinfomsg link = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  nl_reset(&request);
  put_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, (unsigned)index, bridge->address,
              bridge->prefix);
  nl_begin(&request, RTM_NEWLINK, 0, &link, sizeof link);
  nl_put_u32(&request, IFLA_MTU, bridge->mtu);
  put_hardware_address(0xf1, bridge->address);
  return nl_run(fd, &request);
}

/*
 * Where the host passes bridged packets through its IP rules (net.bridge.bridge-nf-call-iptables), a container that dials
 * its own host port is sent back out of the port that it came in by: only hairpin mode lets it.
 */
static int set_port(int fd, const char *name, bool isolated) {
  struct ifinfomsg link = {.ifi_family = AF_BRIDGE, .ifi_index = net_link_index(name)};
  nl_reset(&request);
  nl_begin(&request, RTM_SETLINK, 0, &link, sizeof link);
  size_t port = nl_nest(&request, IFLA_PROTINFO);
  nl_put(&request, IFLA_BRPORT_MODE, &(uint8_t){1}, 1);
  if (isolated) nl_put(&request, IFLA_BRPORT_ISOLATED, &(uint8_t){1}, 1);
  nl_nest_end(&request, port);
  return nl_run(fd, &request);
}

int net_link_join(int fd, const char *name, const char *bridge) {
  int index = net_link_index(name), master = net_link_index(bridge);
  if (index < 0 || master < 0) return index < 0 ? index : master;
  struct ifinfomsg link = {.ifi_index = index};
  nl_reset(&request);
  nl_begin(&request, RTM_NEWLINK, 0, &link, sizeof link);
  nl_put_u32(&request, IFLA_MASTER, (uint32_t)master);
  int status = nl_run(fd, &request);
  return status < 0 ? status : set_port(fd, name, false);
}

int net_veth_make(int fd, const struct net_veth *veth, int netns_fd) {
  int bridge = net_link_index(veth->bridge);
  if (bridge < 0) return bridge;
  struct ifinfomsg link = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  struct ifinfomsg peer = {0};
  nl_reset(&request);
  nl_begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof link);
  nl_put_text(&request, IFLA_IFNAME, veth->name);
  nl_put_u32(&request, IFLA_MASTER, (uint32_t)bridge);
  nl_put_u32(&request, IFLA_MTU, veth->mtu);
  size_t info = nl_nest(&request, IFLA_LINKINFO);
  nl_put_text(&request, IFLA_INFO_KIND, "veth");
  size_t data = nl_nest(&request, IFLA_INFO_DATA);
  size_t other = nl_nest(&request, VETH_INFO_PEER);
  nl_append(&request, &peer, sizeof peer);
  nl_put_text(&request, IFLA_IFNAME, NET_INSIDE);
  nl_put_u32(&request, IFLA_NET_NS_FD, (uint32_t)netns_fd);
  nl_put_u32(&request, IFLA_MTU, veth->mtu);
  put_hardware_address(0xf2, veth->address);
  nl_nest_end(&request, other);
  nl_nest_end(&request, data);
  nl_nest_end(&request, info);
  int status = nl_run(fd, &request);
  return status < 0 ? status : set_port(fd, veth->name, veth->isolated);
}

static void put_up(int index) {
  struct ifinfomsg link = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  nl_begin(&request, RTM_NEWLINK, 0, &link, sizeof link);
}

static void put_default_route(unsigned index, in_addr_t gateway) {
  struct rtmsg route = {
      .rtm_family = AF_INET,
      .rtm_table = RT_TABLE_MAIN,
      .rtm_protocol = RTPROT_BOOT,
      .rtm_scope = RT_SCOPE_UNIVERSE,
      .rtm_type = RTN_UNICAST,
  };
  nl_begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &route, sizeof route);
  nl_put_u32(&request, RTA_GATEWAY, gateway);
  nl_put_u32(&request, RTA_OIF, index);
}

int net_inside_up(int fd, const struct net_veth *veth) {
  int loopback = net_link_index("lo");
  if (loopback < 0) return loopback;
  /* Before `lo` is up: ::1 must never be there, because the SDK is behind 127.0.0.1 only. */
  int status = without_ipv6("all");
  if (status < 0) return status;
  nl_reset(&request);
  put_up(loopback);
  if (veth != NULL) {
    int index = net_link_index(NET_INSIDE);
    if (index < 0) return index;
    put_up(index);
    put_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, (unsigned)index, veth->address,
                veth->prefix);
    put_default_route((unsigned)index, veth->gateway);
  }
  return nl_run(fd, &request);
}
