import type {
  CounterSelector,
  GameServerSelector,
  ListSelector,
} from "../../core/model/allocation.ts";
import { DRAINING_SINCE } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { compileSelector } from "../../core/model/label-selector.ts";
import { ownOf } from "../../core/std/json.ts";

export type Fits = (server: GameServer) => boolean;

/**
 * What of a selector an index can be kept for, made ready for many servers: everything but a value that a List must
 * have, which is another in every request. A server that is to end, by deletion or by draining, is never handed out.
 */
export function compileFit(namespace: string, selector: GameServerSelector): Fits {
  const matchesLabels = compileSelector(selector);
  const state = selector.gameServerState ?? "Ready";
  const bounds = [
    ...Object.entries(selector.counters ?? {}).map(([key, one]) => counterFits(key, one)),
    ...Object.entries(selector.lists ?? {}).map(([key, one]) => listFits(key, one)),
  ];
  return (server) =>
    server.status.state === state &&
    !isEnding(server) &&
    server.metadata.namespace === namespace &&
    matchesLabels(server.metadata.labels) &&
    bounds.every((fits) => fits(server));
}

/** The rest of a selector: the values that Lists must have; undefined when it names none. */
export function compileValues({ lists = {} }: GameServerSelector): Fits | undefined {
  const wanted = Object.entries(lists).filter(([, { containsValue }]) => containsValue);
  if (wanted.length === 0) return undefined;
  return ({ status }) =>
    wanted.every(([key, { containsValue = "" }]) =>
      ownOf(status.lists, key)?.values.includes(containsValue),
    );
}

export function isEnding({ metadata }: GameServer): boolean {
  return (
    metadata.deletionTimestamp !== undefined || metadata.annotations?.[DRAINING_SINCE] !== undefined
  );
}

/** Agones' rules: without the Counter it does not fit; a most of 0 is none. */
export function counterFits(key: string, bounds: CounterSelector): Fits {
  const { minCount = 0, maxCount, minAvailable = 0, maxAvailable } = bounds;
  return ({ status }) => {
    const counter = ownOf(status.counters, key);
    if (!counter) return false;
    const { count, capacity } = counter;
    return (
      isWithin(count, minCount, maxCount) && isWithin(capacity - count, minAvailable, maxAvailable)
    );
  };
}

/** The room that a List has left; not the value that it must have. */
export function listFits(key: string, { minAvailable = 0, maxAvailable }: ListSelector): Fits {
  return ({ status }) => {
    const list = ownOf(status.lists, key);
    return list ? isWithin(list.capacity - list.values.length, minAvailable, maxAvailable) : false;
  };
}

function isWithin(value: number, min: number, max = 0): boolean {
  return value >= min && (max === 0 || value <= max);
}
