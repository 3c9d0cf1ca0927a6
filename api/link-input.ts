import { checkSchema } from "../core/model/check-schema.ts";
import { memberSchema } from "../core/model/kind-schemas.ts";
import { LINK_BATCH_MAX, type Report, type SdkCall } from "../core/model/link.ts";
import type { NodeStatus } from "../core/model/node.ts";
import { REASONS } from "../core/model/reason.ts";
import type { Schema } from "../core/model/schema.ts";
import { FleetError } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";
import { isPlainSdkCall } from "./plain-sdk-call.ts";

const TEXT: Schema = { type: "string", maxLength: 1024 };
const LONG_TEXT: Schema = { type: "string", maxLength: 16 * 1024 };
const NUMBER: Schema = { type: "integer" };
const TIME: Schema = { ...TEXT, format: "date-time" };
const FLAG: Schema = { type: "boolean" };
/** A century; what is longer is no time any more. */
const RESERVE_SECONDS_MAX = 3_153_600_000;
/** As long as an annotation may be. */
const ANNOTATION_LENGTH_MAX = 65_536;
/** More than a List keeps: what is beyond its capacity is cut where the list is known. */
const VALUES_MAX = 10_000;

const SUBJECT: Schema = {
  type: "object",
  properties: {
    kind: { type: "string", enum: ["GameServer", "Container"] },
    namespace: TEXT,
    name: TEXT,
    uid: TEXT,
  },
  required: ["kind", "namespace", "name", "uid"],
};
const REPORT: Schema = {
  type: "object",
  properties: {
    subject: SUBJECT,
    seen: {
      type: "string",
      enum: ["starting", "running", "exited", "failed", "backoff", "stopped", "removed"],
    },
    id: TEXT,
    address: TEXT,
    pid: NUMBER,
    startedAt: TIME,
    finishedAt: TIME,
    exitCode: NUMBER,
    signal: TEXT,
    oomKilled: FLAG,
    restarts: NUMBER,
    ready: FLAG,
    reason: { type: "string", enum: REASONS },
    message: LONG_TEXT,
    adopted: FLAG,
  },
  required: ["subject", "seen", "id"],
};
const SDK_CALL: Schema = {
  type: "object",
  properties: {
    subject: SUBJECT,
    id: TEXT,
    verb: {
      type: "string",
      enum: [
        ...["ready", "allocate", "shutdown", "reserve", "label", "annotation", "health"],
        ...["counter", "list", "addValue", "removeValue"],
      ],
    },
    seconds: { type: "integer", minimum: 0, maximum: RESERVE_SECONDS_MAX },
    key: TEXT,
    value: { type: "string", maxLength: ANNOTATION_LENGTH_MAX },
    health: { type: "string", enum: ["healthy", "unknown", "unhealthy"] },
    name: TEXT,
    count: NUMBER,
    capacity: NUMBER,
    countDiff: NUMBER,
    values: { type: "array", items: LONG_TEXT, maxItems: VALUES_MAX },
  },
  required: ["subject", "id", "verb"],
};
const NODE_STATUS: Schema = {
  ...memberSchema("Node", "status"),
  required: [
    ...["ready", "heartbeatAt", "address", "addresses", "capacity", "portRange"],
    ...["driver", "isolation", "version", "images"],
  ],
};
/** What a verb cannot do without. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  reserve: ["seconds"],
  label: ["key", "value"],
  annotation: ["key", "value"],
  health: ["health"],
  counter: ["name"],
  list: ["name"],
  addValue: ["name", "value"],
  removeValue: ["name", "value"],
};

/** The items of a batch under `member`; one bad item refuses the batch: then agent and server do not fit together. */
function batchOf(
  body: unknown,
  member: string,
  item: Schema,
  isPlain: (item: unknown) => boolean = () => false,
): readonly unknown[] {
  const items = isObject(body) ? body[member] : undefined;
  if (!Array.isArray(items) || items.length > LINK_BATCH_MAX)
    throw new FleetError("BAD_REQUEST", `${member} must be a list of at most ${LINK_BATCH_MAX}`);
  if (items.every(isPlain)) return items;
  assertFits({ type: "array", items: item }, items, member);
  items.forEach((one, i) => {
    assertNoNull(item, one, `${member}[${i}]`);
  });
  return items;
}

/** A schema takes null for a field that is left out; who reads the item would take it for a value. */
function assertNoNull(
  { properties = {} }: Schema,
  item: Record<string, unknown>,
  path: string,
): void {
  const field = Object.keys(properties).find((key) => item[key] === null);
  if (field !== undefined)
    throw new FleetError("BAD_REQUEST", `${path}.${field} must be left out or have a value`);
}

export function reportsFrom(body: unknown): readonly Report[] {
  return batchOf(body, "reports", REPORT) as readonly Report[];
}

export function sdkCallsFrom(body: unknown): readonly SdkCall[] {
  const calls = batchOf(body, "calls", SDK_CALL, isPlainSdkCall) as readonly (SdkCall &
    Record<string, unknown>)[];
  for (const [i, call] of calls.entries())
    for (const field of NEEDS[call.verb] ?? [])
      if (call[field] === undefined)
        throw new FleetError("BAD_REQUEST", `calls[${i}].${field} is required by ${call.verb}`);
  return calls;
}

export function nodeStatusFrom(body: unknown): NodeStatus {
  if (!isObject(body)) throw new FleetError("BAD_REQUEST", "a heartbeat is a node's status");
  assertFits(NODE_STATUS, body, "status");
  const status = body as unknown as NodeStatus;
  const { min, max } = status.portRange;
  if (min <= max) return status;
  throw new FleetError(
    "BAD_REQUEST",
    `status.portRange must begin before it ends, found ${min}-${max}`,
  );
}

/** Fields that are not known here are passed over: an agent may be newer than the server. */
function assertFits(schema: Schema, value: unknown, path: string): void {
  const [problem] = checkSchema(schema, value, path).problems;
  if (problem) throw new FleetError("BAD_REQUEST", `${problem.path} ${problem.message}`);
}
