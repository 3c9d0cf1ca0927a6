import { type ErrorCode, FleetError } from "../../core/std/errors.ts";

/** The words of the shim's socket; protocol.h says the same and explains the frame. A test compares the two. */
export const PROTOCOL_VERSION = 1;
export const MESSAGE_BYTES_MAX: number = 256 * 1024;
export const MESSAGE_FIELDS_MAX = 1024;
export const MESSAGE_HEADER_BYTES = 8;
export const FIELD_HEADER_BYTES = 6;

/** Operations, events and the frames of an exec. */
export const OP = {
  OK: 1,
  ERROR: 2,
  HELLO: 10,
  CREATE: 11,
  SIGNAL: 12,
  KILL: 13,
  REMOVE: 14,
  WATCH: 15,
  EXEC: 16,
  LIMIT: 17,
  MEMORY_FOLDER: 18,
  // Events: the shim to every client that said hello; their id is 0.
  EXITED: 100,
  // The stream that a connection becomes after OP_EXEC was answered.
  EXEC_STDIN: 110,
  EXEC_STDIN_END: 111,
  EXEC_STDOUT: 112,
  EXEC_STDERR: 113,
  EXEC_RESIZE: 114,
  EXEC_EXIT: 115,
  // Network: net_handle answers 200 to 299.
  NET_BRIDGE: 200,
  NET_BRIDGE_REMOVE: 201,
  NET_PORTS_ADD: 202,
  NET_PORTS_DELETE: 203,
  NET_CONNTRACK_FLUSH: 204,
  NET_TABLE: 205,
  NET_TABLE_REMOVE: 206,
  NET_STATE: 207,
  NET_DETACH: 208,
} as const;

/** What a field means. */
export const TAG = {
  // Replies.
  CODE: 1,
  MESSAGE: 2,
  FEATURE: 3,
  VERSION: 4,
  // A container and how it ended.
  ID: 10,
  PID: 11,
  START_TIME: 12,
  SIGNAL: 13,
  EXIT_CODE: 14,
  EXIT_SIGNAL: 15,
  FINISHED_AT: 16,
  OOM_KILLS: 17,
  WITH_LOGS: 18,
  // What to run and as whom.
  HOSTNAME: 30,
  ARGUMENT: 31,
  ENVIRONMENT: 32,
  WORKING_FOLDER: 33,
  USER: 34,
  USER_BASE: 35,
  CAPABILITIES: 36,
  SECCOMP: 37,
  RLIMIT: 38,
  RESOURCE: 39,
  SOFT: 40,
  HARD: 41,
  // Its files.
  LAYER: 50,
  STATE_FOLDER: 51,
  UPPER_BYTES: 52,
  READ_ONLY_ROOT: 53,
  BIND: 54,
  TMPFS: 55,
  SECRET: 56,
  SOURCE: 57,
  TARGET: 58,
  READ_ONLY: 59,
  BYTES_MAX: 60,
  LOG_BYTES_MAX: 61,
  LOG_RATE: 62,
  RESOLVER: 63,
  SHM_BYTES: 64,
  TMP_BYTES: 65,
  // Its limits: a record of controller, file and value.
  CGROUP_WRITE: 80,
  CONTROLLER: 81,
  FILE: 82,
  VALUE: 83,
  // An exec.
  TTY: 90,
  COLUMNS: 91,
  ROWS: 92,
  DATA: 93,
  // Network: net_attach reads them from OP_CREATE, net_handle from its own operations.
  NET_BRIDGE: 200,
  NET_ADDRESS: 201,
  NET_PREFIX: 202,
  NET_GATEWAY: 203,
  NET_MTU: 204,
  NET_ISOLATED: 205,
  NET_SDK_GRPC_PORT: 206,
  NET_SDK_HTTP_PORT: 207,
  NET_PORT: 208,
  NET_PROTOCOL: 209,
  NET_HOST_PORT: 210,
  NET_CONTAINER_PORT: 211,
  NET_TEXT: 212,
  NET_VETH: 213,
  NET_TABLE: 214,
  NET_SOURCE: 215,
  NET_DOOR_GRPC_PORT: 216,
  NET_DOOR_HTTP_PORT: 217,
} as const;

/** Error codes; the names are those of core/std/errors.ts. */
export const ERROR = {
  INVALID: 1,
  FORBIDDEN: 2,
  NOT_FOUND: 3,
  ALREADY_EXISTS: 4,
  FAILED_PRECONDITION: 5,
  EXHAUSTED: 6,
  INTERNAL: 7,
  UNSUPPORTED: 8,
  TIMEOUT: 9,
  STORAGE_FULL: 10,
  TOO_LARGE: 11,
} as const;

export type Op = (typeof OP)[keyof typeof OP];
export type Tag = (typeof TAG)[keyof typeof TAG];

const NAMES: ReadonlyMap<number, ErrorCode> = new Map(
  Object.entries(ERROR).map(([name, code]) => [code, name as ErrorCode]),
);

/** The shim's error as the house's. */
export function shimError(code: number, message: string): FleetError {
  return new FleetError(NAMES.get(code) ?? "INTERNAL", message);
}
