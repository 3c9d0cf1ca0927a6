import { SECONDS_MAX } from "../fleet.ts";
import type { Schema } from "../schema.ts";
import { annotations, flag, integer, labels, map, object, oneOf, text } from "./build.ts";
import { GAME_SERVER_SPEC, priorities, SCHEDULING } from "./game-server.ts";
import { TEMPLATE_METADATA } from "./metadata.ts";

export const REPLICAS_MAX = 1_000_000;
/** Agones has no such field; a manifest for both takes the annotation. */
const OURS = "Flotilla's own";
const replicas = (description: string): Schema =>
  integer(description, 0, REPLICAS_MAX, { default: 0 });
const share = (description: string): Schema => ({
  description,
  format: "int-or-percent",
  minimum: 1,
  default: "25%",
});

const OVERFLOW: Schema = object(
  "Put on allocated servers beyond the wanted number: they are old and may drain.",
  { labels: labels("Labels to set."), annotations: annotations("Annotations to set.") },
);
const TEMPLATE: Schema = object(
  "The GameServer that is made.",
  { metadata: TEMPLATE_METADATA, spec: GAME_SERVER_SPEC },
  { required: ["spec"] },
);
const COMMON = {
  replicas: replicas("How many game servers."),
  scheduling: SCHEDULING,
  priorities: priorities("Which servers scaling takes first."),
  allocationOverflow: OVERFLOW,
};

export const GAME_SERVER_SET_SPEC: Schema = object(
  "A number of game servers of one template.",
  { ...COMMON, template: TEMPLATE },
  { required: ["template"] },
);
export const FLEET_SPEC: Schema = object(
  "A number of game servers whose template can change.",
  {
    ...COMMON,
    strategy: object(
      "How a changed template replaces servers; held ones are left to end.",
      {
        type: oneOf("Bit by bit, or all at once.", ["RollingUpdate", "Recreate"], {
          default: "RollingUpdate",
        }),
        rollingUpdate: object("Bounds of one step.", {
          maxSurge: share("Servers beyond replicas at once."),
          maxUnavailable: share("Servers fewer than replicas at once."),
        }),
      },
      { default: {} },
    ),
    paused: flag(`${OURS}: while true, a changed template waits; broken servers are replaced.`),
    drainSeconds: integer(
      `${OURS}: held servers of an old template, beyond replicas or of a deleted fleet are shut down after it; never when absent. Also as annotation flotilla.dev/drain-seconds.`,
      0,
      SECONDS_MAX,
    ),
    maxSessionAgeSeconds: integer(
      `${OURS}: an Allocated server is shut down so long after its last allocation; never when absent. Also as annotation flotilla.dev/max-session-age-seconds.`,
      1,
      SECONDS_MAX,
    ),
    revisionHistoryLimit: integer(
      `${OURS}: templates before the present one that are kept for an undo; 10 when absent.`,
      0,
      100,
    ),
    template: TEMPLATE,
  },
  { required: ["template"] },
);

export const FLEET_REVISION_SPEC: Schema = object(
  "A template that a fleet had, for an undo. Made by the control plane.",
  {
    revision: integer("Number; the newest is the highest.", 1),
    changeCause: text("The fleet's annotation kubernetes.io/change-cause when it was made."),
    template: TEMPLATE,
  },
  { required: ["revision", "template"] },
);
export const FLEET_REVISION_STATUS: Schema = object("Nothing.", {});

const sum = (description: string): Schema =>
  integer(description, 0, Number.MAX_SAFE_INTEGER, { default: 0 });
const AGGREGATES: Schema = map(
  "Sums over the servers, by name.",
  object("Sums.", {
    allocatedCount: sum("Counts of Allocated servers."),
    allocatedCapacity: sum("Capacities of Allocated servers."),
    count: sum("Counts of all servers."),
    capacity: sum("Capacities of all servers."),
  }),
  text("Name.", { maxLength: 63 }),
  1_000,
);
const COUNTS = {
  replicas: sum("Servers that are there."),
  readyReplicas: sum("Servers in state Ready."),
  reservedReplicas: sum("Servers in state Reserved."),
  allocatedReplicas: sum("Servers in state Allocated."),
  counters: AGGREGATES,
  lists: AGGREGATES,
};
export const FLEET_STATUS: Schema = object("What is there.", COUNTS);
export const GAME_SERVER_SET_STATUS: Schema = object("What is there.", {
  ...COUNTS,
  shutdownReplicas: sum("Servers in state Shutdown."),
});
