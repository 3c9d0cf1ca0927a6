#include "net_nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#define DUMP_TRIES_MAX 5

static struct nl_request request;

/* The kernel keeps a concatenation's parts in steps of four bytes. */
struct port_value {
  in_addr_t address;
  uint16_t port;
  uint16_t padding;
};
struct source_key {
  char veth[IFNAMSIZ];
  in_addr_t address;
};

static struct nfgenmsg family_header(uint8_t family, uint16_t resource) {
  return (struct nfgenmsg){
      .nfgen_family = family, .version = NFNETLINK_V0, .res_id = htons(resource)};
}

void nft_begin(struct nl_request *batch) {
  struct nfgenmsg header = family_header(AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  nl_reset(batch);
  nl_begin(batch, NFNL_MSG_BATCH_BEGIN, 0, &header, sizeof header);
}

void nft_message(struct nl_request *batch, uint16_t type, uint16_t flags, uint8_t family) {
  struct nfgenmsg header = family_header(family, 0);
  nl_begin(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, &header, sizeof header);
}

void nft_end(struct nl_request *batch) {
  struct nfgenmsg header = family_header(AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  nl_trailer(batch, NFNL_MSG_BATCH_END, &header, sizeof header);
}

static void put_value(uint16_t type, const void *value, size_t size) {
  size_t nest = nl_nest(&request, type);
  nl_put(&request, NFTA_DATA_VALUE, value, size);
  nl_nest_end(&request, nest);
}

static size_t begin_elements(uint16_t type, uint16_t flags, uint8_t family, const char *table,
                             const char *set) {
  nft_message(&request, type, flags, family);
  nl_put_text(&request, NFTA_SET_ELEM_LIST_TABLE, table);
  nl_put_text(&request, NFTA_SET_ELEM_LIST_SET, set);
  return nl_nest(&request, NFTA_SET_ELEM_LIST_ELEMENTS);
}

static void put_port(const struct net_port *port, bool with_value) {
  uint16_t key = htons(port->host_port);
  struct port_value value = {.address = port->address, .port = htons(port->container_port)};
  size_t element = nl_nest(&request, NFTA_LIST_ELEM);
  put_value(NFTA_SET_ELEM_KEY, &key, sizeof key);
  if (with_value) put_value(NFTA_SET_ELEM_DATA, &value, sizeof value);
  nl_nest_end(&request, element);
}

static const char *map_of(bool tcp) {
  return tcp ? NET_TCP_MAP : NET_UDP_MAP;
}

struct listing {
  bool tcp;
  net_port_found *port;
  net_source_found *source;
  void *context;
};

static void take_element(const struct nlattr *element, const struct listing *listing) {
  const struct nlattr *parts[NFTA_SET_ELEM_DATA + 1], *key[NFTA_DATA_VALUE + 1];
  nl_attributes(nl_data(element), nl_size(element), parts, NFTA_SET_ELEM_DATA);
  nl_attributes(parts[NFTA_SET_ELEM_KEY] ? nl_data(parts[NFTA_SET_ELEM_KEY]) : NULL,
                nl_size(parts[NFTA_SET_ELEM_KEY]), key, NFTA_DATA_VALUE);
  const struct nlattr *name = key[NFTA_DATA_VALUE];
  if (listing->source && nl_size(name) >= sizeof(struct source_key)) {
    struct source_key found;
    struct net_source source = {0};
    memcpy(&found, nl_data(name), sizeof found);
    memcpy(source.veth, found.veth, sizeof source.veth - 1);
    source.address = found.address;
    listing->source(&source, listing->context);
  }
  if (!listing->port || nl_size(name) < sizeof(uint16_t) || !parts[NFTA_SET_ELEM_DATA]) return;
  const struct nlattr *data[NFTA_DATA_VALUE + 1];
  nl_attributes(nl_data(parts[NFTA_SET_ELEM_DATA]), nl_size(parts[NFTA_SET_ELEM_DATA]), data,
                NFTA_DATA_VALUE);
  struct port_value value;
  uint16_t host_port;
  if (nl_size(data[NFTA_DATA_VALUE]) < sizeof value) return;
  memcpy(&host_port, nl_data(name), sizeof host_port);
  memcpy(&value, nl_data(data[NFTA_DATA_VALUE]), sizeof value);
  struct net_port port = {.tcp = listing->tcp,
                          .host_port = ntohs(host_port),
                          .container_port = ntohs(value.port),
                          .address = value.address};
  listing->port(&port, listing->context);
}

static int take_elements(const struct nlmsghdr *header, void *context) {
  const size_t before = NLMSG_LENGTH(sizeof(struct nfgenmsg));
  const struct nlattr *table[NFTA_SET_ELEM_LIST_ELEMENTS + 1];
  if (header->nlmsg_len < before) return -EBADMSG;
  nl_attributes((const uint8_t *)header + before, header->nlmsg_len - before, table,
                NFTA_SET_ELEM_LIST_ELEMENTS);
  const struct nlattr *list = table[NFTA_SET_ELEM_LIST_ELEMENTS];
  size_t left = nl_size(list);
  const struct nlattr *element = list ? nl_data(list) : NULL;
  while (left >= NLA_HDRLEN && element->nla_len >= NLA_HDRLEN && element->nla_len <= left) {
    take_element(element, context);
    size_t step = NLA_ALIGN(element->nla_len);
    left = step < left ? left - step : 0;
    element = (const struct nlattr *)(const void *)((const uint8_t *)element + step);
  }
  return 0;
}

/* One element by its key. -ENOENT: the map has none, or the map is not there. */
static int find_port(int fd, const char *table, const struct net_port *port,
                     struct listing *listing) {
  nl_reset(&request);
  size_t list = begin_elements(NFT_MSG_GETSETELEM, 0, NFPROTO_INET, table, map_of(port->tcp));
  put_port(port, false);
  nl_nest_end(&request, list);
  listing->tcp = port->tcp;
  return nl_ask(fd, &request, take_elements, listing);
}

static void keep_port(const struct net_port *port, void *context) {
  *(struct net_port *)context = *port;
}

static bool leads_to(const struct net_port *found, const struct net_port *port) {
  return found->address == port->address && found->container_port == port->container_port;
}

/* One message per map, because a message names one; none when no port is meant. */
static void put_ports(uint16_t type, uint16_t flags, const char *table, const struct net_port *ports,
                      const bool *meant, int count) {
  for (int tcp = 0; tcp <= 1; tcp++) {
    size_t list = 0;
    for (int i = 0; i < count; i++) {
      if (!meant[i] || ports[i].tcp != (tcp == 1)) continue;
      if (list == 0) list = begin_elements(type, flags, NFPROTO_INET, table, map_of(tcp == 1));
      put_port(&ports[i], type == NFT_MSG_NEWSETELEM);
    }
    if (list != 0) nl_nest_end(&request, list);
  }
}

static bool any(const bool *meant, int count) {
  for (int i = 0; i < count; i++)
    if (meant[i]) return true;
  return false;
}

int net_ports_add(int fd, const char *table, const struct net_port *ports, int count) {
  bool removed[NET_PORTS_MAX] = {false}, added[NET_PORTS_MAX] = {false};
  for (int i = 0; i < count && i < NET_PORTS_MAX; i++) {
    struct net_port found = {0};
    struct listing listing = {.port = keep_port, .context = &found};
    int status = find_port(fd, table, &ports[i], &listing);
    if (status < 0 && status != -ENOENT) return status;
    added[i] = status == -ENOENT || !leads_to(&found, &ports[i]);
    /* An element cannot be changed: it goes and comes in one transaction. */
    removed[i] = status == 0 && added[i];
  }
  if (!any(added, count)) return 0;
  nft_begin(&request);
  put_ports(NFT_MSG_DELSETELEM, 0, table, ports, removed, count);
  put_ports(NFT_MSG_NEWSETELEM, NLM_F_CREATE, table, ports, added, count);
  nft_end(&request);
  return nl_run(fd, &request);
}

int net_ports_delete(int fd, const char *table, const struct net_port *ports, int count) {
  bool removed[NET_PORTS_MAX] = {false};
  for (int i = 0; i < count && i < NET_PORTS_MAX; i++) {
    struct net_port found = {0};
    struct listing listing = {.port = keep_port, .context = &found};
    int status = find_port(fd, table, &ports[i], &listing);
    if (status < 0 && status != -ENOENT) return status;
    /* What was given to somebody else meanwhile stays theirs. */
    removed[i] = status == 0 && (ports[i].address == 0 || leads_to(&found, &ports[i]));
  }
  if (!any(removed, count)) return 0;
  nft_begin(&request);
  put_ports(NFT_MSG_DELSETELEM, 0, table, ports, removed, count);
  nft_end(&request);
  return nl_run(fd, &request);
}

static int change_source(int fd, uint16_t type, uint16_t flags, const char *table,
                         const struct net_source *source) {
  struct source_key key = {.address = source->address};
  memcpy(key.veth, source->veth, sizeof key.veth);
  nft_begin(&request);
  size_t list = begin_elements(type, flags, NFPROTO_BRIDGE, table, NET_SOURCES);
  size_t element = nl_nest(&request, NFTA_LIST_ELEM);
  put_value(NFTA_SET_ELEM_KEY, &key, sizeof key);
  nl_nest_end(&request, element);
  nl_nest_end(&request, list);
  nft_end(&request);
  return nl_run(fd, &request);
}

int net_source_add(int fd, const char *table, const struct net_source *source) {
  return change_source(fd, NFT_MSG_NEWSETELEM, NLM_F_CREATE, table, source);
}

int net_source_delete(int fd, const char *table, const struct net_source *source) {
  int status = change_source(fd, NFT_MSG_DELSETELEM, 0, table, source);
  return status == -ENOENT ? 0 : status;
}

static int list(int fd, uint8_t family, const char *table, const char *set,
                struct listing *listing) {
  int status = -EINTR;
  for (int try = 0; try < DUMP_TRIES_MAX && status == -EINTR; try++) {
    nl_reset(&request);
    nft_message(&request, NFT_MSG_GETSETELEM, 0, family);
    nl_put_text(&request, NFTA_SET_ELEM_LIST_TABLE, table);
    nl_put_text(&request, NFTA_SET_ELEM_LIST_SET, set);
    status = nl_dump(fd, &request, take_elements, listing);
  }
  /* No table, no elements: whoever asks sees from the rules that it is gone. */
  return status == -ENOENT ? 0 : status;
}

int net_ports_list(int fd, const char *table, net_port_found *found, void *context) {
  struct listing udp = {.port = found, .context = context};
  struct listing tcp = {.port = found, .context = context, .tcp = true};
  int status = list(fd, NFPROTO_INET, table, NET_UDP_MAP, &udp);
  return status < 0 ? status : list(fd, NFPROTO_INET, table, NET_TCP_MAP, &tcp);
}

int net_sources_list(int fd, const char *table, net_source_found *found, void *context) {
  struct listing listing = {.source = found, .context = context};
  return list(fd, NFPROTO_BRIDGE, table, NET_SOURCES, &listing);
}

static int count_rule(const struct nlmsghdr *header, void *context) {
  if ((header->nlmsg_type & 0xff) == NFT_MSG_NEWRULE) ++*(int *)context;
  return 0;
}

int net_rules_count(int fd, const char *table, int *count) {
  const uint8_t families[] = {NFPROTO_INET, NFPROTO_BRIDGE};
  *count = 0;
  for (size_t i = 0; i < sizeof families; i++) {
    int status = -EINTR, before = *count;
    for (int try = 0; try < DUMP_TRIES_MAX && status == -EINTR; try++) {
      *count = before;
      nl_reset(&request);
      nft_message(&request, NFT_MSG_GETRULE, 0, families[i]);
      nl_put_text(&request, NFTA_RULE_TABLE, table);
      status = nl_dump(fd, &request, count_rule, count);
    }
    if (status < 0 && status != -ENOENT) return status;
  }
  return 0;
}
