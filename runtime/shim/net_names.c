#include "net_names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define INSTANCE_DIGITS 4
#define VETH_ID_DIGITS 9

static struct net_names names;

static bool is_hex(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f'))) return false;
  return true;
}

void net_names_start(const char *instance) {
  memset(&names, 0, sizeof names);
  if (strlen(instance) != INSTANCE_DIGITS || !is_hex(instance, INSTANCE_DIGITS)) return;
  snprintf(names.instance, sizeof names.instance, "%s", instance);
  snprintf(names.table, sizeof names.table, "flotilla_%s", instance);
  snprintf(names.bridges, sizeof names.bridges, "flt%s", instance);
  snprintf(names.veths, sizeof names.veths, "fv%s", instance);
}

const struct net_names *net_names(struct reply *reply) {
  if (names.instance[0] != 0) return &names;
  reply_error(reply, ERROR_FAILED_PRECONDITION,
              "this instance has no id of %d hexadecimal digits: it cannot make networks",
              INSTANCE_DIGITS);
  return NULL;
}

bool net_name_is_ours(const char *name, const char *prefix) {
  size_t length = strlen(name), own = strlen(prefix);
  return own > 0 && length > own && length < IFNAMSIZ && memcmp(name, prefix, own) == 0 &&
         is_hex(name + own, length - own);
}

int net_veth_name(const char *container_id, char veth[IFNAMSIZ]) {
  size_t length = strlen(container_id);
  if (names.instance[0] == 0 || length < VETH_ID_DIGITS || !is_hex(container_id, length)) return -1;
  size_t prefix = strlen(names.veths);
  memcpy(veth, names.veths, prefix);
  memcpy(veth + prefix, container_id, VETH_ID_DIGITS);
  veth[prefix + VETH_ID_DIGITS] = 0;
  return 0;
}

int net_read_bridge(const struct message *message, struct reply *reply, char bridge[IFNAMSIZ]) {
  if (net_names(reply) == NULL) return -1;
  if (message_text(message, TAG_NET_BRIDGE, bridge, IFNAMSIZ) == 0 &&
      net_name_is_ours(bridge, names.bridges))
    return 0;
  return reply_error(reply, ERROR_INVALID, "the bridge's name must be %s and hexadecimal digits",
                     names.bridges);
}

int net_read_address(const struct message *message, struct reply *reply, uint16_t tag,
                     in_addr_t *address) {
  char text[INET_ADDRSTRLEN];
  struct in_addr parsed;
  if (message_text(message, tag, text, sizeof text) < 0 || inet_pton(AF_INET, text, &parsed) != 1)
    return reply_error(reply, ERROR_INVALID, "network field %u is not an IPv4 address", tag);
  uint32_t first = ntohl(parsed.s_addr) >> 24;
  if (first == 0 || first == 127 || first >= 224)
    return reply_error(reply, ERROR_INVALID, "%s is not an address that a machine can have", text);
  *address = parsed.s_addr;
  return 0;
}

int net_read_number(const struct message *message, struct reply *reply, uint16_t tag, uint64_t min,
                    uint64_t max, uint64_t *number) {
  if (message_u64(message, tag, number) == 0 && *number >= min && *number <= max) return 0;
  return reply_error(reply, ERROR_INVALID, "network field %u must be a number from %lu to %lu", tag,
                     (unsigned long)min, (unsigned long)max);
}

int net_read_port(const struct message *message, struct reply *reply, uint16_t tag,
                  uint16_t *port) {
  uint64_t number = 0;
  *port = 0;
  if (message_nth(message, tag, 0) == NULL) return 0;
  if (net_read_number(message, reply, tag, 1, UINT16_MAX, &number) < 0) return -1;
  *port = (uint16_t)number;
  return 0;
}

static int read_record(const struct message *record, struct reply *reply, bool whole,
                       struct net_port *port) {
  char protocol[8];
  uint64_t number = 0;
  memset(port, 0, sizeof *port);
  if (message_text(record, TAG_NET_PROTOCOL, protocol, sizeof protocol) < 0 ||
      (strcmp(protocol, "udp") != 0 && strcmp(protocol, "tcp") != 0))
    return reply_error(reply, ERROR_INVALID, "a port's protocol must be udp or tcp");
  port->tcp = strcmp(protocol, "tcp") == 0;
  if (net_read_number(record, reply, TAG_NET_HOST_PORT, 1, UINT16_MAX, &number) < 0) return -1;
  port->host_port = (uint16_t)number;
  if (!whole && message_nth(record, TAG_NET_ADDRESS, 0) == NULL) return 0;
  if (net_read_number(record, reply, TAG_NET_CONTAINER_PORT, 1, UINT16_MAX, &number) < 0) return -1;
  port->container_port = (uint16_t)number;
  return net_read_address(record, reply, TAG_NET_ADDRESS, &port->address);
}

int net_read_ports(const struct message *message, struct reply *reply, bool whole,
                   struct net_port *ports, int max) {
  static struct message record;
  int count = 0;
  for (size_t i = 0; i < message->count; i++) {
    if (message->fields[i].tag != TAG_NET_PORT) continue;
    if (count == max) return reply_error(reply, ERROR_TOO_LARGE, "more than %d ports", max);
    if (message_record(&message->fields[i], &record) < 0)
      return reply_error(reply, ERROR_INVALID, "a port is not a record of fields");
    if (read_record(&record, reply, whole, &ports[count++]) < 0) return -1;
  }
  return count;
}

static enum error code_of(int status) {
  switch (-status) {
    case ENOMEM:
    case ENOSPC:
    case ENFILE:
    case EMFILE:
    case ENOBUFS:
    case EXFULL:
      return ERROR_EXHAUSTED;
    case EEXIST:
    case EBUSY:
      return ERROR_ALREADY_EXISTS;
    case ENOENT:
    case ENODEV:
      return ERROR_NOT_FOUND;
    case EOPNOTSUPP:
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
      return ERROR_UNSUPPORTED;
    case ETIMEDOUT:
      return ERROR_TIMEOUT;
    default:
      return ERROR_INTERNAL;
  }
}

int net_failed(struct reply *reply, int status, const char *what, const char *object) {
  return reply_error(reply, code_of(status), "%s %s: %s", what, object, strerror(-status));
}
