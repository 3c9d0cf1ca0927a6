/* Operations 200 to 299: what the agent may ask of the host's network. */
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net_conntrack.h"
#include "net_host.h"
#include "net_link.h"
#include "net_names.h"
#include "net_nft.h"
#include "net_state.h"
#include "net_table.h"

#define ID_SIZE 64
#define MTU_MIN 576

void net_start(const char *instance) {
  net_names_start(instance);
  net_host_start();
}

/* Written only when it is off: writing it again would reset every interface's settings. */
static int forward_packets(void) {
  char now = 0;
  int fd = open("/proc/sys/net/ipv4/ip_forward", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  ssize_t got = read(fd, &now, 1);
  close(fd);
  return got == 1 && now == '1' ? 0 : net_sysctl("ipv4/ip_forward", "1");
}

/* Veths that were left behind when somebody removed their bridge. */
static int adopt_veths(const struct message *message, struct reply *reply, int route,
                       const char *bridge) {
  for (size_t i = 0; i < message->count; i++) {
    char veth[IFNAMSIZ];
    if (message->fields[i].tag != TAG_NET_VETH) continue;
    if (field_text(&message->fields[i], veth, sizeof veth) < 0 ||
        !net_name_is_ours(veth, net_names(NULL)->veths))
      return reply_error(reply, ERROR_INVALID, "a veth's name must be %s and hexadecimal digits",
                         net_names(NULL)->veths);
    int status = net_link_join(route, veth, bridge);
    if (status < 0) return net_failed(reply, status, "give back its bridge to", veth);
  }
  return 0;
}

static int ensure_bridge(const struct message *message, struct reply *reply) {
  struct net_bridge bridge = {0};
  uint64_t prefix = 0, mtu = 0;
  if (net_read_bridge(message, reply, bridge.name) < 0 ||
      net_read_address(message, reply, TAG_NET_ADDRESS, &bridge.address) < 0 ||
      net_read_number(message, reply, TAG_NET_PREFIX, 8, 30, &prefix) < 0 ||
      net_read_number(message, reply, TAG_NET_MTU, MTU_MIN, UINT16_MAX, &mtu) < 0)
    return -1;
  bridge.prefix = (uint8_t)prefix;
  bridge.mtu = (uint32_t)mtu;
  int route = net_host_socket(NETLINK_ROUTE);
  int status = route < 0 ? route : forward_packets();
  if (status < 0) return net_failed(reply, status, "forward packets for", bridge.name);
  status = net_bridge_ensure(route, &bridge);
  if (status == 0) return adopt_veths(message, reply, route, bridge.name);
  return net_failed(reply, status, "make the bridge", bridge.name);
}

static int remove_bridge(const struct message *message, struct reply *reply) {
  char bridge[IFNAMSIZ];
  if (net_read_bridge(message, reply, bridge) < 0) return -1;
  int route = net_host_socket(NETLINK_ROUTE);
  int status = route < 0 ? route : net_link_remove(route, bridge);
  return status < 0 ? net_failed(reply, status, "remove the bridge", bridge) : 0;
}

static struct net_port ports[NET_PORTS_MAX];

static int change_ports(const struct message *message, struct reply *reply) {
  bool adding = message->op == OP_NET_PORTS_ADD;
  const struct net_names *names = net_names(reply);
  if (names == NULL) return -1;
  int count = net_read_ports(message, reply, true, ports, NET_PORTS_MAX);
  if (count < 0) return -1;
  int nft = net_host_socket(NETLINK_NETFILTER);
  int status = nft < 0  ? nft
               : adding ? net_ports_add(nft, names->table, ports, count)
                        : net_ports_delete(nft, names->table, ports, count);
  if (status < 0)
    return net_failed(reply, status, adding ? "open ports in" : "close ports in", names->table);
  return 0;
}

static int flush_connections(const struct message *message, struct reply *reply) {
  int forgotten = 0;
  int count = net_read_ports(message, reply, false, ports, NET_PORTS_MAX);
  if (count < 0) return -1;
  int nft = net_host_socket(NETLINK_NETFILTER), route = net_host_socket(NETLINK_ROUTE);
  int status = nft < 0     ? nft
               : route < 0 ? route
                           : net_conntrack_flush(nft, route, ports, count, &forgotten);
  return status < 0 ? net_failed(reply, status, "forget connections to", "these ports") : 0;
}

static int install_table(const struct message *message, struct reply *reply) {
  static char text[MESSAGE_BYTES_MAX];
  const struct net_names *names = net_names(reply);
  int line = 0;
  if (names == NULL) return -1;
  if (message_text(message, TAG_NET_TEXT, text, sizeof text) < 0)
    return reply_error(reply, ERROR_INVALID, "the ruleset is missing or no text");
  if (!net_table_accepts(text, names->table, &line))
    return reply_error(reply, ERROR_FORBIDDEN, "line %d of the ruleset is not a command on %s",
                       line, names->table);
  const char *wrong = net_table_install(text);
  return wrong ? reply_error(reply, ERROR_INTERNAL, "install %s: %.300s", names->table, wrong) : 0;
}

static int remove_table(const struct message *message, struct reply *reply) {
  (void)message;
  const struct net_names *names = net_names(reply);
  if (names == NULL) return -1;
  const char *wrong = net_table_remove(names->table);
  return wrong ? reply_error(reply, ERROR_INTERNAL, "remove %s: %.300s", names->table, wrong) : 0;
}

/* Interfaces in this group are about to be removed: ASCII `fl` and the instance's number. */
static uint32_t removal_group(const struct net_names *names) {
  return 0x666c0000u | (uint32_t)strtoul(names->instance, NULL, 16);
}

static int detach(const struct message *message, struct reply *reply) {
  const struct net_names *names = net_names(reply);
  int route = net_host_socket(NETLINK_ROUTE), status = route < 0 ? route : 0;
  if (names == NULL) return -1;
  for (size_t i = 0; i < message->count && status == 0; i++) {
    char id[ID_SIZE], veth[IFNAMSIZ];
    if (message->fields[i].tag != TAG_ID) continue;
    if (field_text(&message->fields[i], id, sizeof id) < 0 || net_veth_name(id, veth) < 0)
      return reply_error(reply, ERROR_INVALID,
                         "a container's id must be hexadecimal, 9 digits or more");
    net_detach(id);
    status = net_link_mark(route, veth, removal_group(names));
  }
  if (status == 0) status = net_link_remove_marked(route, removal_group(names));
  return status < 0 ? net_failed(reply, status, "remove veths of", names->table) : 0;
}

int net_handle(const struct message *message, struct reply *reply) {
  switch (message->op) {
    case OP_NET_BRIDGE:
      return ensure_bridge(message, reply);
    case OP_NET_BRIDGE_REMOVE:
      return remove_bridge(message, reply);
    case OP_NET_PORTS_ADD:
    case OP_NET_PORTS_DELETE:
      return change_ports(message, reply);
    case OP_NET_CONNTRACK_FLUSH:
      return flush_connections(message, reply);
    case OP_NET_TABLE:
      return install_table(message, reply);
    case OP_NET_TABLE_REMOVE:
      return remove_table(message, reply);
    case OP_NET_STATE:
      return net_state(message, reply);
    case OP_NET_DETACH:
      return detach(message, reply);
    default:
      return reply_error(reply, ERROR_UNSUPPORTED, "operation %u is not known", message->op);
  }
}
