import type { GameServerSelector } from "../../core/model/allocation.ts";
import type { Container } from "../../core/model/container.ts";
import { FLEET_LABEL, type Fleet, SET_LABEL, sessionLimitsOf } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { GAME_SERVER_STATE_NAMES, GAME_SERVER_STATES } from "../../core/model/game-server-state.ts";
import type { Node } from "../../core/model/node.ts";
import { type Kind, keyOf, type Resource, refOf } from "../../core/model/resource.ts";
import { sameJson } from "../../core/std/json.ts";
import { stageOfNode, takesTheSame } from "../decide/node.ts";
import { reconcileAutoscaler } from "./autoscaler-controller.ts";
import { AutoscalerSenses } from "./autoscaler-senses.ts";
import { reconcileContainer } from "./container-controller.ts";
import type { ControllerContext } from "./context.ts";
import { Controller } from "./controller.ts";
import { CrashDampers } from "./crash-dampers.ts";
import { reconcileFleet } from "./fleet-controller.ts";
import { reconcileGameServer } from "./game-server-controller.ts";
import { reconcileSet } from "./game-server-set-controller.ts";
import { reconcileNode } from "./node-controller.ts";
import { NodeLink } from "./node-link.ts";
import type { PortCursors } from "./place.ts";
import { reconcileService } from "./service-controller.ts";
import { ServiceScaler } from "./service-scaler.ts";
import { hasDeadline } from "./session-deadline.ts";
import { serviceKeyOf, stateSeen } from "./world.ts";

type Managed = Exclude<Kind, "Network" | "Image" | "FleetRevision" | "Room">;
const NODE_CHECK_MS = 1_000;
const HELD = GAME_SERVER_STATE_NAMES.filter((state) => GAME_SERVER_STATES[state].held);

/** All loops of the control plane over one store. Changes of the head put keys into their queues; nothing else does. */
export class Controllers {
  readonly link: NodeLink;
  readonly #senses: AutoscalerSenses;
  readonly #context: ControllerContext;
  readonly #loops: Readonly<Record<Managed, Controller>>;
  readonly #cursors: PortCursors = new Map();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.link = new NodeLink(context);
    this.#senses = new AutoscalerSenses(
      context,
      this.link.measured,
      ({ metadata }) => this.#addAutoscalersOf(metadata.namespace, metadata.name),
      (autoscaler) => this.#add(autoscaler),
    );
    const scaler = new ServiceScaler(this.link.measured);
    const dampers = new CrashDampers();
    this.#loops = {
      Fleet: new Controller("fleet", context, reconcileFleet),
      GameServerSet: new Controller("game server set", context, (c, key) =>
        reconcileSet(c, key, dampers),
      ),
      GameServer: new Controller("game server", context, (c, key) =>
        reconcileGameServer(c, key, this.#cursors),
      ),
      FleetAutoscaler: new Controller("fleet autoscaler", context, (c, key) =>
        reconcileAutoscaler(c, key, this.#senses),
      ),
      Container: new Controller("container", context, reconcileContainer),
      Node: new Controller("node", context, reconcileNode),
      Service: new Controller("service", context, (c, key) => reconcileService(c, key, scaler)),
    };
  }

  /** A request for a game server found none: a fleet that could have had one may wake. */
  missed(namespace: string, selectors: readonly GameServerSelector[], count = 1): void {
    this.#senses.demand.missed(namespace, selectors, count);
  }

  /** Host ports of a node's range that nobody has; undefined for a node that has not joined. */
  portsFree(node: string): number | undefined {
    return this.#context.world.nodes.get(node)?.portsFree;
  }

  /** Runs every loop until `signal` is aborted; looks at everything once at the start. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, clock, logger } = this.#context;
    using _follow = store.onHead((before, after) => this.#follow(before, after));
    for (const kind of Object.keys(this.#loops) as Managed[])
      for (const resource of store.list(kind)) {
        this.#add(resource);
        if (resource.kind === "Container") this.#addServiceOf(resource);
      }
    for (const revision of store.list("FleetRevision")) this.#addFleetOf(revision);
    const check = async (): Promise<void> => {
      while (!signal.aborted) {
        await clock.sleep(NODE_CHECK_MS, signal);
        // A full disk refuses the writes of one look; the next may find it better.
        await this.link
          .checkNodes()
          .catch((error: unknown) => logger.warn({ error }, "the nodes could not be checked"));
      }
    };
    const loops = Object.values(this.#loops).map((loop) => loop.run(signal));
    await Promise.allSettled([...loops, check()]);
    this.#senses.webhooks.stop();
  }

  #follow(before: Resource | undefined, after: Resource | undefined): void {
    const one = after ?? before;
    if (!one) return;
    if (one.kind === "GameServer") {
      this.#followServer(before as GameServer | undefined, after as GameServer | undefined);
      return;
    }
    this.#add(one);
    if (one.kind === "Container") this.#addServiceOf(one);
    if (one.kind === "FleetAutoscaler" && !(before && after))
      this.#addAutoscalersOf(one.metadata.namespace, one.spec.fleetName);
    if (one.kind === "GameServerSet") this.#addFleetOf(one);
    if (before?.kind === "Fleet" && after?.kind === "Fleet") this.#followLimits(before, after);
    if (one.kind === "Fleet") this.#addAround(one.metadata.namespace, one.metadata.name);
    if (one.kind === "Node")
      this.#followNode(before as Node | undefined, after as Node | undefined);
    if (one.kind === "Image") this.#addWaiting();
    if (one.kind === "GameServerSet" && !after) this.#addServersOf(one);
  }

  /** A node that counts otherwise concerns what is on it; one that takes more concerns what waits. */
  #followNode(before: Node | undefined, after: Node | undefined): void {
    const { name = "" } = (after ?? before)?.metadata ?? {};
    const { world } = this.#context;
    if (!after) this.#cursors.delete(name);
    if (!before || !after || stageOfNode(before) !== stageOfNode(after))
      for (const one of [...world.serversOn(name), ...world.containersOn(name)]) {
        this.#add(one);
        if (one.kind === "Container") this.#addServiceOf(one);
      }
    if (after && (!before || !takesTheSame(before, after))) this.#addWaiting();
  }

  /** A server's change concerns its own loop always, its set and fleet only when a count or a sum changed. */
  #followServer(before: GameServer | undefined, after: GameServer | undefined): void {
    const one = after ?? before;
    if (!one) return;
    const { namespace, labels } = one.metadata;
    const was = before && stateSeen(before);
    const is = after && stateSeen(after);
    if (is !== "Ready" && is !== "Allocated") this.#add(one);
    if (was === "Ready" && is === "Allocated")
      this.#senses.demand.served(namespace, labels?.[FLEET_LABEL] ?? "");
    if (is === "Allocated" && hasDeadline(this.#context, one)) this.#add(one);
    if (was === is && !isCountedAnew(before, after)) return;
    // The fleet first: a set that asks for less in a rollout must not fill a gap that is no longer wanted.
    this.#addFleetOf(one);
    const set = labels?.[SET_LABEL];
    if (set) this.#loops.GameServerSet.add(`GameServerSet/${namespace}/${set}`);
  }

  /** A new deadline concerns servers that are held already. */
  #followLimits(before: Fleet, after: Fleet): void {
    if (sameJson(sessionLimitsOf(before), sessionLimitsOf(after))) return;
    const { world } = this.#context;
    const { namespace, name } = after.metadata;
    for (const set of world.setsOfFleet(namespace, name))
      for (const server of world.serversOfSet(namespace, set.metadata.name, HELD))
        this.#add(server);
  }

  /** A service's own loop also ends replicas of one that is gone. */
  #addServiceOf(container: Container): void {
    const key = serviceKeyOf(container);
    if (key) this.#loops.Service.add(`Service/${key}`);
  }

  #addFleetOf({ metadata }: Resource): void {
    const fleet = metadata.labels?.[FLEET_LABEL];
    if (!fleet) return;
    this.#loops.Fleet.add(`Fleet/${metadata.namespace}/${fleet}`);
    this.#addAutoscalersOf(metadata.namespace, fleet);
  }

  #addAutoscalersOf(namespace: string, fleet: string): void {
    for (const autoscaler of this.#context.world.autoscalersOf(namespace, fleet))
      this.#add(autoscaler);
  }

  #addAround(namespace: string, fleet: string): void {
    const { world } = this.#context;
    for (const set of world.setsOfFleet(namespace, fleet)) this.#add(set);
    this.#addAutoscalersOf(namespace, fleet);
  }

  #addServersOf({ metadata: { namespace, name } }: Resource): void {
    for (const server of this.#context.world.serversOfSet(namespace, name, GAME_SERVER_STATE_NAMES))
      this.#add(server);
  }

  /** A node or an image came, went or changed: what has no node may fit now. */
  #addWaiting(): void {
    for (const resource of this.#context.world.unplaced()) this.#add(resource);
  }

  #add(resource: Resource): void {
    const loop = this.#loops[resource.kind as Managed];
    loop?.add(keyOf(refOf(resource)));
  }
}

/** A Counter or List is another than it was: what a change leaves alone is the same object. */
function isCountedAnew(before: GameServer | undefined, after: GameServer | undefined): boolean {
  return (
    before?.status.counters !== after?.status.counters ||
    before?.status.lists !== after?.status.lists
  );
}
