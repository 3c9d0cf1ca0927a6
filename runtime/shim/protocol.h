/*
 * The words of the shim's socket: operations, tags and error codes. protocol.ts holds the same three tables, and a
 * test reads this file and compares them, so every line of an enum here is `NAME = number,`.
 *
 * A frame is: u32 length of what follows (at most MESSAGE_BYTES_MAX), u16 version, u16 operation, u32 id, then fields
 * of u16 tag, u32 length, bytes. Everything is little endian. A repeated tag is a list. A field may hold fields again
 * (a record, one level deep). A number is 1, 2, 4 or 8 bytes long. A reply carries the request's id.
 */
#ifndef FLOTILLA_PROTOCOL_H
#define FLOTILLA_PROTOCOL_H

#define PROTOCOL_VERSION 1
#define MESSAGE_BYTES_MAX (256 * 1024)
#define MESSAGE_FIELDS_MAX 1024
/* version, operation and id: the part of a frame before its fields. */
#define MESSAGE_HEADER_BYTES 8
/* tag and length: the part of a field before its bytes. */
#define FIELD_HEADER_BYTES 6

enum op {
  OP_OK = 1,
  OP_ERROR = 2,
  OP_HELLO = 10,
  OP_CREATE = 11,
  OP_SIGNAL = 12,
  OP_KILL = 13,
  OP_REMOVE = 14,
  OP_WATCH = 15,
  OP_EXEC = 16,
  OP_LIMIT = 17,
  OP_MEMORY_FOLDER = 18,
  /* Events: the shim to every client that said hello; their id is 0. */
  OP_EXITED = 100,
  /* The stream that a connection becomes after OP_EXEC was answered. */
  OP_EXEC_STDIN = 110,
  OP_EXEC_STDIN_END = 111,
  OP_EXEC_STDOUT = 112,
  OP_EXEC_STDERR = 113,
  OP_EXEC_RESIZE = 114,
  OP_EXEC_EXIT = 115,
  /* Network: net_handle answers 200 to 299. */
  OP_NET_BRIDGE = 200,
  OP_NET_BRIDGE_REMOVE = 201,
  OP_NET_PORTS_ADD = 202,
  OP_NET_PORTS_DELETE = 203,
  OP_NET_CONNTRACK_FLUSH = 204,
  OP_NET_TABLE = 205,
  OP_NET_TABLE_REMOVE = 206,
  OP_NET_STATE = 207,
  OP_NET_DETACH = 208,
};

enum tag {
  /* Replies. */
  TAG_CODE = 1,
  TAG_MESSAGE = 2,
  TAG_FEATURE = 3,
  TAG_VERSION = 4,
  /* A container and how it ended. */
  TAG_ID = 10,
  TAG_PID = 11,
  TAG_START_TIME = 12,
  TAG_SIGNAL = 13,
  TAG_EXIT_CODE = 14,
  TAG_EXIT_SIGNAL = 15,
  TAG_FINISHED_AT = 16,
  TAG_OOM_KILLS = 17,
  TAG_WITH_LOGS = 18,
  /* What to run and as whom. */
  TAG_HOSTNAME = 30,
  TAG_ARGUMENT = 31,
  TAG_ENVIRONMENT = 32,
  TAG_WORKING_FOLDER = 33,
  TAG_USER = 34,
  TAG_USER_BASE = 35,
  TAG_CAPABILITIES = 36,
  TAG_SECCOMP = 37,
  TAG_RLIMIT = 38,
  TAG_RESOURCE = 39,
  TAG_SOFT = 40,
  TAG_HARD = 41,
  /* Its files. */
  TAG_LAYER = 50,
  TAG_STATE_FOLDER = 51,
  TAG_UPPER_BYTES = 52,
  TAG_READ_ONLY_ROOT = 53,
  TAG_BIND = 54,
  TAG_TMPFS = 55,
  TAG_SECRET = 56,
  TAG_SOURCE = 57,
  TAG_TARGET = 58,
  TAG_READ_ONLY = 59,
  TAG_BYTES_MAX = 60,
  TAG_LOG_BYTES_MAX = 61,
  TAG_LOG_RATE = 62,
  TAG_RESOLVER = 63,
  TAG_SHM_BYTES = 64,
  TAG_TMP_BYTES = 65,
  /* Its limits: a record of controller, file and value. */
  TAG_CGROUP_WRITE = 80,
  TAG_CONTROLLER = 81,
  TAG_FILE = 82,
  TAG_VALUE = 83,
  /* An exec. */
  TAG_TTY = 90,
  TAG_COLUMNS = 91,
  TAG_ROWS = 92,
  TAG_DATA = 93,
  /* Network: net_attach reads them from OP_CREATE, net_handle from its own operations. */
  TAG_NET_BRIDGE = 200,
  TAG_NET_ADDRESS = 201,
  TAG_NET_PREFIX = 202,
  TAG_NET_GATEWAY = 203,
  TAG_NET_MTU = 204,
  TAG_NET_ISOLATED = 205,
  TAG_NET_SDK_GRPC_PORT = 206,
  TAG_NET_SDK_HTTP_PORT = 207,
  TAG_NET_PORT = 208,
  TAG_NET_PROTOCOL = 209,
  TAG_NET_HOST_PORT = 210,
  TAG_NET_CONTAINER_PORT = 211,
  TAG_NET_TEXT = 212,
  TAG_NET_VETH = 213,
  TAG_NET_TABLE = 214,
  TAG_NET_SOURCE = 215,
  TAG_NET_DOOR_GRPC_PORT = 216,
  TAG_NET_DOOR_HTTP_PORT = 217,
};

/* The names are the error codes of core/std/errors.ts. */
enum error {
  ERROR_INVALID = 1,
  ERROR_FORBIDDEN = 2,
  ERROR_NOT_FOUND = 3,
  ERROR_ALREADY_EXISTS = 4,
  ERROR_FAILED_PRECONDITION = 5,
  ERROR_EXHAUSTED = 6,
  ERROR_INTERNAL = 7,
  ERROR_UNSUPPORTED = 8,
  ERROR_TIMEOUT = 9,
  ERROR_STORAGE_FULL = 10,
  ERROR_TOO_LARGE = 11,
};

#endif
