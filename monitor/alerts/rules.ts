import type { AlertRuleView, AlertSeverity } from "../../core/model/alert.ts";

export interface AlertRule {
  readonly severity: AlertSeverity;
  /** How long it must be so before it fires. */
  readonly forMs: number;
  /** How long it must be well before it is resolved; the double for each time that it came back lately. */
  readonly resolveMs: number;
  /** When it fires, in a sentence. */
  readonly summary: string;
  /** What to do about it. */
  readonly todo: string;
}

/** Bounds of the rules; a second one is where a value counts as well again. */
export const BOUNDS = {
  oomWindowMs: 120_000,
  endsWindowMs: 60_000,
  /** A game server that ends so soon after it was made has crashed at its start. */
  earlyMs: 10_000,
  loopEnds: 3,
  stormEnds: 20,
  stormSubjects: 5,
  diskUsedPercent: { over: 90, well: 87 },
  portsUsedPercent: { over: 90, well: 80 },
  addressesUsedPercent: { over: 90, well: 80 },
  /** A heartbeat comes every two seconds; one that is late is no alert. */
  nodeSilentMsMin: 5_000,
  refusalsWindowSeconds: 30,
  refusals: 5,
  refusedPercent: 5,
  allocationP99Ms: { over: 100, well: 50 },
  slowWindowSeconds: 10,
  /** With allocations, within the window. */
  slowSecondsMin: 5,
} as const;

const B = BOUNDS;
const percent = ({ over, well }: { readonly over: number; readonly well: number }): string =>
  `${over} % (well again below ${well} %)`;

/** For how long a node may be silent: long before it is lost, and known within ten seconds where nothing was set. */
export function nodeSilentMsOf(lostAfterMs: number): number {
  return Math.max(lostAfterMs / 4, BOUNDS.nodeSilentMsMin);
}

export const RULE_NAMES = [
  "OutOfMemory",
  "CrashLoop",
  "RestartStorm",
  "DiskNearlyFull",
  "PortsExhausted",
  "AddressesExhausted",
  "NodeLost",
  "AllocationFailures",
  "AllocationSlow",
  "Anomaly",
] as const;
export type RuleName = (typeof RULE_NAMES)[number];

/** The built-in rules. Code asks this table; docs/alerts.md shows it. */
export const RULES: Readonly<Record<RuleName, AlertRule>> = {
  OutOfMemory: {
    severity: "critical",
    forMs: 0,
    resolveMs: 10_000,
    summary: `the kernel killed one of its containers over its memory limit in the last ${B.oomWindowMs / 60_000} minutes`,
    todo: "raise resources.limits.memory, or find what grows: `flotilla logs`, the memory of its samples",
  },
  CrashLoop: {
    severity: "critical",
    forMs: 0,
    resolveMs: 15_000,
    summary: `it failed ${B.loopEnds} times within a minute: a container, the replicas of a service, or game servers within ${B.earlyMs / 1_000} s of their creation`,
    todo: "see why it ends: `flotilla history`, `flotilla logs --previous`; undo a bad version: `flotilla rollout undo`",
  },
  RestartStorm: {
    severity: "critical",
    forMs: 0,
    resolveMs: 30_000,
    summary: `${B.stormEnds} containers of at least ${B.stormSubjects} owners failed within a minute on one node`,
    todo: "look for what they share: the node's memory and disk, a service that all call, a version rolled out everywhere",
  },
  DiskNearlyFull: {
    severity: "critical",
    forMs: 2_000,
    resolveMs: 10_000,
    summary: `the file system of a node's state folder is used to ${percent(B.diskUsedPercent)}`,
    todo: "make space, or move the state folder; `flotilla image prune` clears images that nothing uses",
  },
  PortsExhausted: {
    severity: "critical",
    forMs: 2_000,
    resolveMs: 10_000,
    summary: `host ports of a node's range are taken to ${percent(B.portsUsedPercent)}`,
    todo: "widen --port-range, add a node, or scale down",
  },
  AddressesExhausted: {
    severity: "critical",
    forMs: 0,
    resolveMs: 10_000,
    summary: `addresses of a network on a node are taken to ${percent(B.addressesUsedPercent)}`,
    todo: "give the Network a larger subnet, or a larger --pool; add a node, or scale down",
  },
  NodeLost: {
    severity: "critical",
    forMs: 0,
    resolveMs: 5_000,
    summary: `a node has sent no heartbeat for a quarter of --node-lost-after (7.5 s of the default 30 s, at least ${B.nodeSilentMsMin / 1_000} s), or is lost`,
    todo: "see whether the machine and its agent run and reach the control plane; `flotilla describe node` says what follows for its servers",
  },
  AllocationFailures: {
    severity: "critical",
    forMs: 0,
    resolveMs: 10_000,
    summary: `at least ${B.refusals} requests and ${B.refusedPercent} % of all found no game server in ${B.refusalsWindowSeconds} s`,
    todo: "raise the fleet's replicas or its autoscaler's buffer; `flotilla describe fleet` says what stands in the way",
  },
  AllocationSlow: {
    severity: "warning",
    forMs: 2_000,
    resolveMs: 15_000,
    summary: `the 99th percentile of an allocation was over ${B.allocationP99Ms.over} ms in half of those of the last ${B.slowWindowSeconds} seconds that had any, ${B.slowSecondsMin} at least (well again below ${B.allocationP99Ms.well} ms)`,
    todo: "see the disk's and the loop's latency on the dashboard: a slow disk, or too much on this machine",
  },
  Anomaly: {
    severity: "warning",
    forMs: 0,
    resolveMs: 30_000,
    summary:
      "CPU, memory or sent bytes of a container are far from what they were in its own last 15 minutes at as many players",
    todo: "look at its logs and samples; restart it if it hangs; acknowledge it when the change was meant",
  },
};

export function ruleView(name: RuleName): AlertRuleView {
  const { severity, summary, forMs, resolveMs, todo } = RULES[name];
  return {
    name,
    severity,
    summary,
    forSeconds: forMs / 1_000,
    resolveSeconds: resolveMs / 1_000,
    todo,
  };
}
