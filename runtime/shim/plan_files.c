/* The files of a container: what only OP_CREATE has. */
#include <string.h>

#include "plan.h"

#define TMP_BYTES_DEFAULT (64ULL << 20)
#define LOG_BYTES_DEFAULT (5ULL << 20)
#define LOG_BYTES_MIN 4096
#define LOG_RATE_DEFAULT (1ULL << 20)

/* Absolute, short enough, and nothing that climbs. */
static bool is_path(const char *path) {
  if (path[0] != '/' || path[1] == 0 || strlen(path) >= PATH_MAX) return false;
  for (const char *at = path; (at = strstr(at, "/..")) != NULL; at += 3)
    if (at[3] == '/' || at[3] == 0) return false;
  return true;
}

static int path(struct plan *plan, const struct message *message, uint16_t tag, char **out,
                struct reply *reply) {
  if (plan_text(plan, message, tag, NULL, out, reply) != 0) return -1;
  if (!is_path(*out))
    return reply_error(reply, ERROR_INVALID, "%.200s is not an absolute path", *out);
  return 0;
}

static int number(const struct message *message, uint16_t tag, uint64_t otherwise, uint64_t *out,
                  struct reply *reply) {
  if (message_u64_or(message, tag, otherwise, out) == 0) return 0;
  return reply_error(reply, ERROR_INVALID, "field %u is not a number", tag);
}

static int flag(const struct message *message, uint16_t tag, bool *out, struct reply *reply) {
  uint64_t value;
  if (number(message, tag, 0, &value, reply) != 0) return -1;
  *out = value != 0;
  return 0;
}

static int one_mount(struct plan *plan, const struct field *field, struct reply *reply) {
  struct message record;
  if (plan->mount_count == MOUNTS_MAX || message_record(field, &record) != 0)
    return reply_error(reply, ERROR_INVALID, "the mounts are not 0 to %d records", MOUNTS_MAX);
  struct mount_plan *mount = &plan->mounts[plan->mount_count++];
  mount->kind = field->tag == TAG_BIND     ? MOUNT_BIND
                : field->tag == TAG_TMPFS ? MOUNT_TMPFS
                                          : MOUNT_SECRET;
  if (path(plan, &record, TAG_TARGET, &mount->target, reply) != 0) return -1;
  if (mount->kind != MOUNT_TMPFS && path(plan, &record, TAG_SOURCE, &mount->source, reply) != 0)
    return -1;
  if (flag(&record, TAG_READ_ONLY, &mount->read_only, reply) != 0) return -1;
  return number(&record, TAG_BYTES_MAX, TMP_BYTES_DEFAULT, &mount->bytes_max, reply);
}

static int one_rlimit(struct plan *plan, const struct field *field, struct reply *reply) {
  struct message record;
  uint64_t resource, soft, hard;
  if (plan->rlimit_count == RLIMITS_MAX || message_record(field, &record) != 0 ||
      message_u64(&record, TAG_RESOURCE, &resource) != 0 || resource >= RLIM_NLIMITS ||
      message_u64(&record, TAG_SOFT, &soft) != 0 || message_u64(&record, TAG_HARD, &hard) != 0)
    return reply_error(reply, ERROR_INVALID, "the resource limits are not 0 to %d records", RLIMITS_MAX);
  plan->rlimits[plan->rlimit_count++] =
      (struct rlimit_plan){.resource = (int)resource, .value = {soft, hard}};
  return 0;
}

static int one_field(struct plan *plan, const struct field *field, struct reply *reply) {
  switch (field->tag) {
    case TAG_BIND:
    case TAG_TMPFS:
    case TAG_SECRET:
      return one_mount(plan, field, reply);
    case TAG_RLIMIT:
      return one_rlimit(plan, field, reply);
    case TAG_LAYER: {
      char *text = plan_copy(plan, field);
      if (plan->layer_count == LAYERS_MAX || text == NULL || !is_path(text))
        return reply_error(reply, ERROR_INVALID, "the layers are not 1 to %d absolute paths", LAYERS_MAX);
      plan->layers[plan->layer_count++] = text;
      return 0;
    }
    case TAG_RESOLVER: {
      char *text = plan_copy(plan, field);
      if (plan->resolver_count == RESOLVERS_MAX || text == NULL ||
          strspn(text, "0123456789.") != strlen(text))
        return reply_error(reply, ERROR_INVALID, "the resolvers are not 0 to %d addresses", RESOLVERS_MAX);
      plan->resolvers[plan->resolver_count++] = text;
      return 0;
    }
    default:
      return 0;
  }
}

static int hostname(const struct message *message, struct plan *plan, struct reply *reply) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
  if (plan_text(plan, message, TAG_HOSTNAME, plan->id, &plan->hostname, reply) != 0) return -1;
  size_t length = strlen(plan->hostname);
  if (length == 0 || length > HOSTNAME_BYTES_MAX || strspn(plan->hostname, letters) != length)
    return reply_error(reply, ERROR_INVALID, "the hostname is not 1 to %d letters, digits, dots and dashes",
                       HOSTNAME_BYTES_MAX);
  if (plan_text(plan, message, TAG_NET_ADDRESS, "", &plan->address, reply) != 0) return -1;
  if (strspn(plan->address, "0123456789.") != strlen(plan->address))
    return reply_error(reply, ERROR_INVALID, "the address is not an IPv4 address");
  return 0;
}

int plan_parse(const struct message *message, struct plan *plan, struct reply *reply) {
  if (plan_open(message, plan, reply) != 0 || plan_id(message, plan->id, reply) != 0 ||
      plan_program(message, plan, reply) != 0 || plan_writes(message, plan, reply) != 0 ||
      hostname(message, plan, reply) != 0 ||
      path(plan, message, TAG_STATE_FOLDER, &plan->state_folder, reply) != 0)
    return -1;
  for (size_t i = 0; i < message->count; i++)
    if (one_field(plan, &message->fields[i], reply) != 0) return -1;
  if (plan->layer_count == 0)
    return reply_error(reply, ERROR_INVALID, "the layers are not 1 to %d absolute paths", LAYERS_MAX);
  if (flag(message, TAG_READ_ONLY_ROOT, &plan->read_only_root, reply) != 0 ||
      number(message, TAG_UPPER_BYTES, 0, &plan->upper_bytes, reply) != 0 ||
      number(message, TAG_TMP_BYTES, TMP_BYTES_DEFAULT, &plan->tmp_bytes, reply) != 0 ||
      number(message, TAG_SHM_BYTES, TMP_BYTES_DEFAULT, &plan->shm_bytes, reply) != 0 ||
      number(message, TAG_LOG_BYTES_MAX, LOG_BYTES_DEFAULT, &plan->log_bytes_max, reply) != 0 ||
      number(message, TAG_LOG_RATE, LOG_RATE_DEFAULT, &plan->log_rate, reply) != 0)
    return -1;
  if (plan->log_bytes_max < LOG_BYTES_MIN || plan->log_rate < LOG_BYTES_MIN)
    return reply_error(reply, ERROR_INVALID, "the log's bounds are below %d", LOG_BYTES_MIN);
  return 0;
}
