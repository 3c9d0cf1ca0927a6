import { cpuBasisOf } from "../../core/model/container.ts";
import { containerIdOf } from "../../core/model/container-plan.ts";
import type { Fleet } from "../../core/model/fleet.ts";
import type { FleetAutoscaler, PolicyStatus } from "../../core/model/fleet-autoscaler.ts";
import { type GameServer, gameContainerOf } from "../../core/model/game-server.ts";
import type { Reason } from "../../core/model/reason.ts";
import { NO_MEMORY, type ScaleMemory } from "../decide/autoscale/behavior.ts";
import type { CpuReadings, FleetFacts } from "../decide/autoscale/want.ts";
import { pickSurplus } from "../decide/game-server-set.ts";
import { addRoomSums, withUncounted } from "../decide/room-sums.ts";
import { addTallies, aliveOf, heldOf } from "../decide/tally.ts";
import { AutoscalerWebhooks, WEBHOOKS_DEFAULTS } from "./autoscaler-webhooks.ts";
import type { ControllerContext } from "./context.ts";
import { Demand } from "./demand.ts";
import type { UsageWindow } from "./usage-window.ts";

/** What an autoscaler remembers between two looks. */
export interface Remembered {
  memory: ScaleMemory;
  /** What its parts wanted last; undefined before the first look: then its status says so. */
  last: readonly PolicyStatus[] | undefined;
  /** Steps that no event has told yet. */
  steps: { count: number; from: number } | undefined;
  /** When the last event told of steps, monotonic. */
  toldAt: number | undefined;
  lastScaleTime: string | undefined;
  /** What it was warned of last, and when, monotonic. */
  warned: { readonly because: Reason; readonly at: number } | undefined;
  /** When the status was written last, monotonic. */
  wroteAt: number | undefined;
}
interface Looked<T> {
  readonly at: number;
  readonly found: T;
}

/**
 * Looks that cost the fleet's size are taken at most so often, however many events there are: once a second, and a fleet of
 * many thousands less often, a millisecond for each server.
 */
function costlyEveryMs(servers: number): number {
  return Math.max(1_000, servers);
}
const CAN_PLAY = ["Ready", "Allocated", "Reserved"] as const;
const REMOVABLE = [
  ...(["PortAllocation", "Creating", "Starting"] as const),
  ...(["Scheduled", "RequestReady", "Ready"] as const),
];

/** What autoscalers look at: counts and sums that follow every change, measurements, and who waits. */
export class AutoscalerSenses {
  readonly demand: Demand;
  readonly webhooks: AutoscalerWebhooks;
  readonly #context: ControllerContext;
  readonly #usage: UsageWindow;
  readonly #remembered = new Map<string, Remembered>();
  readonly #cpu = new Map<string, Looked<CpuReadings>>();
  readonly #removals = new Map<string, { dueAt: number; isPostponed: boolean }>();

  constructor(
    context: ControllerContext,
    usage: UsageWindow,
    onDemand: (fleet: Fleet) => void,
    onAnswer: (autoscaler: FleetAutoscaler) => void,
  ) {
    this.#context = context;
    this.#usage = usage;
    const { clock, store, world, newUid } = context;
    const fleetsOf = (namespace: string): readonly Fleet[] =>
      store
        .list("Fleet", namespace)
        .filter(({ metadata }) => world.autoscalersOf(namespace, metadata.name).length > 0);
    this.webhooks = new AutoscalerWebhooks({ ...WEBHOOKS_DEFAULTS, clock, newUid, onAnswer });
    this.demand = new Demand({ clock, fleetsOf, onDemand });
  }

  remembered({ metadata }: FleetAutoscaler): Remembered {
    const known = this.#remembered.get(metadata.uid);
    if (known) return known;
    const fresh = {
      ...{ memory: NO_MEMORY, last: undefined, steps: undefined, toldAt: undefined },
      ...{ lastScaleTime: undefined, warned: undefined, wroteAt: undefined },
    };
    this.#remembered.set(metadata.uid, fresh);
    return fresh;
  }

  /** Drops what belongs to autoscalers and fleets that are no more. */
  forget(): void {
    const { store } = this.#context;
    const known = new Set(store.list("FleetAutoscaler").map(({ metadata }) => metadata.uid));
    for (const uid of this.#remembered.keys()) if (!known.has(uid)) this.#remembered.delete(uid);
    this.webhooks.forget(known);
    const fleets = new Set(store.list("Fleet").map(({ metadata }) => metadata.uid));
    for (const one of [this.#cpu, this.#removals])
      for (const uid of one.keys()) if (!fleets.has(uid)) one.delete(uid);
  }

  factsOf(fleet: Fleet, webhook: FleetFacts["webhook"]): FleetFacts {
    const { world } = this.#context;
    const { namespace, name } = fleet.metadata;
    const sets = world.setsOfFleet(namespace, name).map(({ metadata }) => metadata.name);
    const tally = addTallies(sets.map((set) => world.tallyOfSet(namespace, set)));
    const { counters, lists } = fleet.spec.template.spec;
    const uncounted = sets.map((set) => world.uncountedRooms.ofSet(namespace, set));
    const sums = addRoomSums(sets.map((set) => world.rooms.ofSet(namespace, set)));
    return {
      current: fleet.spec.replicas,
      replicas: aliveOf(tally),
      allocated: tally.Allocated,
      held: heldOf(tally),
      template: { ...(counters ? { counters } : {}), ...(lists ? { lists } : {}) },
      ...withUncounted(
        sums,
        uncounted.reduce((all, one) => all + one, 0),
      ),
      removable: () => this.#removable(fleet, sets),
      cpu: () => this.#cpuOf(fleet, sets),
      webhook,
      cpuBasisMilli: basisOf(fleet),
      demand: this.demand.of(namespace, name),
    };
  }

  /** When a look for servers to remove was put off since this was asked last: in how long it is due. */
  postponedMs({ metadata }: Fleet): number | undefined {
    const last = this.#removals.get(metadata.uid);
    if (!last?.isPostponed) return undefined;
    last.isPostponed = false;
    return Math.max(0, last.dueAt - this.#context.clock.monotonic());
  }

  /** None while the last look was a moment ago: then nothing is removed yet. */
  #removable(fleet: Fleet, sets: readonly string[]): readonly GameServer[] {
    const { world, clock } = this.#context;
    const now = clock.monotonic();
    const last = this.#removals.get(fleet.metadata.uid);
    if (last && last.dueAt > now) {
      last.isPostponed = true;
      return [];
    }
    const { namespace } = fleet.metadata;
    const { scheduling, priorities } = fleet.spec;
    const candidates = sets
      .flatMap((set) => world.serversOfSet(namespace, set, REMOVABLE))
      .map((server) => ({ server, nodeLoad: world.playingOn(server.status.nodeName) }));
    const dueAt = now + costlyEveryMs(candidates.length);
    this.#removals.set(fleet.metadata.uid, { dueAt, isPostponed: false });
    return pickSurplus(candidates, candidates.length, {
      scheduling,
      priorities,
      readyLast: sets.length > 1,
    });
  }

  #cpuOf(fleet: Fleet, sets: readonly string[]): CpuReadings {
    const { clock, world } = this.#context;
    const { uid, namespace } = fleet.metadata;
    const now = clock.monotonic();
    const known = this.#cpu.get(uid);
    if (known && known.at > now - costlyEveryMs(known.found.length)) return known.found;
    const found = sets
      .flatMap((set) => world.serversOfSet(namespace, set, CAN_PLAY))
      .map(({ metadata, status }) => this.#usage.of(status.nodeName, containerIdOf(metadata.uid)));
    this.#cpu.set(uid, { at: now, found });
    return found;
  }
}

/** What a server asked for; without a request, what it is limited to. */
function basisOf({ spec }: Fleet): number {
  return cpuBasisOf(gameContainerOf(spec.template.spec));
}
