import type { GameServerSelector } from "../../core/model/allocation.ts";
import { FLEET_LABEL, type Fleet } from "../../core/model/fleet.ts";
import type { FleetAutoscaler } from "../../core/model/fleet-autoscaler.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES, type GameServerState } from "../../core/model/game-server-state.ts";
import { compileSelector } from "../../core/model/label-selector.ts";
import { compileValues, counterFits, type Fits, isEnding, listFits } from "./fit.ts";

/** Why one server is not what a selector asks for, in words that follow a number: "3 are Allocated". */
type Check = (server: GameServer) => string | undefined;

export interface FleetFacts {
  readonly name: string;
  readonly fleet: Fleet | undefined;
  readonly autoscalers: readonly FleetAutoscaler[];
}

/** Why none of `servers` was handed out: what each selector left out, and what its fleets are doing about it. */
export function explainMiss(
  namespace: string,
  servers: readonly GameServer[],
  selectors: readonly GameServerSelector[],
  fleets: readonly FleetFacts[],
): string {
  const looked = `none of ${servers.length} game servers in namespace ${namespace} is to be had`;
  const why = servers.length === 0 ? [] : selectors.map((one) => explainSelector(one, servers));
  return [looked, ...why, ...fleets.map((one) => explainFleet(one, servers))].join("; ");
}

function explainSelector(selector: GameServerSelector, servers: readonly GameServer[]): string {
  const checks = checksOf(selector);
  const counts = new Map<string, number>();
  for (const server of servers) {
    const misfit = firstMisfit(checks, server);
    if (misfit) counts.set(misfit, (counts.get(misfit) ?? 0) + 1);
  }
  const told = [...counts].map(([misfit, count]) => `${count} ${misfit}`);
  return `${describeSelector(selector)}: ${told.join(", ") || "taken meanwhile"}`;
}

function firstMisfit(checks: readonly Check[], server: GameServer): string | undefined {
  for (const check of checks) {
    const misfit = check(server);
    if (misfit) return misfit;
  }
  return undefined;
}

/** In the order in which a person asks: is it the right one, is it free, has it room. */
function checksOf(selector: GameServerSelector): readonly Check[] {
  const { counters = {}, lists = {}, gameServerState = "Ready" } = selector;
  const matches = compileSelector(selector);
  const values = compileValues(selector);
  const unless = (fits: Fits, misfit: string): Check => {
    return (server) => (fits(server) ? undefined : misfit);
  };
  return [
    unless(({ metadata }) => matches(metadata.labels), "with other labels"),
    ({ status }) => (status.state === gameServerState ? undefined : `are ${status.state}`),
    unless((server) => !isEnding(server), "are about to end"),
    ...Object.entries(counters).map(([key, bounds]) =>
      unless(counterFits(key, bounds), `without that in counter ${key}`),
    ),
    ...Object.entries(lists).map(([key, bounds]) =>
      unless(listFits(key, bounds), `without that room in list ${key}`),
    ),
    ...(values ? [unless(values, "without that value")] : []),
  ];
}

/** Of one selector: who asked knows the rest. */
const TOLD_CHARS_MAX = 500;

/** `Allocated with agones.dev/fleet=arena, counter rooms minAvailable 1`. */
function describeSelector(selector: GameServerSelector): string {
  const { matchLabels = {}, matchExpressions = [], gameServerState = "Ready" } = selector;
  const { counters = {}, lists = {} } = selector;
  const parts = [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) =>
      `${key} ${operator} ${values.join("|")}`.trimEnd(),
    ),
    ...Object.entries(counters).map(([key, bounds]) => `counter ${key}${boundsText(bounds)}`),
    ...Object.entries(lists).map(([key, bounds]) => `list ${key}${boundsText(bounds)}`),
  ];
  if (parts.length === 0) return gameServerState;
  const text = `${gameServerState} with ${parts.join(", ")}`;
  return text.length > TOLD_CHARS_MAX ? `${text.slice(0, TOLD_CHARS_MAX)}…` : text;
}

function boundsText(bounds: object): string {
  return Object.entries(bounds)
    .filter(([, bound]) => bound !== 0 && bound !== "")
    .map(([name, bound]) => ` ${name} ${bound}`)
    .join("");
}

/** Counted now: the fleet's own status comes a moment later. */
function explainFleet(
  { name, fleet, autoscalers }: FleetFacts,
  servers: readonly GameServer[],
): string {
  if (!fleet) return `there is no fleet ${name}`;
  const its = servers.filter(({ metadata }) => metadata.labels?.[FLEET_LABEL] === name);
  const count = (is: (state: GameServerState) => boolean): number =>
    its.filter(({ status }) => is(status.state)).length;
  const ready = count((state) => state === "Ready");
  const held = count((state) => GAME_SERVER_STATES[state].held);
  const coming = count((state) => isOnTheWay(state));
  const counts = `${ready} Ready, ${held} held, ${coming} on the way`;
  const scaling = autoscalers.map(explainAutoscaler);
  const told = scaling.length > 0 ? scaling.join(", ") : "no autoscaler";
  return `fleet ${name} wants ${fleet.spec.replicas}: ${counts}, ${told}`;
}

function isOnTheWay(state: GameServerState): boolean {
  return GAME_SERVER_STATES[state].counts === "starting" || state === "RequestReady";
}

function explainAutoscaler({ metadata, status }: FleetAutoscaler): string {
  const why = [status.reason, status.message].filter(Boolean).join(": ");
  return `autoscaler ${metadata.name} wants ${status.desiredReplicas}${why ? ` (${why})` : ""}`;
}
