import { GAME_SERVER_STATE_NAMES } from "../game-server-state.ts";
import type { Schema } from "../schema.ts";
import { LIST_CAPACITY_MAX, LIST_VALUE_LENGTH_MAX } from "../sdk-data.ts";
import {
  dnsLabel,
  flag,
  integer,
  list,
  map,
  object,
  oneOf,
  port,
  refused,
  text,
  time,
} from "./build.ts";
import { POD_TEMPLATE } from "./pod-template.ts";

const INT32_MAX = 2 ** 31 - 1;

export const SCHEDULING: Schema = oneOf(
  "Packed fills one node before the next, Distributed spreads.",
  ["Packed", "Distributed"],
  { default: "Packed" },
);

const PORT: Schema = object("One port that players reach.", {
  name: text("Name that clients look for.", { maxLength: 63, default: "" }),
  portPolicy: oneOf(
    "Dynamic: a host port is chosen. Passthrough: the same, and the game listens on that number. Static: the host port is given. None: no host port.",
    ["Dynamic", "Static", "Passthrough", "None"],
    { default: "Dynamic" },
  ),
  range: oneOf("Named range of host ports.", ["default"], { default: "default" }),
  protocol: oneOf("Transport; TCPUDP opens both on one number.", ["UDP", "TCP", "TCPUDP"], {
    default: "UDP",
  }),
  container: dnsLabel("The container that listens."),
  containerPort: port("Port that the game listens on; required but for Passthrough."),
  hostPort: port("Port of the node, with portPolicy Static only."),
});

const HEALTH: Schema = object(
  "When a game server that sends no health pings is unhealthy.",
  {
    disabled: flag("True: pings are not expected.", { default: false }),
    initialDelaySeconds: integer("Before the first ping is expected.", -INT32_MAX, INT32_MAX, {
      default: 5,
    }),
    periodSeconds: integer("At least one ping in this time.", -INT32_MAX, INT32_MAX, {
      default: 5,
    }),
    failureThreshold: integer("Missed periods that make it unhealthy.", -INT32_MAX, INT32_MAX, {
      default: 3,
    }),
  },
  { default: {} },
);

/** Names that every object has in a game or tool written in JavaScript: there they would be found where nothing is. */
const EVERYWHERE = Object.getOwnPropertyNames(Object.prototype)
  .filter((name) => !name.startsWith("_"))
  .join("|");
export const DATA_KEY: Schema = text("A counter's or list's name.", {
  minLength: 1,
  maxLength: 63,
  pattern: `^(?!(${EVERYWHERE})$)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`,
  "x-flotilla-form":
    "letters, digits, -, _ and . (first and last a letter or digit), and no name that every object has, such as constructor",
});
const COUNTER: Schema = object("A number and its bound.", {
  count: integer("The number.", 0, Number.MAX_SAFE_INTEGER, { default: 0 }),
  capacity: integer("The most it may be.", 0, Number.MAX_SAFE_INTEGER, { default: 1_000 }),
});
const LIST: Schema = object("Values and how many there may be.", {
  capacity: integer("The most values.", 0, LIST_CAPACITY_MAX, { default: LIST_CAPACITY_MAX }),
  values: list(
    "The values.",
    text("A value.", { maxLength: LIST_VALUE_LENGTH_MAX }),
    LIST_CAPACITY_MAX,
    {
      uniqueItems: true,
      default: [],
    },
  ),
});
export const COUNTERS: Schema = map("Counters by name.", COUNTER, DATA_KEY, 1_000);
export const LISTS: Schema = map("Lists by name.", LIST, DATA_KEY, 1_000);

/** Game servers compared by the room that is left in a counter or list. */
export function priorities(description: string): Schema {
  const criterion = object(
    "One criterion.",
    {
      type: oneOf("What is compared.", ["Counter", "List"]),
      key: text("Name of the counter or list.", { minLength: 1 }),
      order: oneOf("Ascending: least room first.", ["Ascending", "Descending"], {
        default: "Ascending",
      }),
    },
    { required: ["type", "key"] },
  );
  return list(description, criterion, 16);
}

export const EVICTION: Schema = object(
  "When the server may be moved away by the machine's owner.",
  {
    safe: oneOf("When it is safe.", ["Always", "OnUpgrade", "Never"], { default: "Never" }),
  },
);

export const GAME_SERVER_SPEC: Schema = object(
  "One game server.",
  {
    container: dnsLabel("Which container is the game; the only one."),
    ports: list("Ports that players reach.", PORT, 64, { default: [] }),
    health: HEALTH,
    scheduling: SCHEDULING,
    sdkServer: object(
      "Where the game finds the SDK.",
      {
        logLevel: oneOf("How much the SDK says.", ["Error", "Info", "Debug", "Trace"], {
          default: "Info",
        }),
        grpcPort: port("gRPC on localhost.", { default: 9_357 }),
        httpPort: port("REST on localhost.", { default: 9_358 }),
      },
      { default: {} },
    ),
    players: refused("player tracking is deprecated and not supported: use a list named players"),
    counters: COUNTERS,
    lists: LISTS,
    eviction: { ...EVICTION, default: {} },
    immutableReplicas: integer("Kept for tools that expect it.", 1, 1),
    template: POD_TEMPLATE,
  },
  { required: ["template"] },
);

export const ADDRESSES: Schema = list(
  "All addresses.",
  object(
    "One address.",
    { type: text("Kind of address."), address: text("The address.") },
    { required: ["type", "address"] },
  ),
  64,
  { default: [] },
);
export const STATUS_PORTS: Schema = list(
  "Ports as players reach them.",
  object("One port.", { name: text("Its name.", { default: "" }), port: port("Its number.") }),
  128,
  { default: [] },
);
export const CONTAINER_SEEN: Schema = object(
  "What the node saw of the container last.",
  {
    id: text("Id of the container."),
    pid: integer("Process on the host.", 0),
    startedAt: time("When it started."),
    finishedAt: time("When it ended."),
    exitCode: integer("What it exited with.", -INT32_MAX, INT32_MAX),
    signal: text("The signal that ended it."),
    oomKilled: flag("It was over its memory limit."),
    restarts: integer("How often it was started again.", 0),
  },
  { required: ["id"] },
);

export const GAME_SERVER_STATUS: Schema = object(
  "Where it is in its life.",
  {
    state: oneOf("Where it is in its life.", GAME_SERVER_STATE_NAMES),
    ports: STATUS_PORTS,
    address: text("Where players reach it.", { default: "" }),
    addresses: ADDRESSES,
    nodeName: text("The node that it is on.", { default: "" }),
    reservedUntil: time("When its reservation ends."),
    counters: COUNTERS,
    lists: LISTS,
    rooms: integer("Rooms that there are on it.", 0),
    lastSdkCall: text(
      "The last SDK calls that must not be done twice, newest last: changes of a counter or list, and Ready.",
    ),
    eviction: EVICTION,
    reason: text("Why it is in this state, in one word."),
    message: text("Why, for people."),
    container: CONTAINER_SEEN,
    health: oneOf("What is known of its pings.", ["healthy", "unknown", "unhealthy"]),
  },
  { required: ["state"] },
);
