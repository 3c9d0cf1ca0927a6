import { NODE_LOSS } from "../../core/model/game-server.ts";
import type { NodeStatus } from "../../core/model/node.ts";
import { type Random, seededRandom } from "../../core/std/random.ts";
import { ACTIONS, mendFleets } from "./actions.ts";
import { Checker, type Violation } from "./checker.ts";
import { ControlPlane } from "./control-plane.ts";
import { SimDisk } from "./disk.ts";
import { endFaults, FAULTS } from "./faults.ts";
import { GOOD_MANNERS } from "./game.ts";
import { Guests } from "./guests.ts";
import { countUp } from "./invariants.ts";
import { Machine } from "./machine.ts";
import { Way } from "./network.ts";
import { SimNode } from "./node.ts";
import { Operator } from "./operator.ts";
import { Players } from "./player.ts";
import { whatIsNotAtRest } from "./rest.ts";
import type { Scene } from "./scene.ts";
import type { Story } from "./story.ts";
import { VirtualTime } from "./virtual-time.ts";

export interface Outcome {
  readonly violation: Violation | undefined;
  /** Every event with its virtual time; empty unless asked for. */
  readonly log: readonly string[];
  readonly commits: number;
  readonly crashes: number;
  readonly allocated: number;
  /** Guests who got a seat in a room. */
  readonly seated: number;
  /** Virtual milliseconds from the last fault until all was at rest. */
  readonly restAfterMs: number;
}

const IMAGES = ["arena:good", "arena:crashing", "arena:broken"];
const EPOCH_MS = Date.UTC(2026, 0, 1);
const TROUBLE_MS = 31_000;
/** Everything that a healthy system still has to do after the last fault is done by then. */
const REST_MS_MAX = 120_000;
const LOOK_EVERY_MS = 500;
const MEND_EVERY_LOOKS = 20;

/** Runs a story to its end, or to the first thing that should not have been. */
export async function simulate(story: Story, keepLog: boolean): Promise<Outcome> {
  const run = new Run(story, keepLog);
  return await run.outcome();
}

/** Everything of one run; nothing of it outlives the run. */
class Run implements Scene {
  readonly time = new VirtualTime(EPOCH_MS);
  readonly disk: SimDisk;
  readonly nodes: readonly SimNode[];
  readonly players: Players;
  readonly guests: Guests;
  readonly operator: Operator;
  readonly checker: Checker;
  readonly manners = { ...GOOD_MANNERS };
  readonly #story: Story;
  readonly #log: string[] | undefined;
  #plane: ControlPlane | undefined;
  readonly #uids: Random;
  #crashes = 0;
  #commits = 0;

  constructor(story: Story, keepLog: boolean) {
    this.#story = story;
    this.#log = keepLog ? [] : undefined;
    const { time } = this;
    this.#uids = this.#random("uids");
    const trace = (line: string): void => this.trace(line);
    this.checker = new Checker({ now: () => time.monotonic(), wall: () => time.now(), trace });
    this.disk = new SimDisk(time, this.#random("disk"), (text) => {
      this.#commits++;
      this.checker.durable(text);
    });
    this.nodes = Array.from({ length: story.nodes }, (_, i) => this.#node(`n${i + 1}`));
    const { checker } = this;
    const node = (name: string): SimNode | undefined => this.nodes.find((one) => one.name === name);
    const random = this.#random("players");
    this.players = new Players({ time, random, way: this.#way("players"), checker, node, trace });
    this.guests = new Guests({
      ...{ time, checker, trace, random: this.#random("guests"), way: this.#way("guests") },
    });
    const newUid = (): string => this.#newUid();
    this.operator = new Operator({ time, way: this.#way("operator"), checker, newUid, trace });
  }

  plane(): ControlPlane | undefined {
    return this.#plane;
  }

  trace(line: string): void {
    this.#log?.push(`${(this.time.monotonic() / 1000).toFixed(4).padStart(9)}  ${line}`);
  }

  killPlane(downMs: number): void {
    if (!this.#plane) return;
    this.#plane.kill();
    this.#plane = undefined;
    this.#crashes++;
    this.time.after(downMs, () => this.#startPlane());
  }

  async outcome(): Promise<Outcome> {
    this.#startPlane();
    for (const node of this.nodes) node.startAgent();
    for (const step of this.#story.steps)
      this.time.after(step.atMs, () => {
        const act = ACTIONS[step.what] ?? FAULTS[step.what];
        void act?.(this, seededRandom(step.seed));
      });
    await this.#runTo(TROUBLE_MS);
    endFaults(this);
    const restAfterMs = await this.#comeToRest();
    this.#plane?.kill();
    for (const node of this.nodes) node.powerOff();
    return {
      violation: this.checker.violation,
      log: this.#log ?? [],
      commits: this.#commits,
      crashes: this.#crashes,
      allocated: this.players.allocated,
      seated: this.guests.seated,
      restAfterMs,
    };
  }

  async #comeToRest(): Promise<number> {
    const begin = this.time.monotonic();
    let left: readonly string[] = [];
    let looks = 0;
    for (let quiet = 0; quiet < 2; ) {
      const ms = this.time.monotonic() - begin;
      if (this.checker.violation) return ms;
      if (ms >= REST_MS_MAX) {
        this.checker.wrong("all comes to rest after the faults", left.slice(0, 5).join("; "));
        return ms;
      }
      // Somebody may still be trying to roll out what cannot work.
      if (looks++ % MEND_EVERY_LOOKS === 0) void mendFleets(this);
      await this.#runTo(this.time.monotonic() + LOOK_EVERY_MS);
      left = whatIsNotAtRest(this);
      quiet = left.length === 0 ? quiet + 1 : 0;
    }
    return this.time.monotonic() - begin;
  }

  async #runTo(endMs: number): Promise<void> {
    if (this.checker.violation) return;
    await this.time.runTo(endMs, () => {
      this.checker.rest();
      return this.checker.violation === undefined;
    });
  }

  #startPlane(): void {
    const plane = new ControlPlane({
      time: this.time,
      disk: this.disk,
      newUid: () => this.#newUid(),
      onBug: (message) => this.checker.wrong("no bug", message),
      onStored: (event) => this.checker.stored(event),
      onEvent: (event) => {
        this.trace(`event: ${event.reason} ${event.involvedObject.name}: ${event.message}`);
        this.checker.recorded(event);
      },
      onFatal: () => {
        this.trace("the control plane ends: its disk failed");
        this.killPlane(500);
      },
    });
    this.trace(`the control plane is up at revision ${plane.store.revision}`);
    this.checker.restarted(plane.store);
    this.#plane = plane;
    plane.run();
  }

  #node(name: string): SimNode {
    const { time, manners, checker } = this;
    const random = this.#random(`machine ${name}`);
    const watcher = {
      onStop: ({ subject }: { subject: { uid: string; name: string } }) => this.#checkStop(subject),
      onCause: (uid: string, cause: string) => void checker.causes.set(uid, cause),
      onReady: (uid: string) => countUp(checker.ready.said, uid),
      onPortTaken: ({ uid, name: other }: { uid: string; name: string }, message: string) => {
        // What runs on after its Node was deleted is unknown here: then a start fails, and nobody gave a port twice.
        const kept = checker.ledger.resources.get(`GameServer/default/${other}`);
        if (kept?.metadata.uid === uid)
          checker.wrong("a port is never given twice on a node", message);
      },
      onWrong: (message: string) => checker.wrong("a machine runs what is wanted, once", message),
    };
    const machine = new Machine({ name, time, random, manners, watcher });
    const status = nodeStatus(this.#story.portsPerNode);
    return new SimNode({ name, time, way: this.#way(name), machine, status });
  }

  #checkStop({ uid, name }: { readonly uid: string; readonly name: string }): void {
    this.trace(`the container of ${name} is stopped`);
    const server = this.checker.ledger.resources.get(`GameServer/default/${name}`);
    if (server?.kind !== "GameServer" || server.metadata.uid !== uid) return;
    if (server.metadata.annotations?.[NODE_LOSS] === "stop")
      this.checker.causes.set(uid, "its fleet stops what is cut off");
    if (this.checker.causes.has(uid)) return;
    const { state } = server.status;
    if ((state === "Allocated" || state === "Reserved") && !server.metadata.deletionTimestamp)
      this.checker.wrong("a held server's container is never stopped", `${name} is ${state}`);
  }

  #way(name: string): Way {
    const random = this.#random(`way ${name}`);
    return new Way({ time: this.time, random, plane: () => this.#plane });
  }

  /** Who draws from a source of his own changes nothing for others. */
  #random(name: string): Random {
    let hash = this.#story.seed;
    for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
    return seededRandom(hash);
  }

  #newUid(): string {
    const digits = (count: number): string =>
      this.#uids
        .integer(0, 16 ** count - 1)
        .toString(16)
        .padStart(count, "0");
    return `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}`;
  }
}

function nodeStatus(ports: number): NodeStatus {
  return {
    ready: true,
    heartbeatAt: "",
    address: "127.0.0.1",
    addresses: [],
    capacity: { cpuMilli: 64_000, memoryBytes: 2 ** 36 },
    portRange: { min: 7000, max: 7000 + ports - 1 },
    driver: "shim",
    isolation: "simulated",
    version: "0",
    images: IMAGES.map((reference) => ({ reference, digest: `sha256:${reference}`, sizeBytes: 1 })),
  };
}
