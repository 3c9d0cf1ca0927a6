/* What OP_CREATE and OP_EXEC ask for, read and checked once; everything after trusts it. */
#ifndef FLOTILLA_PLAN_H
#define FLOTILLA_PLAN_H

#include <limits.h>
#include <stdbool.h>
#include <sys/resource.h>

#include "message.h"

#define ID_BYTES_MAX 32
#define HOSTNAME_BYTES_MAX 63
#define ARGUMENTS_MAX 256
#define ENVIRONMENT_MAX 512
#define LAYERS_MAX 64
#define MOUNTS_MAX 64
#define RLIMITS_MAX 16
#define CGROUP_WRITES_MAX 32
#define SECCOMP_INSTRUCTIONS_MAX 4096
#define RESOLVERS_MAX 3

/* Who runs, and what the kernel still lets it do. */
struct identity {
  uint32_t user;
  /* Inside 0..65535 is base..base+65535 on the host. */
  uint32_t base;
  bool user_namespace;
  uint64_t capabilities;
  const void *seccomp;
  size_t seccomp_bytes;
};

struct program {
  char **argv;
  char **envp;
  char *cwd;
};

enum mount_kind { MOUNT_BIND, MOUNT_TMPFS, MOUNT_SECRET };

struct mount_plan {
  enum mount_kind kind;
  char *source;
  char *target;
  bool read_only;
  uint64_t bytes_max;
};

struct rlimit_plan {
  int resource;
  struct rlimit value;
};

struct cgroup_write {
  char *controller;
  char *file;
  char *value;
};

struct plan {
  char id[ID_BYTES_MAX + 1];
  char *hostname;
  struct program program;
  struct identity identity;
  char *layers[LAYERS_MAX];
  size_t layer_count;
  char *state_folder;
  uint64_t upper_bytes;
  uint64_t tmp_bytes;
  uint64_t shm_bytes;
  bool read_only_root;
  struct mount_plan mounts[MOUNTS_MAX];
  size_t mount_count;
  struct rlimit_plan rlimits[RLIMITS_MAX];
  size_t rlimit_count;
  struct cgroup_write writes[CGROUP_WRITES_MAX];
  size_t write_count;
  char *resolvers[RESOLVERS_MAX];
  size_t resolver_count;
  char *address;
  uint64_t log_bytes_max;
  uint64_t log_rate;
  /* Every text above lies in here. */
  char *arena;
  size_t arena_used;
  size_t arena_size;
};

/* A container's id: 1 to 32 hexadecimal digits. */
int plan_id(const struct message *message, char id[ID_BYTES_MAX + 1], struct reply *reply);
int plan_writes(const struct message *message, struct plan *plan, struct reply *reply);
/* What create and exec share: program and identity. */
int plan_program(const struct message *message, struct plan *plan, struct reply *reply);
int plan_parse(const struct message *message, struct plan *plan, struct reply *reply);

/* Makes room for the texts of a message. 0, or -1 after reply_error. */
int plan_open(const struct message *message, struct plan *plan, struct reply *reply);
void plan_close(struct plan *plan);
/* A copy of a field's text in the arena, or NULL when it holds a NUL. */
char *plan_copy(struct plan *plan, const struct field *field);
/* The same for the first field of that tag; `otherwise` when there is none. */
int plan_text(struct plan *plan, const struct message *message, uint16_t tag, const char *otherwise,
              char **out, struct reply *reply);

#endif
