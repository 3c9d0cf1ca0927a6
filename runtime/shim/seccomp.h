/* The shim's own floor under every filter that it is given. */
#ifndef FLOTILLA_SECCOMP_H
#define FLOTILLA_SECCOMP_H

#include "plan.h"

/* Installs the floor and the given filter; needs no_new_privs. Nothing but exec may follow. 0, or -1 and errno. */
int seccomp_install(const struct identity *identity);

#endif
