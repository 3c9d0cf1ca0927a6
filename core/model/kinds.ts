import type { ServedKind } from "./resource.ts";

export interface KindRow {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly short: readonly string[];
  readonly namespaced: boolean;
  /** The paths that answer on `/scale`, or null. */
  readonly scale: boolean;
  /** `made`: made and changed by routes of its own, read and deleted by the generic ones. */
  readonly verbs: "all" | "create" | "read" | "made";
}

const AGONES = "agones.dev";
const FLOTILLA = "flotilla.dev";
// biome-ignore format: a table is read by its columns
const row = (group: string, plural: string, short: readonly string[], more: Partial<KindRow> = {}): KindRow => ({
  group, version: "v1", plural, singular: plural.replace(/s$/, ""), short, namespaced: true, scale: false, verbs: "all", ...more,
});

/** Every kind that the API serves: one row, one set of generic routes. */
// biome-ignore format: a table is read by its columns
export const KINDS: Readonly<Record<ServedKind | "GameServerAllocation", KindRow>> = {
  GameServer:           row(AGONES, "gameservers", ["gs"]),
  GameServerSet:        row(AGONES, "gameserversets", ["gss"], { scale: true }),
  Fleet:                row(AGONES, "fleets", ["flt"], { scale: true }),
  FleetAutoscaler:      row(`autoscaling.${AGONES}`, "fleetautoscalers", ["fas"]),
  GameServerAllocation: row(`allocation.${AGONES}`, "gameserverallocations", ["gsa"], { verbs: "create" }),
  FleetRevision:        row(FLOTILLA, "fleetrevisions", ["frev"]),
  Container:            row(FLOTILLA, "containers", ["ctr"]),
  Service:              row(FLOTILLA, "services", ["svc"], { scale: true }),
  Network:              row(FLOTILLA, "networks", ["net"]),
  Image:                row(FLOTILLA, "images", ["img"], { namespaced: false }),
  Node:                 row(FLOTILLA, "nodes", ["no"], { namespaced: false }),
  Room:                 row(FLOTILLA, "rooms", [], { verbs: "made" }),
  Event:                row(FLOTILLA, "events", ["ev"], { verbs: "read" }),
};

export type AnyKind = keyof typeof KINDS;

/** `agones.dev/v1` of `Fleet`. */
export function apiVersionOf(kind: AnyKind): string {
  return `${KINDS[kind].group}/${KINDS[kind].version}`;
}

/** The kind that a person means by `fleet`, `Fleets`, `flt` or `gameservers.agones.dev`; undefined if none. */
export function kindNamed(word: string): AnyKind | undefined {
  const wanted = word.toLowerCase().split(".")[0] ?? "";
  const names = Object.keys(KINDS) as AnyKind[];
  return names.find((kind) => {
    const { plural, singular, short } = KINDS[kind];
    return plural === wanted || singular === wanted || short.includes(wanted);
  });
}
