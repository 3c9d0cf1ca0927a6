/*
 * nf_tables by netlink, as far as it is done per container or per port: elements of the host's maps and set, and the
 * redirect inside a container. Everything here is made of numbers and of names of ours; no text is parsed by anybody.
 * All functions answer 0 or a negative errno.
 */
#ifndef FLOTILLA_NET_NFT_H
#define FLOTILLA_NET_NFT_H

#include "net_names.h"
#include "netlink.h"

/* Names that runtime/network/ruleset.ts gives them. */
#define NET_UDP_MAP "udp_ports"
#define NET_TCP_MAP "tcp_ports"
#define NET_SOURCES "sources"

/* Room in one batch. */
#define NET_PORTS_MAX 500

struct net_source {
  char veth[IFNAMSIZ];
  in_addr_t address;
};

/* Which ports a container dials on its 127.0.0.1, and where they lead. A port of 0 is left out. */
struct net_redirect {
  in_addr_t gateway;
  uint16_t dialed[2];
  uint16_t door[2];
};

/* Maps host ports: one that leads elsewhere is led here, one that leads here already stays. All or none. */
int net_ports_add(int fd, const char *table, const struct net_port *ports, int count);
/* Closes host ports; with an address only where they lead to it. One that is closed already is no error. */
int net_ports_delete(int fd, const char *table, const struct net_port *ports, int count);

int net_source_add(int fd, const char *table, const struct net_source *source);
int net_source_delete(int fd, const char *table, const struct net_source *source);

typedef void net_port_found(const struct net_port *port, void *context);
typedef void net_source_found(const struct net_source *source, void *context);
int net_ports_list(int fd, const char *table, net_port_found *found, void *context);
int net_sources_list(int fd, const char *table, net_source_found *found, void *context);
/* Rules in both of this instance's tables; a flushed table has none. */
int net_rules_count(int fd, const char *table, int *count);

/* In the container's namespace: what it sends to 127.0.0.1:dialed goes to gateway:door from its own address. */
int net_redirect_make(int fd, const struct net_redirect *redirect);

/* For net_nft.c and net_redirect.c: the frame of a transaction. */
void nft_begin(struct nl_request *request);
void nft_message(struct nl_request *request, uint16_t type, uint16_t flags, uint8_t family);
void nft_end(struct nl_request *request);

#endif
