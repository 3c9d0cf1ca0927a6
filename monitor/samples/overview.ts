import type { Fleet } from "../../core/model/fleet.ts";
import type { FleetAutoscaler } from "../../core/model/fleet-autoscaler.ts";
import { GAME_SERVER_STATES } from "../../core/model/game-server-state.ts";
import type { Overview } from "../../core/model/overview.ts";
import { playersOfFleet } from "../../core/model/players.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import type { LiveSamples } from "./live-samples.ts";

export interface OverviewParts {
  readonly store: ResourceStore;
  readonly samples: LiveSamples;
  /** Alerts that are on. */
  readonly alertCounts: () => { readonly firing: number; readonly pending: number };
}

/** The whole platform at a glance, as it is now. */
export function overviewOf({ store, samples, alertCounts }: OverviewParts): Overview {
  const platform = samples.platform();
  const fleets = fleetsOf(store, samples);
  const nodes = store.list("Node");
  return {
    atMs: samples.now,
    fleets,
    services: store.list("Service").map(({ metadata, status }) => ({
      namespace: metadata.namespace,
      name: metadata.name,
      replicas: status.replicas,
      ready: status.readyReplicas,
    })),
    nodes: { ready: nodes.filter(({ status }) => status.ready).length, total: nodes.length },
    containers: {
      running: runningOf(store),
      total: store.count("GameServer") + store.count("Container"),
    },
    rooms: fleets.reduce((sum, { rooms }) => sum + rooms, 0),
    players: fleets.reduce((sum, { players }) => sum + (players ?? 0), 0),
    allocations: {
      perSecond: known(platform.allocations) ?? 0,
      p99Ms: known(platform.allocationP99),
      refusedPerSecond: known(platform.refused) ?? 0,
      waiting: known(platform.waiting) ?? 0,
    },
    alerts: alertCounts(),
  };
}

function fleetsOf(store: ResourceStore, samples: LiveSamples): Overview["fleets"] {
  const scalers = new Map<string, FleetAutoscaler>();
  for (const one of store.list("FleetAutoscaler"))
    scalers.set(`${one.metadata.namespace}/${one.spec.fleetName}`, one);
  return store.list("Fleet").map((fleet) => {
    const { namespace, name } = fleet.metadata;
    const scaler = scalers.get(`${namespace}/${name}`);
    return {
      ...countsOf(fleet),
      rooms: samples.roomsOf(fleet),
      ...(scaler ? { autoscaler: autoscalerOf(scaler) } : {}),
    };
  });
}

function countsOf(fleet: Fleet) {
  const { metadata, spec, status } = fleet;
  const { players, playersMax } = playersOfFleet(fleet);
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    replicas: status.replicas,
    ready: status.readyReplicas,
    allocated: status.allocatedReplicas,
    reserved: status.reservedReplicas,
    desired: spec.replicas,
    players: players ?? null,
    playersMax: playersMax ?? null,
  };
}

function autoscalerOf({ metadata, status }: FleetAutoscaler) {
  const { desiredReplicas, reason = "", message = "" } = status;
  return { name: metadata.name, desired: desiredReplicas, because: reason, message };
}

function runningOf(store: ResourceStore): number {
  let running = 0;
  for (const { status } of store.list("GameServer"))
    if (GAME_SERVER_STATES[status.state].runs && status.state !== "Starting") running += 1;
  for (const { status } of store.list("Container")) if (status.phase === "Running") running += 1;
  return running;
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
