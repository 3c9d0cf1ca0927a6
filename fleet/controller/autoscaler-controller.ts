import type { Fleet } from "../../core/model/fleet.ts";
import type { FleetAutoscaler, FleetAutoscalerStatus } from "../../core/model/fleet-autoscaler.ts";
import type { Reason } from "../../core/model/reason.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import { sameJson } from "../../core/std/json.ts";
import { rememberChange } from "../decide/autoscale/behavior.ts";
import { decideScale, type ScaleDecision } from "../decide/autoscaler.ts";
import type { AutoscalerSenses, Remembered } from "./autoscaler-senses.ts";
import { type ControllerContext, recordOn, tryCommit, updateOf, withStatus } from "./context.ts";
import type { Pass } from "./controller.ts";

/** In a burst the steps of so long are told as one event: an event per step would drive all others out of the log. */
const TELL_EVERY_MS = 1_000;
const WARN_EVERY_MS = 10_000;
/** A status whose numbers are the same and whose words are not is written at most this often. */
const WORDS_EVERY_MS = 5_000;

/** Sets a fleet's replicas as its policy wants; called at every change of the fleet's servers, and by a timer as a net. */
export async function reconcileAutoscaler(
  context: ControllerContext,
  { namespace, name }: { namespace: string; name: string },
  senses: AutoscalerSenses,
): Promise<Pass> {
  const { store, clock } = context;
  const autoscaler = store.get("FleetAutoscaler", namespace, name);
  if (!autoscaler) {
    senses.forget();
    return {};
  }
  const found = store.get("Fleet", namespace, autoscaler.spec.fleetName);
  // One that is being deleted drains: its number is nobody's any more.
  const fleet = found?.metadata.deletionTimestamp === undefined ? found : undefined;
  const everyMs = autoscaler.spec.sync.fixedInterval.seconds * 1000;
  const remembered = senses.remembered(autoscaler);
  const idle = fleet ? shadowed(context, autoscaler) : missing(autoscaler);
  if (!fleet || idle)
    return {
      againInMs: everyMs,
      ...(idle ? { status: statusWriter(context, autoscaler, remembered, idle) } : {}),
    };
  const { memory, last = autoscaler.status.policies ?? [] } = remembered;
  const now = clock.monotonic();
  const look = senses.webhooks.look(autoscaler);
  const facts = senses.factsOf(fleet, look.answerOf);
  const time = { now: clock.now(), monotonic: now };
  const decision = decideScale(autoscaler.spec, facts, { last, memory }, time);
  const askInMs = senses.webhooks.ask(autoscaler, fleet, look);
  const by = decision.desired - facts.current;
  if (by !== 0 && !(await scale(context, fleet, decision))) return { againInMs: 0 };
  remembered.memory = by === 0 ? decision.memory : rememberChange(decision.memory, by, now);
  remembered.last = decision.policies;
  if (by !== 0) remembered.steps = step(remembered.steps, facts.current);
  if (by !== 0) remembered.lastScaleTime = rfc3339(time.now);
  warn(context, autoscaler, decision, remembered, now);
  const untoldMs = tell(context, autoscaler, fleet, decision, remembered, now);
  const lastScaleTime = remembered.lastScaleTime ?? autoscaler.status.lastScaleTime;
  const status = {
    ...statusOf(decision, facts.replicas),
    ...(lastScaleTime ? { lastScaleTime } : {}),
  };
  const dues = [decision.againInMs, untoldMs, askInMs, senses.postponedMs(fleet), WORDS_EVERY_MS];
  return {
    againInMs: Math.min(everyMs, ...dues.filter((ms) => ms !== undefined)),
    status: statusWriter(context, autoscaler, remembered, status),
  };
}

async function scale(
  context: ControllerContext,
  fleet: Fleet,
  { desired: replicas, message }: ScaleDecision,
): Promise<boolean> {
  const metadata = { ...fleet.metadata, generation: fleet.metadata.generation + 1 };
  const next = { ...fleet, metadata, spec: { ...fleet.spec, replicas } };
  const delta = { spec: { replicas }, metadata: { generation: metadata.generation } };
  const reason = replicas > fleet.spec.replicas ? "ScaleUp" : "ScaleDown";
  return await tryCommit(context, [updateOf(fleet, next, delta)], { reason, message });
}

function step(steps: Remembered["steps"], from: number): NonNullable<Remembered["steps"]> {
  return steps ? { count: steps.count + 1, from: steps.from } : { count: 1, from };
}

/** One event for the steps since the last one, on the fleet and on the autoscaler; or in how long it is due. */
function tell(
  context: ControllerContext,
  autoscaler: FleetAutoscaler,
  fleet: Fleet,
  { desired, message }: ScaleDecision,
  remembered: Remembered,
  now: number,
): number | undefined {
  const { steps, toldAt } = remembered;
  if (!steps) return undefined;
  const waitMs = toldAt === undefined ? 0 : toldAt + TELL_EVERY_MS - now;
  if (waitMs > 0) return waitMs;
  remembered.steps = undefined;
  remembered.toldAt = now;
  const many = steps.count > 1 ? ` in ${steps.count} steps` : "";
  const because = desired >= steps.from ? "ScaleUp" : "ScaleDown";
  const words = `from ${steps.from} to ${desired} replicas${many}: ${message}`;
  recordOn(context, fleet, because, words);
  recordOn(context, autoscaler, because, words);
  return undefined;
}

/** An event when it begins to be blind, useless or bounded; not again for each flicker. */
function warn(
  context: ControllerContext,
  autoscaler: FleetAutoscaler,
  { because, message }: ScaleDecision,
  remembered: Remembered,
  now: number,
): void {
  const { warned } = remembered;
  if (!WARNED.has(because)) {
    if (warned && warned.at < now - WARN_EVERY_MS) remembered.warned = undefined;
    return;
  }
  if (warned && (warned.because === because || warned.at > now - WARN_EVERY_MS)) return;
  remembered.warned = { because, at: now };
  recordOn(context, autoscaler, because, message, "Warning");
}
const WARNED: ReadonlySet<Reason> = new Set([
  ...(["MetricsMissing", "MetricsStale", "MetricsAbsurd"] as const),
  ...(["PolicyUnusable", "ScalingLimited", "WebhookFailed"] as const),
]);

function statusOf(
  { desired, limited, because, message, applied, policies }: ScaleDecision,
  replicas: number,
): FleetAutoscalerStatus {
  return {
    currentReplicas: replicas,
    desiredReplicas: desired,
    ableToScale: true,
    scalingLimited: limited,
    lastAppliedPolicy: applied,
    reason: because,
    message,
    policies,
  };
}

const UNABLE = {
  currentReplicas: 0,
  desiredReplicas: 0,
  ableToScale: false,
  scalingLimited: false,
};

function missing({ metadata, spec }: FleetAutoscaler): FleetAutoscalerStatus {
  const message = `there is no fleet ${spec.fleetName} in namespace ${metadata.namespace}, or it is being deleted`;
  return { ...UNABLE, reason: "FleetMissing", message };
}

/** Two autoscalers of one fleet would undo each other's work at full speed: the older one decides, the other says so. */
function shadowed(
  { world }: ControllerContext,
  { metadata, spec }: FleetAutoscaler,
): FleetAutoscalerStatus | undefined {
  const rank = (one: FleetAutoscaler["metadata"]): string => `${one.creationTimestamp} ${one.name}`;
  const first = world
    .autoscalersOf(metadata.namespace, spec.fleetName)
    .filter((one) => one.metadata.deletionTimestamp === undefined)
    .reduce((a, { metadata: b }) => (rank(b) < rank(a) ? b : a), metadata);
  if (first.name === metadata.name) return undefined;
  const message = `the older autoscaler ${first.name} sets the fleet ${spec.fleetName}`;
  return { ...UNABLE, reason: "AutoscalerShadowed", message };
}

function statusWriter(
  context: ControllerContext,
  { metadata }: FleetAutoscaler,
  remembered: Remembered,
  status: FleetAutoscalerStatus,
): () => Promise<void> {
  return async () => {
    const found = context.store.get("FleetAutoscaler", metadata.namespace, metadata.name);
    if (!found || found.metadata.uid !== metadata.uid || sameJson(found.status, status)) return;
    const now = context.clock.monotonic();
    const isFresh = remembered.wroteAt !== undefined && remembered.wroteAt > now - WORDS_EVERY_MS;
    if (isFresh && sameJson(numbersOf(found.status), numbersOf(status))) return;
    remembered.wroteAt = now;
    await tryCommit(context, [updateOf(found, withStatus(found, status))]);
  };
}

/** A status without what only words say. */
function numbersOf({ message: _, policies = [], ...rest }: FleetAutoscalerStatus): object {
  return { ...rest, policies: policies.map(({ message: _words, ...one }) => one) };
}
