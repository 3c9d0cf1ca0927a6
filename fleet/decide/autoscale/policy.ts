import type {
  EntryPolicy,
  FleetAutoscalerPolicy,
  LeafPolicy,
  PolicyEntry,
  PolicyStatus,
} from "../../../core/model/fleet-autoscaler.ts";
import type { Reason } from "../../../core/model/reason.ts";
import { decideBuffer } from "./buffer.ts";
import { decideCapacity } from "./capacity.ts";
import { decideCpu } from "./cpu.ts";
import { decidePlayers } from "./players.ts";
import { isScheduleActive } from "./schedule.ts";
import type { FleetFacts, Want } from "./want.ts";
import { decideWebhook } from "./webhook.ts";

/** The wish of a whole policy, with what each part of it wants. */
export interface PolicyDecision {
  readonly desired: number;
  readonly limited: boolean;
  /** Why there is no new wish and the last good one stands. */
  readonly because?: Reason;
  readonly message: string;
  /** As Agones names it: `Buffer`, `Chain:weekend:Schedule`; ours in the same form. */
  readonly applied: string;
  readonly policies: readonly PolicyStatus[];
}

/** What a policy wants now. `last` tells what each part wanted when it last could say a number. */
export function decidePolicy(
  policy: FleetAutoscalerPolicy,
  facts: FleetFacts,
  last: readonly PolicyStatus[],
  now: number,
): PolicyDecision {
  if (policy.type === "Chain") return decideChain(policy.chain, facts, last, now);
  if (policy.type === "Max") return decideMax(policy.max, facts, last, now);
  const one = statusOf(policy.type.toLowerCase(), policy, facts, last, now);
  return { ...decisionOf(one), applied: policy.type, policies: [one] };
}

function decisionOf(one: PolicyStatus): Omit<PolicyDecision, "applied" | "policies"> {
  const { desiredReplicas: desired, limited, reason, message } = one;
  return { desired, limited, message, ...(reason ? { because: reason } : {}) };
}

/** The first that can say a number; the rest is not asked. */
function decideChain(
  chain: readonly PolicyEntry[],
  facts: FleetFacts,
  last: readonly PolicyStatus[],
  now: number,
): PolicyDecision {
  const asked: PolicyStatus[] = [];
  for (const entry of chain) {
    const one = statusOf(entry.id, entry, facts, last, now);
    asked.push(one);
    if (one.reason !== undefined) continue;
    const message = `${entry.id}: ${one.message}`;
    const applied = `Chain:${entry.id}:${entry.type}`;
    return { ...decisionOf(one), message, applied, policies: asked };
  }
  const because = asked.at(-1)?.reason ?? "PolicyInactive";
  const message = `no policy of the chain says a number: ${asked.map(({ id, message: why }) => `${id}: ${why}`).join("; ")}`;
  return {
    desired: facts.current,
    limited: false,
    because,
    message,
    applied: "Chain",
    policies: asked,
  };
}

/** The highest; one that cannot say a number stands with its last good one, so that its silence removes nothing. */
function decideMax(
  entries: readonly PolicyEntry[],
  facts: FleetFacts,
  last: readonly PolicyStatus[],
  now: number,
): PolicyDecision {
  const all = entries.map((entry) => statusOf(entry.id, entry, facts, last, now));
  const heard = all.filter(({ reason }) => reason !== "PolicyInactive");
  const [first, ...more] = heard.length > 0 ? heard : all;
  if (!first) throw new Error("bug: a stored maximum has no policy");
  const top = more.reduce((a, b) => (b.desiredReplicas > a.desiredReplicas ? b : a), first);
  const message = `${top.id}: ${top.message}`;
  return { ...decisionOf(top), message, applied: `Max:${top.id}:${top.type}`, policies: all };
}

function statusOf(
  id: string,
  policy: EntryPolicy,
  facts: FleetFacts,
  last: readonly PolicyStatus[],
  now: number,
): PolicyStatus {
  const want = wantOf(policy, facts, now);
  const { type } = policy;
  if ("desired" in want) {
    const { desired, limited, message } = want;
    return { id, type, desiredReplicas: desired, limited, message };
  }
  const { because: reason, message } = want;
  const isBlind = UNMEASURED.has(reason) || reason === "WebhookFailed";
  const known = last.find((one) => isBlind && one.id === id && one.type === type);
  const standing = known?.desiredReplicas ?? facts.current;
  // Only what measures looks after held servers; a webhook may have wanted none, and a schedule that rests wants nothing.
  const desiredReplicas = UNMEASURED.has(reason) ? Math.max(standing, facts.held) : standing;
  return {
    id,
    type,
    desiredReplicas,
    limited: false,
    reason,
    message: `${message}; ${desiredReplicas} stands`,
  };
}

/** It had a wish and cannot see now, so the wish stands; without a wish, what is there does. */
const UNMEASURED: ReadonlySet<Reason> = new Set([
  "MetricsMissing",
  "MetricsStale",
  "MetricsAbsurd",
]);

function wantOf(policy: EntryPolicy, facts: FleetFacts, now: number): Want {
  if (policy.type !== "Schedule") return wantOfLeaf(policy, facts);
  if (isScheduleActive(policy.schedule, now)) return wantOfLeaf(policy.schedule.policy, facts);
  return { because: "PolicyInactive", message: "its schedule does not hold now" };
}

function wantOfLeaf(policy: LeafPolicy, facts: FleetFacts): Want {
  switch (policy.type) {
    case "Buffer":
      return decideBuffer(policy.buffer, facts.allocated);
    case "Counter":
      return decideCapacity("Counter", policy.counter, facts);
    case "List":
      return decideCapacity("List", policy.list, facts);
    case "Players":
      return decidePlayers(policy.players, facts);
    case "CPU":
      return decideCpu(policy.cpu, facts);
    case "Webhook":
      return decideWebhook(policy.webhook, facts);
  }
}
