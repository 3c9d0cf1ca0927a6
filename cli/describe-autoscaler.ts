import { ageOf } from "../core/model/age.ts";
import type { FleetAutoscaler } from "../core/model/fleet-autoscaler.ts";
import type { Service } from "../core/model/service.ts";
import { printable, textTable } from "./text-table.ts";

/** What autoscalers want of their fleet and why: a line for each, and one for each part of its policy. Pure. */
export function autoscalersText(autoscalers: readonly FleetAutoscaler[], now: number): string {
  if (autoscalers.length === 0) return "";
  return `Autoscalers:\n${autoscalers.map((one) => indented(oneText(one, now), "  ")).join("")}`;
}

/** What a service's own autoscaling wants and why; empty without it. Pure. */
export function serviceScalingText({ spec, status }: Service, now: number): string {
  if (!spec.autoscaling) return "";
  const { minReplicas, maxReplicas } = spec.autoscaling;
  const bounds = `between ${minReplicas} and ${maxReplicas} replicas`;
  if (!status.autoscaling) return `Autoscaling: ${bounds}, no decision yet\n`;
  const { currentReplicas, desiredReplicas, lastScaleTime, reason, message } = status.autoscaling;
  const numbers = `wants ${desiredReplicas}, found ${currentReplicas}, scaled ${agoOf(lastScaleTime, now)}`;
  return `Autoscaling: ${bounds}, ${numbers}\n  ${reason}: ${printable(message)}\n`;
}

function agoOf(time: string | undefined, now: number): string {
  return time === undefined ? "never" : `${ageOf(time, now)} ago`;
}

function oneText({ metadata, spec, status }: FleetAutoscaler, now: number): string {
  const { currentReplicas, desiredReplicas, lastScaleTime, reason, message } = status;
  const scaled = agoOf(lastScaleTime, now);
  const head = `${metadata.name} (${spec.policy.type}) wants ${desiredReplicas}, found ${currentReplicas}, scaled ${scaled}\n`;
  const why = `${[reason, message].flatMap((text) => (text ? [printable(text)] : [])).join(": ") || "no decision yet"}\n`;
  const rows = (status.policies ?? []).map((one) => [
    one.id,
    one.type,
    String(one.desiredReplicas),
    one.reason ?? (one.limited ? "ScalingLimited" : ""),
    printable(one.message),
  ]);
  const table = textTable([["POLICY", "TYPE", "WANTS", "REASON", "WHY"], ...rows]);
  return head + indented(why, "  ") + (rows.length > 0 ? indented(table, "  ") : "");
}

function indented(text: string, by: string): string {
  return text.replace(/^(?=.)/gm, by);
}
