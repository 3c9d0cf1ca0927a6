import type { Schema } from "../schema.ts";
import {
  annotations,
  flag,
  ignored,
  LABEL_KEY,
  LABEL_VALUE_SCHEMA,
  labels,
  list,
  object,
  oneOf,
  refused,
  text,
} from "./build.ts";
import { SCHEDULING } from "./game-server.ts";

export const SELECTORS_MAX = 32;
const LATER = "is not supported yet";

const EXPRESSION: Schema = object(
  "One condition on a label.",
  {
    key: LABEL_KEY,
    operator: oneOf("How it is compared.", ["In", "NotIn", "Exists", "DoesNotExist"]),
    values: list("What it is compared with.", LABEL_VALUE_SCHEMA, 100),
  },
  { required: ["key", "operator"] },
);
const SELECTOR: Schema = object("Which game servers fit.", {
  matchLabels: labels("Labels that must be there with these values."),
  matchExpressions: list("Further conditions.", EXPRESSION, 64),
  gameServerState: oneOf("Ready, or Allocated to find one that has room.", ["Ready", "Allocated"], {
    default: "Ready",
  }),
  counters: refused(LATER),
  lists: refused(LATER),
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
  priorities: refused(LATER),
  counters: refused(LATER),
  lists: refused(LATER),
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
  isRemote: flag("Never true here."),
});
