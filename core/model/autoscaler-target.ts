import type { FleetAutoscalerPolicy, WebhookPolicy } from "./fleet-autoscaler.ts";

/** A bound for people; `-` when there is none. */
export function boundOf(max: number): string {
  return Number.isFinite(max) ? String(max) : "-";
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
