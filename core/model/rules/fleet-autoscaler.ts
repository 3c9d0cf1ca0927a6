import { X509Certificate } from "node:crypto";
import { parseRfc3339 } from "../../std/clock.ts";
import type { Problem } from "../../std/errors.ts";
import { parseCron, parseDuration } from "../cron.ts";
import type {
  BufferPolicy,
  CapacityPolicy,
  CpuPolicy,
  FleetAutoscaler,
  FleetAutoscalerPolicy,
  PlayersPolicy,
  PolicyEntry,
  SchedulePolicy,
  WebhookPolicy,
} from "../fleet-autoscaler.ts";
import { found } from "../schema-words.ts";
import { type Rules, repeats, unless } from "./rules.ts";

export const FLEET_AUTOSCALER_RULES: Rules<"FleetAutoscaler"> = {
  complete: (autoscaler) => {
    const { spec } = autoscaler;
    const policy = completePolicy(spec.policy);
    const behavior = spec.behavior ?? (isOurs(policy) ? CAREFUL : undefined);
    return { ...autoscaler, spec: { ...spec, policy, ...(behavior ? { behavior } : {}) } };
  },
  check: ({ spec }: FleetAutoscaler) => checkPolicy(spec.policy, "spec.policy"),
  firstStatus: () => ({
    currentReplicas: 0,
    desiredReplicas: 0,
    ableToScale: false,
    scalingLimited: false,
  }),
};

/** Up at once, down when nothing more was wanted for five minutes: what a HorizontalPodAutoscaler does by itself. */
const CAREFUL: NonNullable<FleetAutoscaler["spec"]["behavior"]> = {
  scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: "Max", policies: [] },
  scaleDown: { stabilizationWindowSeconds: 300, selectPolicy: "Max", policies: [] },
};

/** Policies that follow a measure; Agones' own ones follow a wish at once. */
function isOurs(policy: FleetAutoscalerPolicy): boolean {
  if (policy.type === "Schedule") return isOurs(policy.schedule?.policy ?? NO_POLICY);
  if (policy.type === "Chain") return (policy.chain ?? []).some(isOurs);
  return policy.type === "Players" || policy.type === "CPU" || policy.type === "Max";
}
const NO_POLICY = { type: "Buffer" } as unknown as FleetAutoscalerPolicy;

function completePolicy(policy: FleetAutoscalerPolicy): FleetAutoscalerPolicy {
  const named = (entries: readonly PolicyEntry[] | undefined): readonly PolicyEntry[] =>
    (entries ?? []).map((entry) => ({ ...entry, id: entry.id ?? entry.type.toLowerCase() }));
  if (policy.type === "Chain") return { ...policy, chain: named(policy.chain) };
  if (policy.type === "Max") return { ...policy, max: named(policy.max) };
  return policy;
}

type Check = (value: never, path: string) => readonly Problem[];
/** Which field a type reads, and what holds for it. */
const FIELDS: Readonly<Record<string, readonly [field: string, check: Check]>> = {
  Buffer: ["buffer", checkBuffer],
  Counter: ["counter", checkCapacity],
  List: ["list", checkCapacity],
  Players: ["players", checkPlayers],
  CPU: ["cpu", checkCpu],
  Webhook: ["webhook", checkWebhook],
  Schedule: ["schedule", checkSchedule],
  Chain: ["chain", checkEntries],
  Max: ["max", checkEntries],
};

/** Every field that is there is checked, also one that the type does not read: it would be read one day. */
function checkPolicy(policy: { readonly type: string }, path: string): readonly Problem[] {
  const given = policy as unknown as Readonly<Record<string, unknown>>;
  const own = FIELDS[policy.type]?.[0];
  const isMissing = own !== undefined && (given[own] === undefined || isEmptyList(given[own]));
  const problems = Object.values(FIELDS).flatMap(([field, check]) =>
    given[field] === undefined ? [] : check(given[field] as never, `${path}.${field}`),
  );
  const missing = `is required with type ${policy.type}, found nothing`;
  return [...unless(!isMissing, `${path}.${own}`, missing), ...problems];
}
const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function checkOrder(
  { minReplicas, maxReplicas }: { readonly minReplicas: number; readonly maxReplicas: number },
  path: string,
): readonly Problem[] {
  const message = `must be at most maxReplicas (${maxReplicas}), found ${minReplicas}`;
  return unless(minReplicas <= maxReplicas, `${path}.minReplicas`, message);
}

/** Agones' rules: the bounds must leave room for the buffer, and a share of nothing would never scale up. */
function checkBuffer(policy: BufferPolicy, path: string): readonly Problem[] {
  const { bufferSize, minReplicas, maxReplicas } = policy;
  const order = checkOrder(policy, path);
  if (typeof bufferSize !== "number") {
    const message = `must be at least 1 when bufferSize is a percentage, found ${minReplicas}`;
    return [...order, ...unless(minReplicas >= 1, `${path}.minReplicas`, message)];
  }
  return [
    ...order,
    ...unless(
      maxReplicas >= bufferSize,
      `${path}.maxReplicas`,
      `must be at least bufferSize (${bufferSize}), found ${maxReplicas}`,
    ),
    ...unless(
      minReplicas === 0 || minReplicas >= bufferSize,
      `${path}.minReplicas`,
      `must be 0 or at least bufferSize (${bufferSize}), found ${minReplicas}`,
    ),
  ];
}

/** The same rules for room instead of servers. */
function checkCapacity(policy: CapacityPolicy, path: string): readonly Problem[] {
  const { bufferSize, minCapacity, maxCapacity } = policy;
  const order = unless(
    minCapacity <= maxCapacity,
    `${path}.minCapacity`,
    `must be at most maxCapacity (${maxCapacity}), found ${minCapacity}`,
  );
  if (typeof bufferSize !== "number") {
    const message = `must be at least 1 when bufferSize is a percentage, found ${minCapacity}`;
    return [...order, ...unless(minCapacity >= 1, `${path}.minCapacity`, message)];
  }
  return [
    ...order,
    ...unless(
      maxCapacity >= bufferSize,
      `${path}.maxCapacity`,
      `must be at least bufferSize (${bufferSize}), found ${maxCapacity}`,
    ),
    ...unless(
      minCapacity === 0 || minCapacity >= bufferSize,
      `${path}.minCapacity`,
      `must be 0 or at least bufferSize (${bufferSize}), found ${minCapacity}`,
    ),
  ];
}

function checkPlayers(policy: PlayersPolicy, path: string): readonly Problem[] {
  const targets = [policy.perServer, policy.targetPercent].filter((one) => one !== undefined);
  const message = `needs either perServer or targetPercent, found ${targets.length === 0 ? "none" : "both"}`;
  return [...checkOrder(policy, path), ...unless(targets.length === 1, path, message)];
}

function checkCpu(policy: CpuPolicy, path: string): readonly Problem[] {
  const hasTarget = policy.meanPercent !== undefined || policy.p95Percent !== undefined;
  const message = "needs meanPercent, p95Percent or both, found none";
  return [...checkOrder(policy, path), ...unless(hasTarget, path, message)];
}

function checkWebhook(
  webhook: Partial<WebhookPolicy> & { readonly service?: unknown },
  path: string,
): readonly Problem[] {
  const { url, caBundle, service } = webhook;
  if (url === undefined)
    return unless(service !== undefined, `${path}.url`, "is required, found nothing");
  const { protocol = "" } = URL.parse(url) ?? {};
  const isUrl = protocol === "http:" || protocol === "https:";
  const https = "needs an https url, because nobody shows a certificate over http";
  const pem = "must be base64 of PEM certificates";
  return [
    ...unless(isUrl, `${path}.url`, `must be a url with http or https, found ${found(url)}`),
    ...unless(caBundle === undefined || protocol !== "http:", `${path}.caBundle`, https),
    ...unless(caBundle === undefined || isBundle(caBundle), `${path}.caBundle`, pem),
  ];
}

/** At least one certificate, and none that is broken. */
function isBundle(base64: string): boolean {
  const pem = Buffer.from(base64, "base64").toString("latin1");
  const parts = pem.split("-----BEGIN CERTIFICATE-----").slice(1);
  return parts.length > 0 && parts.every((part) => isCertificate(part));
}

function isCertificate(part: string): boolean {
  try {
    return new X509Certificate(`-----BEGIN CERTIFICATE-----${part}`).serialNumber !== "";
  } catch {
    return false;
  }
}

function checkEntries(entries: readonly PolicyEntry[], path: string): readonly Problem[] {
  return [
    ...repeats(
      entries,
      ({ id, type }) => id ?? type.toLowerCase(),
      (i) => `${path}[${i}].id`,
    ),
    ...entries.flatMap((entry, i) => {
      // A chain inside is refused as a whole: what is in it is no news.
      const { chain: _, max: _max, ...own } = entry as PolicyEntry & { chain?: 0; max?: 0 };
      return checkPolicy(own, `${path}[${i}]`);
    }),
  ];
}

function checkSchedule(schedule: SchedulePolicy, path: string): readonly Problem[] {
  const { between, activePeriod, policy } = schedule;
  const { timezone = "", startCron = "", duration = "" } = activePeriod ?? {};
  const cron = startCron === "" ? undefined : parseCron(startCron);
  const at = `${path}.activePeriod`;
  const [start, end] = [between?.start, between?.end];
  const [from, to] = [parseRfc3339(start ?? ""), parseRfc3339(end ?? "")];
  const isOrdered = from === undefined || to === undefined || from <= to;
  const zone = `must be the name of a time zone, found ${JSON.stringify(timezone)}`;
  const span = `must be a duration such as 1h30m, found ${JSON.stringify(duration)}`;
  return [
    ...unless(
      isOrdered,
      `${path}.between.end`,
      `must not be before start (${start}), found ${end}`,
    ),
    ...unless(timezone === "" || isTimeZone(timezone), `${at}.timezone`, zone),
    ...(typeof cron === "string" ? [{ path: `${at}.startCron`, message: cron }] : []),
    ...unless(duration === "" || (parseDuration(duration) ?? 0) > 0, `${at}.duration`, span),
    ...(policy ? checkPolicy(policy, `${path}.policy`) : []),
  ];
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
