/* Becoming the container's user for good: no group, no capability, no way to gain one. */
#ifndef FLOTILLA_CAPS_H
#define FLOTILLA_CAPS_H

#include <stdbool.h>
#include <sys/types.h>

#include "plan.h"

/* The ceiling: CAP_NET_BIND_SERVICE, which is worth nothing outside of the container's network namespace. */
#define CAPABILITIES_ALLOWED (1ULL << 10)

/* Whether this kernel lets us make user namespaces; looked at once, before the first container. */
bool caps_user_namespaces(void);

/* Writes the id maps of a process that has just unshared its user namespace. */
int caps_map(pid_t pid, uint32_t base);

/* The host's id of the container's user. */
uid_t caps_host_user(const struct identity *identity);

/* In the child, last but for seccomp. 0, or -1 and errno. */
int caps_become(const struct identity *identity);

/* Keeps only these capabilities (a mask), also as ceiling; no_new_privs. */
int caps_keep(uint64_t mask, bool ambient);

#endif
