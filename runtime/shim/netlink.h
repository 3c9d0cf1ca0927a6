/*
 * Netlink without a library: messages are built one after the other in one bounded buffer, sent in one go, and the
 * kernel's answer to the last of them is awaited. Functions answer 0 or a negative errno.
 */
#ifndef FLOTILLA_NETLINK_H
#define FLOTILLA_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NL_REQUEST_MAX 65536

struct nl_request {
  size_t length;
  size_t last; /* where the message that is being written begins */
  uint32_t sequence;
  bool full; /* something did not fit: the request is never sent */
  _Alignas(8) uint8_t data[NL_REQUEST_MAX];
};

/* What a dump calls for each object: 0 goes on, a negative errno ends with that error. It must not talk itself. */
typedef int nl_each(const struct nlmsghdr *header, void *context);

/* A socket of the network namespace that the thread is in now; a descriptor or a negative errno. */
int nl_open(int protocol);
void nl_close(int fd);

void nl_reset(struct nl_request *request);
/* Begins a message; `family` is the header that this kind of message has before its attributes. */
void nl_begin(struct nl_request *request, uint16_t type, uint16_t flags, const void *family,
        size_t size);
void nl_put(struct nl_request *request, uint16_t type, const void *data, size_t size);
void nl_put_u32(struct nl_request *request, uint16_t type, uint32_t value);
void nl_put_be32(struct nl_request *request, uint16_t type, uint32_t value);
void nl_put_text(struct nl_request *request, uint16_t type, const char *text);
size_t nl_nest(struct nl_request *request, uint16_t type);
void nl_nest_end(struct nl_request *request, size_t nest);
/* Writes bytes that are no attribute, such as the header inside of a veth's peer. */
void nl_append(struct nl_request *request, const void *data, size_t size);

/* The message that ends a batch: it gets no answer of its own, the one before it does. */
void nl_trailer(struct nl_request *request, uint16_t type, const void *family, size_t size);

/* Sends all messages and waits for the answer to the last one; the first error that any of them got counts. */
int nl_run(int fd, struct nl_request *request);
/* The same for one request that is answered with an object before (or instead of) the acknowledgement. */
int nl_ask(int fd, struct nl_request *request, nl_each *each, void *context);
/* Asks for all objects of a kind. -EINTR: they changed meanwhile, ask again. */
int nl_dump(int fd, struct nl_request *request, nl_each *each, void *context);

/* Sorts attributes by type into `table` (of `max` + 1 entries); unknown ones are left out. */
void nl_attributes(const void *data, size_t size, const struct nlattr **table, uint16_t max);
const void *nl_data(const struct nlattr *attribute);
size_t nl_size(const struct nlattr *attribute);
/* The text in an attribute, or "" when it is absent or not ended. */
const char *nl_text(const struct nlattr *attribute);
/* The number in an attribute of four bytes, or `otherwise`. */
uint32_t nl_u32(const struct nlattr *attribute, uint32_t otherwise);

#endif
