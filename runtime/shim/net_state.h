/* What of this instance is in the kernel, for whoever starts anew and for the repair of what somebody flushed. */
#ifndef FLOTILLA_NET_STATE_H
#define FLOTILLA_NET_STATE_H

#include "message.h"

/*
 * Answers with one text per tag, a line per object:
 *   TAG_NET_BRIDGE  name address prefix up|down
 *   TAG_NET_VETH    name bridge
 *   TAG_NET_SOURCE  veth address
 *   TAG_NET_PORT    protocol hostPort address containerPort
 * and with the number of rules in TAG_NET_TABLE.
 */
int net_state(const struct message *message, struct reply *reply);

#endif
