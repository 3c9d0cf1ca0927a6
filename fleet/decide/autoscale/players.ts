import type { PlayersPolicy } from "../../../core/model/fleet-autoscaler.ts";
import { ownOf } from "../../../core/std/json.ts";
import { isSound } from "./capacity.ts";
import { atLeast, type FleetFacts, type Want, within } from "./want.ts";

/** A count beyond so many times the room that there is, is no count. */
const ABSURD_TIMES = 100;

/** Ours: as many servers as the players (or rooms) need, so many on each or so many percent of each one's room. */
export function decidePlayers(policy: PlayersPolicy, facts: FleetFacts): Want {
  const { type, key } = policy;
  const each =
    type === "Counter"
      ? ownOf(facts.template.counters, key)?.capacity
      : ownOf(facts.template.lists, key)?.capacity;
  if (each === undefined)
    return {
      because: "PolicyUnusable",
      message: `the fleet's template has no ${type.toLowerCase()} ${key}`,
    };
  const sum = ownOf(type === "Counter" ? facts.counters : facts.lists, key) ?? NOBODY;
  if (!isSound(sum) || sum.count > ABSURD_TIMES * Math.max(1, sum.capacity))
    return {
      because: "MetricsAbsurd",
      message: `${sum.count} ${key} on servers with room for ${sum.capacity} cannot be`,
    };
  const perServer = policy.perServer ?? (each * (policy.targetPercent ?? 100)) / 100;
  if (perServer <= 0)
    return { because: "PolicyUnusable", message: `a server has no room for ${key}` };
  const [wanted, said] = atLeast(Math.ceil(sum.count / perServer), facts);
  const words = `${sum.count} ${key}, ${Math.round(perServer * 10) / 10} per server,`;
  return within(wanted, policy, words, said);
}

const NOBODY = { count: 0, capacity: 0 };
