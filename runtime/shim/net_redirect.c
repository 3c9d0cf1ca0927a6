/* The rules inside a container that lead 127.0.0.1:SDK port to the machine's SDK door. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>

#include "net_nft.h"

#define TABLE "flotilla"
#define OUTPUT "output"
#define POSTROUTING "postrouting"
#define UNTRACKED "untracked"
#define IP_DESTINATION 16
#define TCP_DESTINATION 2

static struct nl_request request;

static void put_chain(const char *name, const char *type, uint32_t hook, int32_t priority) {
  nft_message(&request, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_IPV4);
  nl_put_text(&request, NFTA_CHAIN_TABLE, TABLE);
  nl_put_text(&request, NFTA_CHAIN_NAME, name);
  nl_put_text(&request, NFTA_CHAIN_TYPE, type);
  size_t nest = nl_nest(&request, NFTA_CHAIN_HOOK);
  nl_put_be32(&request, NFTA_HOOK_HOOKNUM, hook);
  nl_put_be32(&request, NFTA_HOOK_PRIORITY, (uint32_t)priority);
  nl_nest_end(&request, nest);
}

static size_t begin_rule(const char *chain) {
  nft_message(&request, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_IPV4);
  nl_put_text(&request, NFTA_RULE_TABLE, TABLE);
  nl_put_text(&request, NFTA_RULE_CHAIN, chain);
  return nl_nest(&request, NFTA_RULE_EXPRESSIONS);
}

/* An expression's name and the beginning of its data; `element` and `data` are for end_expression. */
struct expression {
  size_t element;
  size_t data;
};

static struct expression begin_expression(const char *name) {
  struct expression expression;
  expression.element = nl_nest(&request, NFTA_LIST_ELEM);
  nl_put_text(&request, NFTA_EXPR_NAME, name);
  expression.data = nl_nest(&request, NFTA_EXPR_DATA);
  return expression;
}

static void end_expression(struct expression expression) {
  nl_nest_end(&request, expression.data);
  nl_nest_end(&request, expression.element);
}

static void put_data(uint16_t type, const void *value, size_t size) {
  size_t nest = nl_nest(&request, type);
  nl_put(&request, NFTA_DATA_VALUE, value, size);
  nl_nest_end(&request, nest);
}

static void compare(const void *value, size_t size) {
  struct expression cmp = begin_expression("cmp");
  nl_put_be32(&request, NFTA_CMP_SREG, NFT_REG_1);
  nl_put_be32(&request, NFTA_CMP_OP, NFT_CMP_EQ);
  put_data(NFTA_CMP_DATA, value, size);
  end_expression(cmp);
}

static void match_payload(uint32_t base, uint32_t offset, const void *value, uint32_t size) {
  struct expression payload = begin_expression("payload");
  nl_put_be32(&request, NFTA_PAYLOAD_DREG, NFT_REG_1);
  nl_put_be32(&request, NFTA_PAYLOAD_BASE, base);
  nl_put_be32(&request, NFTA_PAYLOAD_OFFSET, offset);
  nl_put_be32(&request, NFTA_PAYLOAD_LEN, size);
  end_expression(payload);
  compare(value, size);
}

static void match_protocol(uint8_t protocol) {
  struct expression meta = begin_expression("meta");
  nl_put_be32(&request, NFTA_META_DREG, NFT_REG_1);
  nl_put_be32(&request, NFTA_META_KEY, NFT_META_L4PROTO);
  end_expression(meta);
  compare(&protocol, sizeof protocol);
}

static void load(uint32_t reg, const void *value, size_t size) {
  struct expression immediate = begin_expression("immediate");
  nl_put_be32(&request, NFTA_IMMEDIATE_DREG, reg);
  put_data(NFTA_IMMEDIATE_DATA, value, size);
  end_expression(immediate);
}

/* ip daddr 127.0.0.1 tcp dport DIALED dnat to GATEWAY:DOOR */
static void put_redirect(in_addr_t gateway, uint16_t dialed, uint16_t door) {
  in_addr_t local = htonl(INADDR_LOOPBACK);
  uint16_t from = htons(dialed), to = htons(door);
  size_t rule = begin_rule(OUTPUT);
  match_payload(NFT_PAYLOAD_NETWORK_HEADER, IP_DESTINATION, &local, sizeof local);
  match_protocol(IPPROTO_TCP);
  match_payload(NFT_PAYLOAD_TRANSPORT_HEADER, TCP_DESTINATION, &from, sizeof from);
  load(NFT_REG_1, &gateway, sizeof gateway);
  load(NFT_REG_2, &to, sizeof to);
  struct expression nat = begin_expression("nat");
  nl_put_be32(&request, NFTA_NAT_TYPE, NFT_NAT_DNAT);
  nl_put_be32(&request, NFTA_NAT_FAMILY, NFPROTO_IPV4);
  nl_put_be32(&request, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
  nl_put_be32(&request, NFTA_NAT_REG_PROTO_MIN, NFT_REG_2);
  end_expression(nat);
  nl_nest_end(&request, rule);
}

/* ip daddr GATEWAY masquerade: it was sent from 127.0.0.1, which nobody outside can answer. */
static void put_masquerade(in_addr_t gateway) {
  size_t rule = begin_rule(POSTROUTING);
  match_payload(NFT_PAYLOAD_NETWORK_HEADER, IP_DESTINATION, &gateway, sizeof gateway);
  end_expression(begin_expression("masq"));
  nl_nest_end(&request, rule);
}

/* meta l4proto udp notrack: only the SDK's TCP needs the connection table, the game's packets do without. */
static void put_untracked(const char *chain) {
  size_t rule = begin_rule(chain);
  match_protocol(IPPROTO_UDP);
  end_expression(begin_expression("notrack"));
  nl_nest_end(&request, rule);
}

int net_redirect_make(int fd, const struct net_redirect *redirect) {
  nft_begin(&request);
  nft_message(&request, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_IPV4);
  nl_put_text(&request, NFTA_TABLE_NAME, TABLE);
  put_chain(OUTPUT, "nat", NF_INET_LOCAL_OUT, NF_IP_PRI_NAT_DST);
  put_chain(POSTROUTING, "nat", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC);
  put_chain(UNTRACKED "-in", "filter", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW);
  put_chain(UNTRACKED "-out", "filter", NF_INET_LOCAL_OUT, NF_IP_PRI_RAW);
  for (int i = 0; i < 2; i++)
    if (redirect->dialed[i] != 0) put_redirect(redirect->gateway, redirect->dialed[i], redirect->door[i]);
  put_masquerade(redirect->gateway);
  put_untracked(UNTRACKED "-in");
  put_untracked(UNTRACKED "-out");
  nft_end(&request);
  return nl_run(fd, &request);
}
