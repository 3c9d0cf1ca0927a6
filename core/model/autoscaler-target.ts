import {
  type FleetAutoscalerPolicy,
  replicaRangeOf,
  type WebhookPolicy,
} from "./fleet-autoscaler.ts";

/**
 * The most that a policy asks for, for people: servers, or the capacity of a Counter or List (`100 rooms`), which bounds
 * no number of servers. Of several entries all bounds that count; `-` when one of them has none.
 */
export function mostOf(policy: FleetAutoscalerPolicy): string {
  switch (policy.type) {
    case "Counter":
      return `${policy.counter.maxCapacity} ${policy.counter.key}`;
    case "List":
      return `${policy.list.maxCapacity} ${policy.list.key}`;
    case "Schedule":
      return mostOf(policy.schedule.policy);
    case "Chain":
      return mostOfAll(policy.chain);
    case "Max":
      return mostOfAll(policy.max);
    case "Webhook":
      return "-";
    default:
      return String(replicaRangeOf(policy)[1]);
  }
}

function mostOfAll(entries: readonly FleetAutoscalerPolicy[]): string {
  const bounds = entries.map(mostOf);
  if (bounds.includes("-")) return "-";
  const isServers = (bound: string): boolean => /^\d+$/.test(bound);
  const servers = bounds.filter(isServers).map(Number);
  const most = servers.length > 0 ? [String(Math.max(...servers))] : [];
  return [...new Set([...most, ...bounds.filter((bound) => !isServers(bound))])].join(",");
}

/** Where a webhook is, without what only it is to read: a password, a query. */
export function webhookPlaceOf({ url }: WebhookPolicy): string {
  const parsed = URL.parse(url);
  return parsed ? `${parsed.origin}${parsed.pathname}` : "";
}

/** What a policy aims at, in a few letters. */
export function targetOf(policy: FleetAutoscalerPolicy): string {
  switch (policy.type) {
    case "Buffer":
      return String(policy.buffer.bufferSize);
    case "Counter":
      return `${policy.counter.bufferSize} ${policy.counter.key}`;
    case "List":
      return `${policy.list.bufferSize} ${policy.list.key}`;
    case "Players": {
      const { perServer, targetPercent, key } = policy.players;
      return perServer === undefined ? `${targetPercent}% ${key}` : `${perServer} ${key}`;
    }
    case "CPU": {
      const { meanPercent, p95Percent } = policy.cpu;
      const parts = [meanPercent && `mean ${meanPercent}%`, p95Percent && `p95 ${p95Percent}%`];
      return parts.filter(Boolean).join(",");
    }
    case "Webhook":
      return webhookPlaceOf(policy.webhook);
    case "Schedule":
      return targetOf(policy.schedule.policy);
    case "Chain":
      return policy.chain.map(({ id }) => id).join(",");
    case "Max":
      return policy.max.map(({ id }) => id).join(",");
  }
}
