#include "net_state.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "net_host.h"
#include "net_link.h"
#include "net_names.h"
#include "net_nft.h"

#define BRIDGES_MAX 256
#define DUMP_TRIES_MAX 5

struct bridge {
  char name[IFNAMSIZ];
  unsigned index;
  bool up;
  in_addr_t address;
  uint8_t prefix;
};

static struct {
  struct bridge bridges[BRIDGES_MAX];
  int count;
  size_t used;
  char text[MESSAGE_BYTES_MAX];
} state;

__attribute__((format(printf, 1, 2))) static void write_line(const char *format, ...) {
  size_t left = sizeof state.text - state.used;
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(state.text + state.used, left, format, arguments);
  va_end(arguments);
  /* A text that is full is longer than a frame: the reply says so. */
  state.used += length < 0 ? 0 : (size_t)length < left ? (size_t)length : left - 1;
}

static const char *dotted(in_addr_t address) {
  static char text[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &address, text, sizeof text);
  return text;
}

static struct bridge *bridge_of(unsigned index) {
  for (int i = 0; i < state.count; i++)
    if (state.bridges[i].index == index) return &state.bridges[i];
  return NULL;
}

static const struct ifinfomsg *link_of(const struct nlmsghdr *header, const struct nlattr **table) {
  if (header->nlmsg_type != RTM_NEWLINK || header->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg)))
    return NULL;
  const struct ifinfomsg *link = NLMSG_DATA(header);
  nl_attributes(IFLA_RTA(link), IFLA_PAYLOAD(header), table, IFLA_MASTER);
  return link;
}

static int note_bridge(const struct nlmsghdr *header, void *context) {
  const struct net_names *names = context;
  const struct nlattr *table[IFLA_MASTER + 1];
  const struct ifinfomsg *link = link_of(header, table);
  if (link == NULL || !net_name_is_ours(nl_text(table[IFLA_IFNAME]), names->bridges)) return 0;
  if (state.count == BRIDGES_MAX) return -EOVERFLOW;
  struct bridge *bridge = &state.bridges[state.count++];
  snprintf(bridge->name, sizeof bridge->name, "%s", nl_text(table[IFLA_IFNAME]));
  bridge->index = (unsigned)link->ifi_index;
  bridge->up = link->ifi_flags & IFF_UP;
  bridge->address = 0;
  bridge->prefix = 0;
  return 0;
}

static int note_address(const struct nlmsghdr *header, void *context) {
  (void)context;
  if (header->nlmsg_type != RTM_NEWADDR || header->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifaddrmsg)))
    return 0;
  const struct ifaddrmsg *address = NLMSG_DATA(header);
  const struct nlattr *table[IFA_LOCAL + 1];
  nl_attributes(IFA_RTA(address), IFA_PAYLOAD(header), table, IFA_LOCAL);
  struct bridge *bridge = bridge_of(address->ifa_index);
  if (bridge == NULL) return 0;
  bridge->address = nl_u32(table[IFA_LOCAL], 0);
  bridge->prefix = address->ifa_prefixlen;
  return 0;
}

static int note_veth(const struct nlmsghdr *header, void *context) {
  const struct net_names *names = context;
  const struct nlattr *table[IFLA_MASTER + 1];
  const struct ifinfomsg *link = link_of(header, table);
  if (link == NULL || !net_name_is_ours(nl_text(table[IFLA_IFNAME]), names->veths)) return 0;
  const struct bridge *bridge = bridge_of(nl_u32(table[IFLA_MASTER], 0));
  write_line("%s %s\n", nl_text(table[IFLA_IFNAME]), bridge ? bridge->name : "none");
  return 0;
}

static void write_port(const struct net_port *port, void *context) {
  (void)context;
  write_line("%s %u %s %u\n", port->tcp ? "tcp" : "udp", port->host_port, dotted(port->address),
             port->container_port);
}

static void write_source(const struct net_source *source, void *context) {
  (void)context;
  write_line("%s %s\n", source->veth, dotted(source->address));
}

static void flush_text(struct reply *reply, uint16_t tag) {
  reply_bytes(reply, tag, state.text, state.used);
  state.used = 0;
}

static int links_state(int route, const struct net_names *names, struct reply *reply) {
  int status = -EINTR;
  for (int try = 0; try < DUMP_TRIES_MAX && status == -EINTR; try++) {
    state.count = 0;
    state.used = 0;
    status = net_links(route, note_bridge, (void *)names);
    if (status == 0) status = net_addresses(route, note_address, NULL);
    if (status == 0) status = net_links(route, note_veth, (void *)names);
  }
  if (status < 0) return status;
  flush_text(reply, TAG_NET_VETH);
  for (int i = 0; i < state.count; i++) {
    const struct bridge *bridge = &state.bridges[i];
    write_line("%s %s %u %s\n", bridge->name, dotted(bridge->address), bridge->prefix,
               bridge->up ? "up" : "down");
  }
  flush_text(reply, TAG_NET_BRIDGE);
  return 0;
}

int net_state(const struct message *message, struct reply *reply) {
  (void)message;
  const struct net_names *names = net_names(reply);
  if (names == NULL) return -1;
  int route = net_host_socket(NETLINK_ROUTE), nft = net_host_socket(NETLINK_NETFILTER), rules = 0;
  int status = route < 0 ? route : nft < 0 ? nft : links_state(route, names, reply);
  if (status < 0) return net_failed(reply, status, "list the interfaces of", names->instance);
  status = net_sources_list(nft, names->table, write_source, NULL);
  flush_text(reply, TAG_NET_SOURCE);
  if (status == 0) status = net_ports_list(nft, names->table, write_port, NULL);
  flush_text(reply, TAG_NET_PORT);
  if (status == 0) status = net_rules_count(nft, names->table, &rules);
  if (status < 0) return net_failed(reply, status, "list the table", names->table);
  reply_u64(reply, TAG_NET_TABLE, (uint64_t)rules);
  return 0;
}
