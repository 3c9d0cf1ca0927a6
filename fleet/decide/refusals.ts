import type { Reason } from "../../core/model/reason.ts";

/** Why one node cannot take something. */
export interface Refusal {
  readonly node: string;
  readonly because: Reason;
  readonly why: string;
}

/** A person reads this: a few causes with a few names each, however many nodes there are. */
const CAUSES_MAX = 6;
const NAMES_MAX = 3;

/** `vm-1: cpu 250m asked, 100m left; vm-2, vm-3: cordoned`: causes in the order of the nodes, the same one told once. */
export function refusalsText(refusals: readonly Refusal[]): string {
  const byWhy = new Map<string, string[]>();
  for (const { node, why } of refusals) byWhy.set(why, [...(byWhy.get(why) ?? []), node]);
  const causes = [...byWhy].slice(0, CAUSES_MAX).map(([why, names]) => `${some(names)}: ${why}`);
  const untold = [...byWhy].slice(CAUSES_MAX).flatMap(([, names]) => names);
  return [...causes, ...(untold.length > 0 ? [`and ${untold.length} more nodes`] : [])].join("; ");
}

function some(names: readonly string[]): string {
  const more = names.length - NAMES_MAX;
  const shown = names.slice(0, NAMES_MAX).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** True when two messages differ in nothing but how much is left: what is left changes with every neighbour. */
export function sameCause(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && withoutLeft(a) === withoutLeft(b));
}

function withoutLeft(message: string): string {
  return message.replaceAll(/asked, \S+ left/g, "asked");
}
