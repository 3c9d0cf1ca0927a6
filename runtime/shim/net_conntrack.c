#include "net_conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "net_link.h"
#include "netlink.h"

#define FOUND_MAX 4096
#define LOCAL_MAX 256
#define TUPLE_MAX 96
#define DELETES_PER_SEND 256
#define PASSES_MAX 16

/* As the kernel names a connection: the attribute of its first direction, whole, and its number. */
struct entry {
  uint32_t id;
  uint16_t tuple_size;
  _Alignas(4) uint8_t tuple[TUPLE_MAX];
};

static struct {
  uint8_t wanted[2][(UINT16_MAX + 1) / 8]; /* bit per host port; udp, tcp */
  in_addr_t local[LOCAL_MAX];
  int locals;
  const struct net_port *ports;
  int port_count;
  struct entry found[FOUND_MAX];
  int count;
} pass;

static struct nl_request request;

static int note_address(const struct nlmsghdr *header, void *context) {
  (void)context;
  if (header->nlmsg_type != RTM_NEWADDR || header->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifaddrmsg)))
    return 0;
  const struct nlattr *table[IFA_LOCAL + 1];
  nl_attributes(IFA_RTA(NLMSG_DATA(header)), IFA_PAYLOAD(header), table, IFA_LOCAL);
  if (pass.locals < LOCAL_MAX) pass.local[pass.locals++] = nl_u32(table[IFA_LOCAL], 0);
  return 0;
}

static bool is_local(in_addr_t address) {
  if (ntohl(address) >> 24 == 127) return true;
  for (int i = 0; i < pass.locals; i++)
    if (pass.local[i] == address) return true;
  return false;
}

/* One direction of a connection: who it is from and to. */
struct tuple {
  uint8_t protocol;
  in_addr_t source;
  in_addr_t destination;
  uint16_t source_port;
  uint16_t destination_port;
};

static uint16_t port_of(const struct nlattr *attribute) {
  uint16_t port = 0;
  if (nl_size(attribute) >= sizeof port) memcpy(&port, nl_data(attribute), sizeof port);
  return ntohs(port);
}

static bool read_tuple(const struct nlattr *attribute, struct tuple *tuple) {
  const struct nlattr *parts[CTA_TUPLE_PROTO + 1], *ip[CTA_IP_V4_DST + 1];
  const struct nlattr *proto[CTA_PROTO_DST_PORT + 1];
  if (!attribute) return false;
  nl_attributes(nl_data(attribute), nl_size(attribute), parts, CTA_TUPLE_PROTO);
  if (!parts[CTA_TUPLE_IP] || !parts[CTA_TUPLE_PROTO]) return false;
  nl_attributes(nl_data(parts[CTA_TUPLE_IP]), nl_size(parts[CTA_TUPLE_IP]), ip, CTA_IP_V4_DST);
  nl_attributes(nl_data(parts[CTA_TUPLE_PROTO]), nl_size(parts[CTA_TUPLE_PROTO]), proto,
                CTA_PROTO_DST_PORT);
  if (nl_size(proto[CTA_PROTO_NUM]) < 1) return false;
  tuple->protocol = *(const uint8_t *)nl_data(proto[CTA_PROTO_NUM]);
  tuple->source = nl_u32(ip[CTA_IP_V4_SRC], 0);
  tuple->destination = nl_u32(ip[CTA_IP_V4_DST], 0);
  tuple->source_port = port_of(proto[CTA_PROTO_SRC_PORT]);
  tuple->destination_port = port_of(proto[CTA_PROTO_DST_PORT]);
  return tuple->protocol == IPPROTO_UDP || tuple->protocol == IPPROTO_TCP;
}

/* Whether answers come from where the port leads now. */
static bool leads_right(bool tcp, const struct tuple *there, const struct tuple *back) {
  for (int i = 0; i < pass.port_count; i++) {
    const struct net_port *port = &pass.ports[i];
    if (port->tcp == tcp && port->host_port == there->destination_port && port->address != 0 &&
        port->address == back->source && port->container_port == back->source_port)
      return true;
  }
  return false;
}

static bool is_wanted(const struct nlattr *const *table) {
  struct tuple there, back;
  if (!read_tuple(table[CTA_TUPLE_ORIG], &there)) return false;
  bool tcp = there.protocol == IPPROTO_TCP;
  uint16_t port = there.destination_port;
  if (!(pass.wanted[tcp][port / 8] & 1 << port % 8)) return false;
  /* Not what the machine itself or a container has open to that port of somebody else. */
  bool translated = ntohl(nl_u32(table[CTA_STATUS], 0)) & IPS_DST_NAT;
  if (!translated && !is_local(there.destination)) return false;
  return !read_tuple(table[CTA_TUPLE_REPLY], &back) || !leads_right(tcp, &there, &back);
}

static int note_entry(const struct nlmsghdr *header, void *context) {
  (void)context;
  const size_t before = NLMSG_LENGTH(sizeof(struct nfgenmsg));
  const struct nlattr *table[CTA_ID + 1];
  if (header->nlmsg_len < before) return -EBADMSG;
  nl_attributes((const uint8_t *)header + before, header->nlmsg_len - before, table, CTA_ID);
  const struct nlattr *tuple = table[CTA_TUPLE_ORIG];
  if (!tuple || tuple->nla_len > TUPLE_MAX || pass.count == FOUND_MAX || !is_wanted(table)) return 0;
  struct entry *entry = &pass.found[pass.count++];
  entry->id = nl_u32(table[CTA_ID], 0);
  entry->tuple_size = tuple->nla_len;
  memcpy(entry->tuple, tuple, tuple->nla_len);
  return 0;
}

static void begin(uint16_t type) {
  struct nfgenmsg header = {.nfgen_family = AF_INET, .version = NFNETLINK_V0};
  nl_begin(&request, (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type), 0, &header, sizeof header);
}

static int forget(int fd, const struct entry *entries, int count) {
  nl_reset(&request);
  for (int i = 0; i < count; i++) {
    begin(IPCTNL_MSG_CT_DELETE);
    nl_append(&request, entries[i].tuple, entries[i].tuple_size);
    nl_put_u32(&request, CTA_ID, entries[i].id);
  }
  int status = nl_run(fd, &request);
  /* It ended by itself meanwhile; the others were still taken. */
  return status == -ENOENT ? 0 : status;
}

/* One pass; what did not fit is left for the next. */
static int run_pass(int fd) {
  pass.count = 0;
  nl_reset(&request);
  begin(IPCTNL_MSG_CT_GET);
  int status = nl_dump(fd, &request, note_entry, NULL);
  for (int at = 0; status == 0 && at < pass.count; at += DELETES_PER_SEND) {
    int left = pass.count - at;
    status = forget(fd, pass.found + at, left < DELETES_PER_SEND ? left : DELETES_PER_SEND);
  }
  return status;
}

int net_conntrack_flush(int netfilter_fd, int route_fd, const struct net_port *ports, int count,
                        int *forgotten) {
  *forgotten = 0;
  memset(pass.wanted, 0, sizeof pass.wanted);
  for (int i = 0; i < count; i++)
    pass.wanted[ports[i].tcp][ports[i].host_port / 8] |= (uint8_t)(1 << ports[i].host_port % 8);
  pass.ports = ports;
  pass.port_count = count;
  pass.locals = 0;
  int status = net_addresses(route_fd, note_address, NULL);
  if (status < 0 && status != -EINTR) return status;
  for (int i = 0; i < PASSES_MAX; i++) {
    status = run_pass(netfilter_fd);
    if (status < 0 && status != -EINTR) return status;
    *forgotten += pass.count;
    if (status == 0 && pass.count < FOUND_MAX) return 0;
  }
  return status;
}
