/* The host's ruleset: text from the agent, accepted only if it cannot touch anybody else's tables. */
#ifndef FLOTILLA_NET_TABLE_H
#define FLOTILLA_NET_TABLE_H

#include <stdbool.h>

/* True when every line is a command of a known form on one of `table`'s own tables; else *line says which is not. */
bool net_table_accepts(const char *text, const char *table, int *line);
/* NULL, or what is wrong. */
const char *net_table_install(const char *text);
const char *net_table_remove(const char *table);

#endif
