import type { Schema } from "../schema.ts";
import { dnsLabel, integer, list, object, oneOf, refused, text, time } from "./build.ts";
import { REPLICAS_MAX } from "./fleet.ts";

/** Policies that are not made of others, and those that may stand in a chain or a maximum. */
const LEAF_TYPES: readonly string[] = ["Buffer", "Counter", "List", "Players", "CPU", "Webhook"];
export const ENTRY_TYPES: readonly string[] = [...LEAF_TYPES, "Schedule"];
const ENTRIES_MAX = 16;
const PERCENT_MAX = 1_000;

const bounds = {
  minReplicas: integer("Never fewer.", 0, REPLICAS_MAX, { default: 0 }),
  maxReplicas: integer("Never more.", 1, REPLICAS_MAX),
};
const size = (description: string): Schema => ({
  description,
  format: "int-or-percent",
  minimum: 1,
});
const key = text("Name of the counter or list in the fleet's template.", {
  minLength: 1,
  maxLength: 63,
});

const BUFFER: Schema = object(
  "Keeps servers free beyond the allocated ones.",
  {
    bufferSize: size("Servers to keep free, or the percentage of all that is to be free."),
    ...bounds,
  },
  { required: ["bufferSize", "maxReplicas"] },
);
const capacity = (what: string): Schema =>
  object(
    `Keeps room free in a ${what}, summed over all servers.`,
    {
      key,
      bufferSize: size("Room to keep free, or the percentage of all room that is to be free."),
      minCapacity: integer("Never less room in all.", 0, Number.MAX_SAFE_INTEGER, { default: 0 }),
      maxCapacity: integer("Never more room in all.", 1),
    },
    { required: ["key", "bufferSize", "maxCapacity"] },
  );
const PLAYERS: Schema = object(
  "Servers for the players or rooms that there are. Not Agones'.",
  {
    type: oneOf("What counts them.", ["Counter", "List"]),
    key,
    perServer: integer("So many on each server.", 1),
    targetPercent: integer("Or so many percent of each server's capacity.", 1, 100),
    ...bounds,
  },
  { required: ["type", "key", "maxReplicas"] },
);
/** What CPU is compared with; a Service says the same. */
export const CPU_TARGETS: Readonly<Record<string, Schema>> = {
  meanPercent: integer("Target of the mean over all that run.", 1, PERCENT_MAX),
  p95Percent: integer("Target of the one at 95 of 100.", 1, PERCENT_MAX),
  staleAfterSeconds: integer("Measurements that are older count as missing.", 2, 600, {
    default: 15,
  }),
};
const CPU: Schema = object(
  "Servers for the CPU time that is used, in percent of the template's CPU request, or of its limit without one. Not Agones'.",
  { ...CPU_TARGETS, ...bounds },
  { required: ["maxReplicas"] },
);
const WEBHOOK: Schema = object(
  "A program of yours says the number: it gets a FleetAutoscaleReview by POST, once in each sync interval.",
  {
    url: text("Where it is asked, with http or https.", { minLength: 1, maxLength: 2_048 }),
    service: refused("there are no services of Kubernetes here: give the program's url"),
    caBundle: text(
      "Base64 of PEM certificates: who may have signed that of an https url, instead of the system's.",
      { minLength: 1, maxLength: 65_536 },
    ),
  },
);
const LEAVES: Readonly<Record<string, Schema>> = {
  buffer: BUFFER,
  counter: capacity("counter"),
  list: capacity("list"),
  players: PLAYERS,
  cpu: CPU,
  webhook: WEBHOOK,
};
const REMOTE = {
  wasm: refused("no WebAssembly is run yet: a Webhook may say any number"),
};
const LATER = { "x-flotilla-later": ["Wasm"] };

const SCHEDULE: Schema = object(
  "A policy for a part of the time.",
  {
    between: object("Not before and not after.", {
      start: time("From."),
      end: time("Until."),
    }),
    activePeriod: object("When it begins, again and again, and for how long.", {
      timezone: text("Name of a time zone (IANA); UTC without it.", { maxLength: 64 }),
      startCron: text("Five fields: minute, hour, day, month, day of the week. Empty: always.", {
        maxLength: 256,
      }),
      duration: text("Such as 1h30m. Empty: for ever.", { maxLength: 32 }),
    }),
    policy: object(
      "What holds then.",
      {
        type: oneOf("Which policy.", LEAF_TYPES, LATER),
        ...LEAVES,
        ...REMOTE,
        schedule: refused("a schedule in a schedule is not supported"),
        chain: refused("a chain in a schedule is not supported: put schedules in a chain"),
      },
      { required: ["type"] },
    ),
  },
  { required: ["policy"] },
);
export const ENTRY_POLICIES: Readonly<Record<string, Schema>> = { ...LEAVES, schedule: SCHEDULE };
export const REFUSED_POLICIES: Readonly<Record<string, Schema>> = REMOTE;

const ENTRY: Schema = object(
  "One policy.",
  {
    id: dnsLabel("Its name in status and events; its type without one."),
    type: oneOf("Which policy.", ENTRY_TYPES, LATER),
    ...ENTRY_POLICIES,
    ...REMOTE,
    chain: refused("a chain inside is not supported"),
    max: refused("a maximum inside is not supported"),
  },
  { required: ["type"] },
);
export const CHAIN: Schema = list("The first that can say a number counts.", ENTRY, ENTRIES_MAX, {
  minItems: 1,
});
export const MAX: Schema = list("The highest number counts. Not Agones'.", ENTRY, ENTRIES_MAX, {
  minItems: 1,
});
