/*
 * The names that this instance may touch in the kernel, and the reading of what a message says about the network:
 * every text is checked here before it goes anywhere.
 */
#ifndef FLOTILLA_NET_NAMES_H
#define FLOTILLA_NET_NAMES_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "message.h"

#define NET_TABLE_SIZE 32

/* Of every name: what follows the prefix is at most this long, so that it fits IFNAMSIZ. */
struct net_names {
  char instance[8];
  char table[NET_TABLE_SIZE]; /* flotilla_<id> */
  char bridges[IFNAMSIZ];     /* flt<id> */
  char veths[IFNAMSIZ];       /* fv<id> */
};

/* Where a host port leads. Numbers are in the host's order, addresses in the network's. */
struct net_port {
  bool tcp;
  uint16_t host_port;
  uint16_t container_port;
  in_addr_t address;
};

void net_names_start(const char *instance);
/* NULL and an error reply when the instance's id is not four hexadecimal digits. */
const struct net_names *net_names(struct reply *reply);
/* True for `prefix` and at least one lowercase hexadecimal digit, within IFNAMSIZ. */
bool net_name_is_ours(const char *name, const char *prefix);
/* The veth of a container: prefix and the first nine digits of its id. -1: the id is not hexadecimal. */
int net_veth_name(const char *container_id, char veth[IFNAMSIZ]);

/* Each answers 0, or -1 after an error reply that names the field. */
int net_read_bridge(const struct message *message, struct reply *reply, char bridge[IFNAMSIZ]);
int net_read_address(const struct message *message, struct reply *reply, uint16_t tag,
                     in_addr_t *address);
int net_read_number(const struct message *message, struct reply *reply, uint16_t tag, uint64_t min,
                    uint64_t max, uint64_t *number);
/* A port, or 0 when the field is absent. */
int net_read_port(const struct message *message, struct reply *reply, uint16_t tag, uint16_t *port);
/* All TAG_NET_PORT records, at most `max`; where not `whole`, a record may leave out where it leads. The count, or -1. */
int net_read_ports(const struct message *message, struct reply *reply, bool whole,
                   struct net_port *ports, int max);

/* An error reply for a negative errno: `what` is the sentence's beginning. Returns -1. */
int net_failed(struct reply *reply, int status, const char *what, const char *object);

#endif
