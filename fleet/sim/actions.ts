import type { GameServerTemplate } from "../../core/model/fleet.ts";
import { NODE_LOSS, NODE_LOSS_POLICIES } from "../../core/model/game-server.ts";
import { ROOMS_COUNTER } from "../../core/model/room.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import type { Random } from "../../core/std/random.ts";
import { type Game, PLAYERS } from "./game.ts";
import type { Scene } from "./scene.ts";

/** What people and games do; every action is one row. `random` is the step's own, so that a step means the same alone. */
export type Act = (scene: Scene, random: Random) => void | Promise<void>;

const FLEETS = ["arena", "duel", "lobby"] as const;
const REPLICAS_MAX = 6;
const SPIKE = { min: 5, max: 25 };
const PARTY = { min: 3, max: 15 };
const ROOMS_PER_SERVER = 2;

export const ACTIONS: Readonly<Record<string, Act>> = {
  createFleet: (scene, random) =>
    scene.operator.createFleet(
      fleetName(random),
      fleetSpec(random, random.integer(0, REPLICAS_MAX)),
    ),
  /** Every story has the fleet that is asked for most. */
  createFirst: (scene, random) =>
    scene.operator.createFleet(FLEETS[0], fleetSpec(random, random.integer(2, REPLICAS_MAX))),
  scale: (scene, random) => {
    const replicas = random.integer(0, REPLICAS_MAX);
    return scene.operator.changeFleet(fleetName(random), `replicas ${replicas}`, (spec) => ({
      ...spec,
      replicas,
    }));
  },
  changeTemplate: (scene, random) => {
    const version = String(random.integer(2, 9));
    const strategy = strategyOf(random);
    return scene.operator.changeFleet(fleetName(random), `version ${version}`, (spec) => ({
      ...spec,
      strategy,
      template: templateOf("good", version),
    }));
  },
  rollOutBadVersion: (scene, random) => {
    const image = random.pick(["crashing", "broken"]) ?? "";
    return scene.operator.changeFleet(fleetName(random), `image ${image}`, (spec) => ({
      ...spec,
      template: templateOf(image, "bad"),
    }));
  },
  createServer: (scene, random) =>
    scene.operator.createServer(`solo-${random.integer(1, 2)}`, templateOf("good", "1")),
  replaceServer: async (scene, random) => {
    const name = `solo-${random.integer(1, 2)}`;
    for (let lives = random.integer(1, 4); lives > 0; lives--) {
      const old = scene.checker.ledger.resources.get(`GameServer/default/${name}`);
      if (old?.kind === "GameServer") await scene.operator.deleteServer(old);
      await scene.time.sleep(random.integer(50, 1_000));
      await scene.operator.createServer(name, templateOf("good", "1"));
      await scene.time.sleep(random.integer(50, 1_000));
    }
  },
  deleteFleet: (scene, random) => scene.operator.delete("Fleet", fleetName(random)),
  deleteServer: (scene, random) => {
    const server = random.pick(scene.checker.ledger.list("GameServer"));
    return server && scene.operator.deleteServer(server);
  },
  deleteSet: (scene, random) => {
    const set = random.pick(scene.checker.ledger.list("GameServerSet"));
    return set && scene.operator.delete("GameServerSet", set.metadata.name);
  },
  autoscale: (scene, random) =>
    scene.operator.createAutoscaler(fleetName(random), {
      bufferSize: random.integer(1, 3),
      minReplicas: 0,
      maxReplicas: random.integer(4, 10),
    }),
  endAutoscale: (scene, random) => scene.operator.delete("FleetAutoscaler", fleetName(random)),
  play: (scene, random) => scene.players.play(fleetName(random), random.next() < 0.7),
  spike: (scene, random) => {
    const fleet = fleetName(random);
    for (let i = random.integer(SPIKE.min, SPIKE.max); i > 0; i--)
      void scene.players.play(fleet, random.next() < 0.7);
  },
  visit: (scene, random) => scene.guests.visit(fleetName(random)),
  party: (scene, random) => {
    const fleet = fleetName(random);
    for (let i = random.integer(PARTY.min, PARTY.max); i > 0; i--) void scene.guests.visit(fleet);
  },
  gameAllocatesItself: (scene, random) => someGame(scene, random)?.release({ verb: "allocate" }),
  gameReservesItself: (scene, random) =>
    someGame(scene, random)?.release({ verb: "reserve", seconds: random.integer(1, 8) }),
  pause: async (scene, random) => {
    const name = fleetName(random);
    await scene.operator.changeFleet(name, "pause", (spec) => ({ ...spec, paused: true }));
    await scene.time.sleep(random.integer(1_000, 8_000));
    await scene.operator.changeFleet(name, "resume", (spec) => ({ ...spec, paused: false }));
  },
  drain: async (scene, random) => {
    const node = random.pick(scene.nodes);
    if (!node) return;
    const deadline = rfc3339(scene.time.now() + random.integer(1_000, 8_000));
    await scene.operator.changeNode(node.name, "drain", {
      unschedulable: true,
      drain: random.next() < 0.5 ? { deadline } : {},
    });
    await scene.time.sleep(random.integer(2_000, 12_000));
    await scene.operator.changeNode(node.name, "uncordon", { unschedulable: false });
  },
  /** The machine is taken for dead, perhaps wrongly, and comes back when nobody expects it. */
  deleteNode: async (scene, random) => {
    const node = random.pick(scene.nodes);
    if (!node) return;
    node.way.isCut = true;
    await scene.time.sleep(random.integer(500, 12_000));
    await scene.operator.delete("Node", node.name);
    await scene.time.sleep(random.integer(500, 8_000));
    node.way.isCut = false;
  },
  cordon: async (scene, random) => {
    const node = random.pick(scene.nodes);
    if (!node) return;
    await scene.operator.changeNode(node.name, "cordon", { unschedulable: true });
    await scene.time.sleep(random.integer(1_000, 8_000));
    await scene.operator.changeNode(node.name, "uncordon", { unschedulable: false });
  },
};

/** At the end every fleet gets a version that works and every node may be used, so that all can come to rest. */
export async function mendFleets({ operator, checker }: Scene): Promise<void> {
  for (const { metadata, spec } of checker.ledger.list("Fleet"))
    if (!spec.template.spec.template.spec.containers[0]?.image.endsWith(":good"))
      await operator.changeFleet(metadata.name, "a version that works", (old) => ({
        ...old,
        template: templateOf("good", "mended"),
      }));
    else if (spec.paused)
      await operator.changeFleet(metadata.name, "resume", (old) => ({ ...old, paused: false }));
  for (const { metadata, spec } of checker.ledger.list("Node"))
    if (spec.unschedulable)
      await operator.changeNode(metadata.name, "uncordon", { unschedulable: false });
}

function fleetName(random: Random): string {
  // The first is asked for most, so that much happens to one fleet.
  return FLEETS[Math.floor(random.next() ** 2 * FLEETS.length)] ?? FLEETS[0];
}

function someGame(scene: Scene, random: Random): Game | undefined {
  const games = scene.nodes.flatMap(({ machine }) => machine.games());
  return random.pick(games);
}

function fleetSpec(random: Random, replicas: number): object {
  const policy = random.pick(NODE_LOSS_POLICIES) ?? "replace";
  const seconds = (share: number, name: string): object =>
    random.next() < share ? { [name]: random.integer(2, 12) } : {};
  return {
    replicas,
    scheduling: random.pick(["Packed", "Distributed"]),
    strategy: strategyOf(random),
    ...seconds(0.3, "drainSeconds"),
    ...seconds(0.2, "maxSessionAgeSeconds"),
    template: templateOf("good", "1", { [NODE_LOSS]: policy }),
  };
}

function strategyOf(random: Random): object {
  if (random.next() < 0.3) return { type: "Recreate" };
  const maxSurge = random.pick(["25%", 1, 3]);
  const maxUnavailable = random.pick(["25%", 1, 2]);
  return { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } };
}

function templateOf(image: string, version: string, annotations = {}): GameServerTemplate {
  const template = {
    metadata: { labels: { version }, annotations },
    spec: {
      ports: [{ name: "game", containerPort: 7654 }],
      counters: {
        [PLAYERS]: { count: 0, capacity: 1_000 },
        [ROOMS_COUNTER]: { count: 0, capacity: ROOMS_PER_SERVER },
      },
      template: { spec: { containers: [{ name: "game", image: `arena:${image}` }] } },
    },
  };
  // What is left out gets its default when the control plane takes it in.
  return template as unknown as GameServerTemplate;
}
