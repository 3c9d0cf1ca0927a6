import { seededRandom } from "../../core/std/random.ts";
import { ACTIONS } from "./actions.ts";
import { FAULTS } from "./faults.ts";

/** One thing that happens; its own seed says how, so that it is the same when others are left out. */
export interface Step {
  readonly atMs: number;
  /** A row of the actions or of the faults. */
  readonly what: string;
  readonly seed: number;
}
/** Everything that is not decided by a running simulation itself. */
export interface Story {
  readonly seed: number;
  readonly nodes: number;
  readonly portsPerNode: number;
  readonly steps: readonly Step[];
}

const TROUBLE_MS = 30_000;
const NODES = { min: 2, max: 6 };
/** One seed in so many has as many machines as a large owner. */
const LARGE_ONE_IN = 100;
const LARGE_NODES = { min: 60, max: 200 };
/** What happens more often than the rest of the actions. */
const OFTEN = [
  ...["play", "play", "play", "play", "spike", "spike", "spike"],
  ...["scale", "changeTemplate", "replaceServer"],
];
const PORTS_PER_NODE = { min: 16, max: 40 };

/** What happens by `seed`: `steps` actions and faults (by default 10 to 40) within half a minute. */
export function makeStory(seed: number, steps?: number): Story {
  const random = seededRandom(seed);
  const isLarge = random.integer(1, LARGE_ONE_IN) === 1;
  const nodes = isLarge ? LARGE_NODES : NODES;
  const count = steps ?? random.integer(10, 40);
  const actions = [...Object.keys(ACTIONS), ...OFTEN];
  // Each story knows only some of the faults, so that each of them also meets an otherwise healthy world.
  const faults = random.shuffle(Object.keys(FAULTS)).slice(0, random.integer(0, 6));
  const some = (): string =>
    (random.next() < 0.35 ? random.pick(faults) : undefined) ?? random.pick(actions) ?? "play";
  const first: Step[] = ["createFirst", "createFleet"].map((what) => ({
    atMs: random.integer(0, 100),
    what,
    seed: random.integer(1, 2 ** 31),
  }));
  const rest = Array.from({ length: count }, () => ({
    atMs: random.integer(500, TROUBLE_MS),
    what: some(),
    seed: random.integer(1, 2 ** 31),
  }));
  return {
    seed,
    nodes: random.integer(nodes.min, nodes.max),
    portsPerNode: random.integer(PORTS_PER_NODE.min, PORTS_PER_NODE.max),
    steps: [...first, ...rest].sort((a, b) => a.atMs - b.atMs),
  };
}
