import type { Schema } from "../schema.ts";
import { LIST_CAPACITY_MAX, LIST_VALUE_LENGTH_MAX } from "../sdk-data.ts";
import {
  annotations,
  flag,
  ignored,
  integer,
  LABEL_KEY,
  LABEL_VALUE_SCHEMA,
  labels,
  list,
  map,
  object,
  oneOf,
  refused,
  text,
} from "./build.ts";
import { COUNTERS, DATA_KEY, LISTS, priorities, SCHEDULING } from "./game-server.ts";

export const SELECTORS_MAX = 32;
/** Counters and lists that one request may speak of. */
const KEYS_MAX = 64;
const number = (description: string): Schema => integer(description, 0);

const EXPRESSION: Schema = object(
  "One condition on a label.",
  {
    key: LABEL_KEY,
    operator: oneOf("How it is compared.", ["In", "NotIn", "Exists", "DoesNotExist"]),
    values: list("What it is compared with.", LABEL_VALUE_SCHEMA, 100),
  },
  { required: ["key", "operator"] },
);
const MIN_AVAILABLE = number("The least room that must be left.");
const MAX_AVAILABLE = number("The most room that may be left; 0: no bound.");
const COUNTER_SELECTOR: Schema = object("Bounds of a counter; without the counter none fits.", {
  minCount: number("The least that it must count."),
  maxCount: number("The most that it may count; 0: no bound."),
  minAvailable: MIN_AVAILABLE,
  maxAvailable: MAX_AVAILABLE,
});
const VALUE: Schema = text("A value.", { maxLength: LIST_VALUE_LENGTH_MAX });
const LIST_SELECTOR: Schema = object("Bounds of a list; without the list none fits.", {
  containsValue: { ...VALUE, description: "A value that it must have." },
  minAvailable: MIN_AVAILABLE,
  maxAvailable: MAX_AVAILABLE,
});
const COUNTER_ACTION: Schema = object("What is done to a counter: its capacity first.", {
  action: oneOf("Up or down, cut to what fits.", ["Increment", "Decrement"]),
  amount: number("By how much."),
  capacity: number("Its new capacity."),
});
const LIST_ACTION: Schema = object("What is done to a list, in this order.", {
  capacity: integer("Its new capacity.", 0, LIST_CAPACITY_MAX),
  addValues: list("Values to add, as far as they fit; what is there stays.", VALUE, 1_000),
  deleteValues: list("Values to take out.", VALUE, 1_000),
});
const SELECTOR: Schema = object("Which game servers fit.", {
  matchLabels: labels("Labels that must be there with these values."),
  matchExpressions: list("Further conditions.", EXPRESSION, 64),
  gameServerState: oneOf("Ready, or Allocated to find one that has room.", ["Ready", "Allocated"], {
    default: "Ready",
  }),
  counters: map("Bounds of counters, by name.", COUNTER_SELECTOR, DATA_KEY, KEYS_MAX),
  lists: map("Bounds of lists, by name.", LIST_SELECTOR, DATA_KEY, KEYS_MAX),
  players: refused("player tracking is not supported"),
});

export const GAME_SERVER_ALLOCATION_SPEC: Schema = object("Which game server is asked for.", {
  selectors: list("Tried in order; the first with a hit wins.", SELECTOR, SELECTORS_MAX),
  required: { ...SELECTOR, description: "Deprecated: the last of selectors." },
  preferred: list("Deprecated: the first of selectors.", SELECTOR, SELECTORS_MAX),
  scheduling: SCHEDULING,
  metadata: object("Set on the server that is handed out.", {
    labels: labels("Labels to set."),
    annotations: annotations("Annotations to set."),
  }),
  priorities: priorities("Which of those that fit comes first, by the room that is left."),
  counters: map("Done to the counters of the server.", COUNTER_ACTION, DATA_KEY, KEYS_MAX),
  lists: map("Done to the lists of the server.", LIST_ACTION, DATA_KEY, KEYS_MAX),
  waitUpTo: {
    description: "Flotilla's own: how long to wait for a server when none is there (10s).",
    format: "wait",
  },
  multiClusterSetting: object("Other clusters.", {
    enabled: refused("allocation over several clusters is not supported yet"),
    policySelector: ignored("has no effect while enabled is false"),
  }),
});

/** Metadata of the request; nothing of it is stored. */
export const GAME_SERVER_ALLOCATION_STATUS: Schema = object("The answer.", {
  state: oneOf("What came of it.", ["Allocated", "UnAllocated", "Contention"]),
  gameServerName: text("The game server."),
  address: text("Where players reach it."),
  nodeName: text("Its node."),
  source: text("Who answered."),
  counters: COUNTERS,
  lists: LISTS,
  isRemote: flag("Never true here."),
});
