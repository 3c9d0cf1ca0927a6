#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_MAX 65536
#define ANSWER_WAIT_SECONDS 5

int nl_open(int protocol) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if (fd < 0) return -errno;
  int on = 1, bytes = 4 << 20;
  struct timeval wait = {.tv_sec = ANSWER_WAIT_SECONDS};
  struct sockaddr_nl self = {.nl_family = AF_NETLINK};
  /* An acknowledgement need not carry the request back; a kernel that cannot do this carries it. */
  (void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) < 0 ||
    bind(fd, (struct sockaddr *)&self, sizeof self) < 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

void nl_close(int fd) {
  if (fd >= 0) close(fd);
}

void nl_reset(struct nl_request *request) {
  request->length = 0;
  request->last = 0;
  request->full = false;
}

static struct nlmsghdr *last_of(struct nl_request *request) {
  return (struct nlmsghdr *)(void *)(request->data + request->last);
}

void nl_append(struct nl_request *request, const void *data, size_t size) {
  size_t padded = NLMSG_ALIGN(size);
  if (request->full || padded > sizeof request->data - request->length) {
    request->full = true;
    return;
  }
  memset(request->data + request->length, 0, padded);
  if (size > 0) memcpy(request->data + request->length, data, size);
  request->length += padded;
  last_of(request)->nlmsg_len = (uint32_t)(request->length - request->last);
}

void nl_begin(struct nl_request *request, uint16_t type, uint16_t flags, const void *family,
        size_t size) {
  if (request->full || sizeof(struct nlmsghdr) > sizeof request->data - request->length) {
    request->full = true;
    return;
  }
  request->last = request->length;
  struct nlmsghdr header = {
    .nlmsg_len = sizeof header,
    .nlmsg_type = type,
    .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
    .nlmsg_seq = ++request->sequence,
  };
  memcpy(request->data + request->last, &header, sizeof header);
  request->length += sizeof header;
  nl_append(request, family, size);
}

void nl_put(struct nl_request *request, uint16_t type, const void *data, size_t size) {
  if (size > UINT16_MAX - NLA_HDRLEN) {
    request->full = true;
    return;
  }
  struct nlattr attribute = {.nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = type};
  nl_append(request, &attribute, sizeof attribute);
  nl_append(request, data, size);
}

void nl_put_u32(struct nl_request *request, uint16_t type, uint32_t value) {
  nl_put(request, type, &value, sizeof value);
}

void nl_put_be32(struct nl_request *request, uint16_t type, uint32_t value) {
  nl_put_u32(request, type, htonl(value));
}

void nl_put_text(struct nl_request *request, uint16_t type, const char *text) {
  nl_put(request, type, text, strlen(text) + 1);
}

size_t nl_nest(struct nl_request *request, uint16_t type) {
  size_t nest = request->length;
  nl_put(request, (uint16_t)(type | NLA_F_NESTED), NULL, 0);
  return nest;
}

void nl_nest_end(struct nl_request *request, size_t nest) {
  if (request->full) return;
  if (request->length - nest > UINT16_MAX) {
    request->full = true;
    return;
  }
  struct nlattr *attribute = (struct nlattr *)(void *)(request->data + nest);
  attribute->nla_len = (uint16_t)(request->length - nest);
}

void nl_trailer(struct nl_request *request, uint16_t type, const void *family, size_t size) {
  struct nlmsghdr header = {
    .nlmsg_len = (uint32_t)(sizeof header + size),
    .nlmsg_type = type,
    .nlmsg_flags = NLM_F_REQUEST,
    .nlmsg_seq = request->sequence,
  };
  size_t padded = NLMSG_ALIGN(header.nlmsg_len);
  if (request->full || padded > sizeof request->data - request->length) {
    request->full = true;
    return;
  }
  memset(request->data + request->length, 0, padded);
  memcpy(request->data + request->length, &header, sizeof header);
  memcpy(request->data + request->length + sizeof header, family, size);
  request->length += padded;
}

static int send_all(int fd, const struct nl_request *request) {
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  for (;;) {
    ssize_t sent = sendto(fd, request->data, request->length, 0, (struct sockaddr *)&kernel,
                              sizeof kernel);
    if (sent >= 0) return (size_t)sent == request->length ? 0 : -EMSGSIZE;
    if (errno != EINTR) return -errno;
  }
}

static ssize_t receive(int fd, void *buffer, size_t size) {
  for (;;) {
    ssize_t got = recv(fd, buffer, size, MSG_TRUNC);
    if (got >= 0) return (size_t)got <= size ? got : -EMSGSIZE;
    if (errno == EAGAIN) return -ETIMEDOUT;
    if (errno != EINTR) return -errno;
  }
}

struct answer {
  uint32_t first; /* sequence numbers of the request's messages */
  uint32_t last;
  bool done;
  int error; /* the first that came */
  nl_each *each;
  void *context;
};

static int error_of(const struct nlmsghdr *header) {
  int error;
  if (header->nlmsg_len < NLMSG_LENGTH(sizeof error)) return -EBADMSG;
  memcpy(&error, NLMSG_DATA(header), sizeof error);
  return error;
}

static void take(struct answer *answer, const struct nlmsghdr *header) {
  int error = 0;
  uint32_t sequence = header->nlmsg_seq;
  /* An older number: the rest of a conversation that was given up. */
  if (sequence - answer->first > answer->last - answer->first) return;
  if (header->nlmsg_flags & NLM_F_DUMP_INTR) error = -EINTR;
  if (header->nlmsg_type == NLMSG_ERROR) {
    error = error_of(header);
    /* A batch that is refused as a whole is answered at its first message. */
    answer->done = sequence == answer->last || (error != 0 && sequence == answer->first);
  } else if (header->nlmsg_type == NLMSG_DONE) {
    answer->done = true;
    if (header->nlmsg_len >= NLMSG_LENGTH(sizeof error)) {
      int status = error_of(header);
      if (status < 0) error = status;
    }
  } else if (header->nlmsg_type >= NLMSG_MIN_TYPE && answer->each && answer->error == 0) {
    int status = answer->each(header, answer->context);
    if (status < 0) error = status;
  }
  if (error < 0 && answer->error == 0) answer->error = error;
}

static int converse(int fd, struct nl_request *request, struct answer *answer) {
  static _Alignas(8) uint8_t buffer[ANSWER_MAX];
  if (request->full) return -EMSGSIZE;
  const struct nlmsghdr *first = (const struct nlmsghdr *)(const void *)request->data;
  answer->first = first->nlmsg_seq;
  answer->last = last_of(request)->nlmsg_seq;
  int status = send_all(fd, request);
  if (status < 0) return status;
  while (!answer->done) {
    ssize_t got = receive(fd, buffer, sizeof buffer);
    if (got < 0) return (int)got;
    size_t left = (size_t)got;
    const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)buffer;
    while (left >= sizeof *header && header->nlmsg_len >= sizeof *header &&
         header->nlmsg_len <= left) {
      take(answer, header);
      size_t step = NLMSG_ALIGN(header->nlmsg_len);
      left = step < left ? left - step : 0;
      header = (const struct nlmsghdr *)(const void *)((const uint8_t *)header + step);
    }
  }
  return answer->error;
}

int nl_run(int fd, struct nl_request *request) {
  struct answer answer = {0};
  if (!request->full) last_of(request)->nlmsg_flags |= NLM_F_ACK;
  return converse(fd, request, &answer);
}

int nl_ask(int fd, struct nl_request *request, nl_each *each, void *context) {
  struct answer answer = {.each = each, .context = context};
  if (!request->full) last_of(request)->nlmsg_flags |= NLM_F_ACK;
  return converse(fd, request, &answer);
}

int nl_dump(int fd, struct nl_request *request, nl_each *each, void *context) {
  struct answer answer = {.each = each, .context = context};
  if (!request->full) last_of(request)->nlmsg_flags |= NLM_F_DUMP;
  return converse(fd, request, &answer);
}

void nl_attributes(const void *data, size_t size, const struct nlattr **table, uint16_t max) {
  const uint8_t *at = data;
  for (uint16_t type = 0; type <= max; type++) table[type] = NULL;
  while (size >= NLA_HDRLEN) {
    const struct nlattr *attribute = (const struct nlattr *)(const void *)at;
    if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > size) return;
    uint16_t type = attribute->nla_type & NLA_TYPE_MASK;
    if (type <= max) table[type] = attribute;
    size_t step = NLA_ALIGN(attribute->nla_len);
    if (step >= size) return;
    at += step;
    size -= step;
  }
}

const void *nl_data(const struct nlattr *attribute) {
  return (const uint8_t *)attribute + NLA_HDRLEN;
}

size_t nl_size(const struct nlattr *attribute) {
  return attribute ? (size_t)attribute->nla_len - NLA_HDRLEN : 0;
}

const char *nl_text(const struct nlattr *attribute) {
  size_t size = nl_size(attribute);
  if (size == 0) return "";
  const char *text = nl_data(attribute);
  return text[size - 1] == '\0' ? text : "";
}

uint32_t nl_u32(const struct nlattr *attribute, uint32_t otherwise) {
  uint32_t value;
  if (nl_size(attribute) < sizeof value) return otherwise;
  memcpy(&value, nl_data(attribute), sizeof value);
  return value;
}
