import type { GameServerTemplate } from "../../core/model/fleet.ts";
import type { Random } from "../../core/std/random.ts";
import type { Game } from "./game.ts";
import type { Scene } from "./scene.ts";

/** What people and games do; every action is one row. `random` is the step's own, so that a step means the same alone. */
export type Act = (scene: Scene, random: Random) => void | Promise<void>;

const FLEETS = ["arena", "duel", "lobby"] as const;
const REPLICAS_MAX = 6;
const SPIKE = { min: 5, max: 25 };

export const ACTIONS: Readonly<Record<string, Act>> = {
  createFleet: (scene, random) =>
    scene.operator.createFleet(fleetName(random), {
      replicas: random.integer(0, REPLICAS_MAX),
      scheduling: random.pick(["Packed", "Distributed"]),
      strategy: strategyOf(random),
      template: templateOf("good", "1"),
    }),
  /** Every story has the fleet that is asked for most. */
  createFirst: (scene, random) =>
    scene.operator.createFleet(FLEETS[0], {
      replicas: random.integer(2, REPLICAS_MAX),
      scheduling: random.pick(["Packed", "Distributed"]),
      strategy: strategyOf(random),
      template: templateOf("good", "1"),
    }),
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
      if (old) {
        scene.checker.byPerson(old.metadata.uid);
        await scene.operator.delete("GameServer", name);
      }
      await scene.time.sleep(random.integer(50, 1_000));
      await scene.operator.createServer(name, templateOf("good", "1"));
      await scene.time.sleep(random.integer(50, 1_000));
    }
  },
  deleteFleet: (scene, random) => scene.operator.delete("Fleet", fleetName(random)),
  deleteServer: (scene, random) => {
    const server = random.pick(scene.checker.ledger.list("GameServer"));
    if (!server) return;
    scene.checker.byPerson(server.metadata.uid);
    return scene.operator.delete("GameServer", server.metadata.name);
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
  gameAllocatesItself: (scene, random) => someGame(scene, random)?.release({ verb: "allocate" }),
  gameReservesItself: (scene, random) =>
    someGame(scene, random)?.release({ verb: "reserve", seconds: random.integer(1, 8) }),
  cordon: async (scene, random) => {
    const node = random.pick(scene.nodes);
    if (!node) return;
    await scene.operator.cordon(node.name, true);
    await scene.time.sleep(random.integer(1_000, 8_000));
    await scene.operator.cordon(node.name, false);
  },
};

/** At the end every fleet gets a version that works, so that all can come to rest. */
export async function mendFleets({ operator, checker }: Scene): Promise<void> {
  for (const { metadata, spec } of checker.ledger.list("Fleet"))
    if (!spec.template.spec.template.spec.containers[0]?.image.endsWith(":good"))
      await operator.changeFleet(metadata.name, "a version that works", (old) => ({
        ...old,
        template: templateOf("good", "mended"),
      }));
}

function fleetName(random: Random): string {
  // The first is asked for most, so that much happens to one fleet.
  return FLEETS[Math.floor(random.next() ** 2 * FLEETS.length)] ?? FLEETS[0];
}

function someGame(scene: Scene, random: Random): Game | undefined {
  const games = scene.nodes.flatMap(({ machine }) => machine.games());
  return random.pick(games);
}

function strategyOf(random: Random): object {
  if (random.next() < 0.3) return { type: "Recreate" };
  const maxSurge = random.pick(["25%", 1, 3]);
  const maxUnavailable = random.pick(["25%", 1, 2]);
  return { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } };
}

function templateOf(image: string, version: string): GameServerTemplate {
  const template = {
    metadata: { labels: { version } },
    spec: {
      ports: [{ name: "game", containerPort: 7654 }],
      template: { spec: { containers: [{ name: "game", image: `arena:${image}` }] } },
    },
  };
  // What is left out gets its default when the control plane takes it in.
  return template as unknown as GameServerTemplate;
}
