/* The program, its identity and its limits: what OP_CREATE, OP_EXEC and OP_LIMIT have in common. */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "cgroup.h"

/* Identifiers of host users that a base may give away; below lie the machine's own. */
#define USER_BASE_MIN 65536
#define USER_INSIDE_MAX 65535

int plan_open(const struct message *message, struct plan *plan, struct reply *reply) {
  memset(plan, 0, sizeof *plan);
  size_t size = 4096;
  for (size_t i = 0; i < message->count; i++) size += message->fields[i].length + 8;
  plan->arena = malloc(size);
  plan->arena_size = size;
  return plan->arena == NULL ? reply_error(reply, ERROR_EXHAUSTED, "no memory") : 0;
}

void plan_close(struct plan *plan) {
  free(plan->arena);
  free(plan->program.argv);
  free(plan->program.envp);
  memset(plan, 0, sizeof *plan);
}

char *plan_copy(struct plan *plan, const struct field *field) {
  char *at = plan->arena + plan->arena_used;
  if (field_text(field, at, plan->arena_size - plan->arena_used) != 0) return NULL;
  plan->arena_used += field->length + 1;
  return at;
}

int plan_text(struct plan *plan, const struct message *message, uint16_t tag, const char *otherwise,
              char **out, struct reply *reply) {
  const struct field *field = message_nth(message, tag, 0);
  struct field missing = {.data = (const uint8_t *)otherwise};
  if (field == NULL) {
    if (otherwise == NULL) return reply_error(reply, ERROR_INVALID, "field %u is missing", tag);
    missing.length = (uint32_t)strlen(otherwise);
    field = &missing;
  }
  *out = plan_copy(plan, field);
  return *out == NULL ? reply_error(reply, ERROR_INVALID, "field %u holds a NUL", tag) : 0;
}

int plan_id(const struct message *message, char id[ID_BYTES_MAX + 1], struct reply *reply) {
  if (message_text(message, TAG_ID, id, ID_BYTES_MAX + 1) != 0 || id[0] == 0 ||
      strspn(id, "0123456789abcdef") != strlen(id))
    return reply_error(reply, ERROR_INVALID, "the container's id is not 1 to %d hexadecimal digits",
                       ID_BYTES_MAX);
  return 0;
}

/* A NULL-terminated list of the texts of that tag. */
static char **texts(struct plan *plan, const struct message *message, uint16_t tag, size_t max) {
  size_t count = message_count(message, tag), used = 0;
  if (count > max) return NULL;
  char **list = calloc(count + 1, sizeof *list);
  if (list == NULL) return NULL;
  for (size_t i = 0; i < message->count; i++) {
    if (message->fields[i].tag != tag) continue;
    list[used] = plan_copy(plan, &message->fields[i]);
    if (list[used++] == NULL) {
      free(list);
      return NULL;
    }
  }
  return list;
}

static int identity(const struct message *message, struct identity *out, struct reply *reply) {
  uint64_t user, base;
  if (message_u64(message, TAG_USER, &user) != 0 || user > USER_INSIDE_MAX)
    return reply_error(reply, ERROR_INVALID, "the user is not 0 to %d", USER_INSIDE_MAX);
  if (message_u64(message, TAG_USER_BASE, &base) != 0 || base < USER_BASE_MIN || base > INT_MAX)
    return reply_error(reply, ERROR_INVALID, "the user base is not %d to %d", USER_BASE_MIN, INT_MAX);
  if (message_u64_or(message, TAG_CAPABILITIES, 0, &out->capabilities) != 0)
    return reply_error(reply, ERROR_INVALID, "the capabilities are not a number");
  if ((out->capabilities & ~CAPABILITIES_ALLOWED) != 0)
    return reply_error(reply, ERROR_FORBIDDEN, "capabilities above the ceiling are asked for");
  const struct field *filter = message_nth(message, TAG_SECCOMP, 0);
  if (filter == NULL || filter->length == 0 || filter->length % 8 != 0 ||
      filter->length > SECCOMP_INSTRUCTIONS_MAX * 8)
    return reply_error(reply, ERROR_INVALID, "the seccomp filter is not 1 to %d instructions",
                       SECCOMP_INSTRUCTIONS_MAX);
  out->user = (uint32_t)user;
  out->base = (uint32_t)base;
  out->user_namespace = caps_user_namespaces();
  out->seccomp = filter->data;
  out->seccomp_bytes = filter->length;
  return 0;
}

int plan_program(const struct message *message, struct plan *plan, struct reply *reply) {
  struct program *program = &plan->program;
  program->argv = texts(plan, message, TAG_ARGUMENT, ARGUMENTS_MAX);
  if (program->argv == NULL || program->argv[0] == NULL || program->argv[0][0] == 0)
    return reply_error(reply, ERROR_INVALID, "the command is not 1 to %d arguments", ARGUMENTS_MAX);
  program->envp = texts(plan, message, TAG_ENVIRONMENT, ENVIRONMENT_MAX);
  if (program->envp == NULL)
    return reply_error(reply, ERROR_INVALID, "the environment is not 0 to %d texts", ENVIRONMENT_MAX);
  if (plan_text(plan, message, TAG_WORKING_FOLDER, "/", &program->cwd, reply) != 0) return -1;
  if (program->cwd[0] != '/' || strlen(program->cwd) >= PATH_MAX)
    return reply_error(reply, ERROR_INVALID, "the working folder is not an absolute path");
  return identity(message, &plan->identity, reply);
}

int plan_writes(const struct message *message, struct plan *plan, struct reply *reply) {
  struct message record;
  for (size_t i = 0; i < message->count; i++) {
    if (message->fields[i].tag != TAG_CGROUP_WRITE) continue;
    if (plan->write_count == CGROUP_WRITES_MAX || message_record(&message->fields[i], &record) != 0)
      return reply_error(reply, ERROR_INVALID, "the limits are not 0 to %d records", CGROUP_WRITES_MAX);
    struct cgroup_write *write = &plan->writes[plan->write_count++];
    if (plan_text(plan, &record, TAG_CONTROLLER, NULL, &write->controller, reply) != 0 ||
        plan_text(plan, &record, TAG_FILE, NULL, &write->file, reply) != 0 ||
        plan_text(plan, &record, TAG_VALUE, NULL, &write->value, reply) != 0)
      return -1;
    if (!cgroup_may_write(write->controller, write->file))
      return reply_error(reply, ERROR_FORBIDDEN, "%.64s of controller %.32s is not a limit that may be set",
                         write->file, write->controller);
  }
  return 0;
}
