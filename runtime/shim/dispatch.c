#include "dispatch.h"

#include <signal.h>
#include <string.h>

#include "caps.h"
#include "cgroup.h"
#include "create.h"
#include "exec.h"
#include "memory_folder.h"
#include "net.h"
#include "plan.h"
#include "remove.h"
#include "watch.h"

static int hello(struct connection *connection, const struct message *message, struct reply *reply) {
  uint64_t version;
  if (message_u64(message, TAG_VERSION, &version) != 0 || version != PROTOCOL_VERSION)
    return reply_error(reply, ERROR_UNSUPPORTED, "the shim speaks version %d", PROTOCOL_VERSION);
  connection->said_hello = true;
  reply_u64(reply, TAG_VERSION, PROTOCOL_VERSION);
  reply_text(reply, TAG_FEATURE, cgroup_layout());
  if (caps_user_namespaces()) reply_text(reply, TAG_FEATURE, "user-namespaces");
  return 0;
}

static int limit(const struct message *message, struct reply *reply) {
  struct plan plan;
  int result = plan_open(message, &plan, reply);
  if (result == 0) result = plan_id(message, plan.id, reply);
  if (result == 0) result = plan_writes(message, &plan, reply);
  if (result == 0 && !cgroup_exists(plan.id))
    result = reply_error(reply, ERROR_NOT_FOUND, "container %s has no control groups", plan.id);
  if (result == 0) result = cgroup_set(plan.id, plan.writes, plan.write_count, reply);
  plan_close(&plan);
  return result;
}

/* LATER: the answer is sent by whoever goes on with it. */
enum answer { NOW, LATER };

static enum answer begin(struct connection *connection, const struct message *message,
                         struct reply *reply) {
  struct asker asker = {.connection = connection->serial, .id = message->id};
  switch (message->op) {
    case OP_HELLO:
      hello(connection, message, reply);
      return NOW;
    case OP_CREATE:
      return create_begin(message, &asker, reply) == 0 ? LATER : NOW;
    case OP_REMOVE:
      return remove_begin(message, &asker, reply) == 1 ? LATER : NOW;
    case OP_EXEC:
      return exec_begin(message, &asker, reply) == 0 ? LATER : NOW;
    case OP_SIGNAL:
      watch_signal(message, reply);
      return NOW;
    case OP_KILL:
      watch_kill(message, reply);
      return NOW;
    case OP_WATCH:
      watch_adopt(message, reply);
      return NOW;
    case OP_LIMIT:
      limit(message, reply);
      return NOW;
    case OP_MEMORY_FOLDER:
      memory_folder(message, reply);
      return NOW;
    default:
      net_handle(message, reply);
      return NOW;
  }
}

void dispatch(struct connection *connection, const struct message *message) {
  static struct reply reply;
  reply_begin(&reply, OP_OK, message->id);
  if (!connection->said_hello && message->op != OP_HELLO)
    reply_error(&reply, ERROR_FAILED_PRECONDITION, "say hello first");
  else if (begin(connection, message, &reply) == LATER)
    return;
  connection_send(connection, &reply);
}
