import type { Node } from "../../core/model/node.ts";
import { NEVER_HEARD } from "../../core/model/node.ts";
import type { Finding } from "./alert-book.ts";
import { BOUNDS, type RuleName } from "./rules.ts";

/** What is known of a node beside its resource. */
export interface NodeFacts {
  readonly node: Node;
  /** Since its last heartbeat, or since the control plane started. */
  readonly silentMs: number;
  /** It is told of from so long a silence on. */
  readonly silentMsMax: number;
  /** Host ports of its range that nobody has; undefined when it is not known. */
  readonly portsFree: number | undefined;
}

/** What the rules about nodes find. A node that is lost is one finding, whatever ran there. Pure. */
export function findInNodes(nodes: readonly NodeFacts[]): Finding[] {
  return nodes.flatMap((facts) => {
    if (facts.node.status.heartbeatAt === NEVER_HEARD) return [];
    const lost = lostOf(facts);
    // What it said last is not what is.
    if (lost?.level === "over") return [lost];
    return [lost, diskOf(facts), portsOf(facts), ...addressesOf(facts)].filter(
      (one) => one !== undefined,
    );
  });
}

function lostOf({ node, silentMs, silentMsMax }: NodeFacts): Finding | undefined {
  const { name } = node.metadata;
  const { ready, lost, used } = node.status;
  const isSilent = lost === true || silentMs >= silentMsMax;
  if (!isSilent && ready) return undefined;
  const runs = used?.containers ?? 0;
  const seconds = Math.floor(silentMs / 1_000);
  const summary = isSilent
    ? `has been silent for ${seconds} s; ${runs} game servers and containers are on it`
    : (node.status.message ?? "is not ready");
  return {
    ...{
      rule: "NodeLost",
      subject: { kind: "Node", name },
      level: isSilent ? "over" : "between",
      summary,
    },
    value: seconds,
    threshold: silentMsMax / 1_000,
  };
}

function diskOf({ node }: NodeFacts): Finding | undefined {
  const { disk } = node.status;
  if (!disk || disk.totalBytes === 0) return undefined;
  const used = Math.floor((1 - disk.freeBytes / disk.totalBytes) * 1_000) / 10;
  const free = Math.floor(disk.freeBytes / 1_048_576);
  const summary = `the disk of its state folder is used to ${used} %, ${free} MiB are free`;
  return shareOf("DiskNearlyFull", node, {
    percent: used,
    bounds: BOUNDS.diskUsedPercent,
    summary,
  });
}

function portsOf({ node, portsFree }: NodeFacts): Finding | undefined {
  if (portsFree === undefined) return undefined;
  const { min, max } = node.status.portRange;
  const all = max - min + 1;
  const used = Math.floor(((all - portsFree) * 1_000) / all) / 10;
  const summary = `${all - portsFree} of ${all} host ports (${min}-${max}) are taken`;
  return shareOf("PortsExhausted", node, {
    percent: used,
    bounds: BOUNDS.portsUsedPercent,
    summary,
  });
}

function addressesOf({ node }: NodeFacts): Finding[] {
  return (node.status.networks ?? []).flatMap(({ network, subnet, addresses, usedPercent }) => {
    const [namespace = "", name = ""] = network.split("/");
    const summary = `${usedPercent} % of the ${addresses} addresses of ${subnet} are taken on node ${node.metadata.name}`;
    const bounds = BOUNDS.addressesUsedPercent;
    const found = shareOf("AddressesExhausted", node, { percent: usedPercent, bounds, summary });
    return found ? [{ ...found, subject: { kind: "Network", namespace, name } }] : [];
  });
}

function shareOf(
  rule: RuleName,
  { metadata }: Node,
  share: {
    readonly percent: number;
    readonly bounds: { readonly over: number; readonly well: number };
    readonly summary: string;
  },
): Finding | undefined {
  const { percent, bounds, summary } = share;
  if (percent < bounds.well) return undefined;
  const level = percent >= bounds.over ? "over" : "between";
  const subject = { kind: "Node", name: metadata.name };
  return { rule, subject, level, summary, value: percent, threshold: bounds.over };
}
