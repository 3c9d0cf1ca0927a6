/* One container's way into its network, and the way back. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

#include "net.h"
#include "net_host.h"
#include "net_link.h"
#include "net_names.h"
#include "net_nft.h"

#define ID_SIZE 64
#define MTU_MIN 576

struct attachment {
  bool has_bridge;
  bool has_redirect;
  struct net_veth veth;
  struct net_redirect redirect;
  const char *failed; /* the step that went wrong */
};

/* The game dials one port, the door listens on another; each is given, or neither. */
static int read_redirect(const struct message *message, struct reply *reply,
                         struct attachment *attachment) {
  struct net_redirect *redirect = &attachment->redirect;
  if (net_read_port(message, reply, TAG_NET_SDK_GRPC_PORT, &redirect->dialed[0]) < 0 ||
      net_read_port(message, reply, TAG_NET_SDK_HTTP_PORT, &redirect->dialed[1]) < 0 ||
      net_read_port(message, reply, TAG_NET_DOOR_GRPC_PORT, &redirect->door[0]) < 0 ||
      net_read_port(message, reply, TAG_NET_DOOR_HTTP_PORT, &redirect->door[1]) < 0)
    return -1;
  for (int i = 0; i < 2; i++)
    if ((redirect->dialed[i] != 0) != (redirect->door[i] != 0))
      return reply_error(reply, ERROR_INVALID, "an SDK port without the door's port");
  redirect->gateway = attachment->veth.gateway;
  attachment->has_redirect = redirect->dialed[0] != 0 || redirect->dialed[1] != 0;
  return 0;
}

static int read_attachment(const struct message *message, struct reply *reply,
                           struct attachment *attachment) {
  char id[ID_SIZE];
  uint64_t prefix = 0, mtu = 0, isolated = 0;
  struct net_veth *veth = &attachment->veth;
  attachment->has_bridge = message_nth(message, TAG_NET_BRIDGE, 0) != NULL;
  if (!attachment->has_bridge) return 0;
  if (message_text(message, TAG_ID, id, sizeof id) < 0 || net_veth_name(id, veth->name) < 0)
    return reply_error(reply, ERROR_INVALID, "a container's id must be hexadecimal, 9 digits or more");
  if (net_read_bridge(message, reply, veth->bridge) < 0 ||
      net_read_address(message, reply, TAG_NET_ADDRESS, &veth->address) < 0 ||
      net_read_address(message, reply, TAG_NET_GATEWAY, &veth->gateway) < 0 ||
      net_read_number(message, reply, TAG_NET_PREFIX, 8, 30, &prefix) < 0 ||
      net_read_number(message, reply, TAG_NET_MTU, MTU_MIN, UINT16_MAX, &mtu) < 0)
    return -1;
  if (message_u64_or(message, TAG_NET_ISOLATED, 0, &isolated) < 0)
    return reply_error(reply, ERROR_INVALID, "network field %u must be a number", TAG_NET_ISOLATED);
  veth->prefix = (uint8_t)prefix;
  veth->mtu = (uint32_t)mtu;
  veth->isolated = isolated != 0;
  if ((veth->address ^ veth->gateway) & htonl(UINT32_MAX << (32 - prefix)) ||
      veth->address == veth->gateway)
    return reply_error(reply, ERROR_INVALID, "address and gateway do not share a subnet");
  return read_redirect(message, reply, attachment);
}

/* A container may ping without raw sockets and bind any port; nobody redirects its routes. */
static int set_inside(void) {
  static const char *const settings[][2] = {
      {"ipv4/ping_group_range", "0 2147483647"},
      {"ipv4/ip_unprivileged_port_start", "0"},
      {"ipv4/conf/all/accept_redirects", "0"},
      {"ipv4/conf/" NET_INSIDE "/accept_redirects", "0"},
  };
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    int status = net_sysctl(settings[i][0], settings[i][1]);
    if (status < 0 && status != -ENOENT) return status;
  }
  return 0;
}

/* Answers of the door come from outside to 127.0.0.1: the kernel drops them unless it is told not to. */
static int redirect_inside(struct attachment *attachment) {
  int status = net_sysctl("ipv4/conf/" NET_INSIDE "/route_localnet", "1");
  if (status < 0) return status;
  int fd = nl_open(NETLINK_NETFILTER);
  if (fd < 0) return fd;
  status = net_redirect_make(fd, &attachment->redirect);
  nl_close(fd);
  return status;
}

static int inside(void *context) {
  struct attachment *attachment = context;
  attachment->failed = "bring up the interfaces of";
  int fd = nl_open(NETLINK_ROUTE);
  if (fd < 0) return fd;
  int status = net_inside_up(fd, attachment->has_bridge ? &attachment->veth : NULL);
  nl_close(fd);
  if (status < 0) return status;
  attachment->failed = "set the network settings of";
  if ((status = set_inside()) < 0 || !attachment->has_redirect) return status;
  attachment->failed = "redirect the SDK ports of";
  return redirect_inside(attachment);
}

static int make_veth(struct attachment *attachment, int netns_fd) {
  struct net_veth *veth = &attachment->veth;
  struct net_source source = {.address = veth->address};
  memcpy(source.veth, veth->name, sizeof source.veth);
  int nft = net_host_socket(NETLINK_NETFILTER), route = net_host_socket(NETLINK_ROUTE);
  attachment->failed = "open netlink for";
  if (nft < 0 || route < 0) return nft < 0 ? nft : route;
  /* First the right to speak, then the mouth: no packet is dropped, and none passes unasked. */
  attachment->failed = "allow the address of";
  int status = net_source_add(nft, net_names(NULL)->table, &source);
  if (status < 0) return status;
  attachment->failed = "make the veth of";
  status = net_veth_make(route, veth, netns_fd);
  if (status != -EEXIST) return status;
  /* The container's own, of its life before: the kernel takes its time with a namespace that ended. */
  status = net_link_remove(route, veth->name);
  return status < 0 ? status : net_veth_make(route, veth, netns_fd);
}

int net_attach(pid_t pid, int netns_fd, const struct message *message, struct reply *reply) {
  (void)pid;
  struct attachment attachment = {0};
  char id[ID_SIZE] = "";
  if (read_attachment(message, reply, &attachment) < 0) return -1;
  (void)message_text(message, TAG_ID, id, sizeof id);
  int status = attachment.has_bridge ? make_veth(&attachment, netns_fd) : 0;
  if (status == 0) status = net_inside(netns_fd, inside, &attachment);
  if (status == 0) return 0;
  if (attachment.has_bridge) net_detach(id);
  return net_failed(reply, status, attachment.failed, id);
}

struct detachment {
  const char *veth;
  int count;
  struct net_source sources[8];
};

static void note_source(const struct net_source *source, void *context) {
  struct detachment *detachment = context;
  if (strcmp(source->veth, detachment->veth) != 0) return;
  if (detachment->count < (int)(sizeof detachment->sources / sizeof *detachment->sources))
    detachment->sources[detachment->count++] = *source;
}

void net_detach(const char *container_id) {
  char veth[IFNAMSIZ];
  if (net_veth_name(container_id, veth) < 0) return;
  struct detachment detachment = {.veth = veth};
  int nft = net_host_socket(NETLINK_NETFILTER);
  if (nft < 0) return;
  /* Only the set knows the address: the veth may be gone already. */
  if (net_sources_list(nft, net_names(NULL)->table, note_source, &detachment) < 0) return;
  for (int i = 0; i < detachment.count; i++)
    (void)net_source_delete(nft, net_names(NULL)->table, &detachment.sources[i]);
}
