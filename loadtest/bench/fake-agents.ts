import type { GameServer } from "../../core/model/game-server.ts";
import {
  LINK_BATCH_MAX,
  type LinkEvent,
  type Report,
  type SdkCall,
  type SdkVerb,
  type Subject,
} from "../../core/model/link.ts";
import type { NodeStatus } from "../../core/model/node.ts";
import { FakeNode } from "./fake-node.ts";

export interface FakeAgentsOptions {
  readonly url: string;
  /** The agent's token. */
  readonly token: string;
  readonly nodes: number;
  /** An Allocated server calls Ready again after so long, while `returning` is set. */
  readonly returnAfterMs: number;
}

/** A game server as its node knows it. */
interface Game {
  readonly subject: Subject;
  readonly node: Node;
  state: string;
}
interface Node {
  readonly link: FakeNode;
  readonly reports: Report[];
  readonly calls: SdkCall[];
  isReporting: boolean;
  isCalling: boolean;
}

const ADDRESS = "127.0.0.1";
const PORT_RANGE = { min: 10_000, max: 60_000 };
const TICK_MS = 5;
const EXHAUSTED_MS = 100;

/**
 * Machines without containers on the real link: whatever is placed on them runs at once and calls Ready. It keeps the
 * ledger of what was handed out: how many times each server went from Ready to Allocated.
 */
export class FakeAgents implements AsyncDisposable {
  readonly #options: FakeAgentsOptions;
  readonly #nodes: readonly Node[];
  readonly #games = new Map<string, Game>();
  readonly #due: { readonly game: Game; readonly at: number }[] = [];
  readonly #end = new AbortController();
  readonly #running: Promise<unknown>;
  readonly #tick: NodeJS.Timeout;
  #ready = 0;
  #calls = 0;
  /** Whether Allocated servers call Ready again. */
  returning = false;
  /** How many times each server was handed out. */
  readonly handedOut: Map<string, number> = new Map();
  /** Handed out while it was not Ready: must stay 0. */
  doubles = 0;
  /** The fewest Ready servers since it was last set. */
  leastReady = 0;
  returned = 0;

  constructor(options: FakeAgentsOptions) {
    this.#options = options;
    this.#nodes = Array.from({ length: options.nodes }, (_, i) => this.#nodeOf(i));
    this.#running = Promise.all(this.#nodes.map(({ link }) => link.run(this.#end.signal)));
    this.#tick = setInterval(() => this.#returnDue(), TICK_MS);
  }

  /** Servers that are Ready, as the nodes were told. */
  get ready(): number {
    return this.#ready;
  }

  /** How many are in each state, for people. */
  get states(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { state } of this.#games.values()) counts[state] = (counts[state] ?? 0) + 1;
    return counts;
  }

  /** All servers that are Allocated call Ready. */
  returnAll(): void {
    for (const game of this.#games.values()) if (game.state === "Allocated") this.#return(game);
  }

  /** Names of the servers that the machines know. */
  get names(): readonly string[] {
    return [...this.#games.values()].map(({ subject }) => subject.name);
  }

  /** One SDK call of one server, sent at once; true when the control plane has done it. The same `id` is the same call. */
  async sdk(name: string, verb: SdkVerb, id?: string): Promise<boolean> {
    const game = this.#games.get(`GameServer/default/${name}`);
    if (!game) throw new Error(`no machine knows ${name}`);
    this.#calls += 1;
    const call = { ...verb, subject: game.subject, id: id ?? `${this.#calls}` };
    const [result] = await game.node.link.sdk([call]);
    return result?.ok === true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#tick);
    this.#end.abort();
    await this.#running;
  }

  #nodeOf(i: number): Node {
    const { url, token } = this.#options;
    const name = `fake-${String(i).padStart(4, "0")}`;
    const onEvent = (event: LinkEvent): void => this.#take(node, event);
    const link = new FakeNode({ url, token, name, status: statusOf(), onEvent });
    const node: Node = { link, reports: [], calls: [], isReporting: false, isCalling: false };
    return node;
  }

  #take(node: Node, event: LinkEvent): void {
    if (event.type === "put" && event.object.kind === "GameServer") this.#put(node, event.object);
    if (event.type === "gone") this.#forget(event.key);
    if (event.type !== "patch") return;
    const game = this.#games.get(event.key);
    const { status, metadata } = event.patch as Partial<GameServer>;
    if (!game) return;
    if (metadata?.deletionTimestamp) this.#say(game, "removed");
    if (status?.state === "Allocated" && game.state === "Allocated") this.doubles += 1;
    if (status?.state && status.state !== game.state) this.#become(game, status.state);
  }

  /** A whole object, also at every new start of the watch: then what was under way is done again. */
  #put(node: Node, { kind, metadata, status }: GameServer): void {
    const { namespace, name, uid, deletionTimestamp } = metadata;
    const key = `${kind}/${namespace}/${name}`;
    const subject = { kind, namespace, name, uid };
    const game = this.#games.get(key) ?? { subject, node, state: "" };
    this.#games.set(key, game);
    if (deletionTimestamp) this.#say(game, "removed");
    else this.#become(game, status.state);
  }

  #forget(key: string): void {
    if (this.#games.get(key)?.state === "Ready") this.#ready -= 1;
    this.#games.delete(key);
  }

  #become(game: Game, state: string): void {
    const before = game.state;
    game.state = state;
    if (state === "Starting") this.#say(game, "running");
    this.#ready += Number(state === "Ready") - Number(before === "Ready");
    this.leastReady = Math.min(this.leastReady, this.#ready);
    if (state !== "Allocated") return;
    const { name } = game.subject;
    if (before !== state) this.handedOut.set(name, (this.handedOut.get(name) ?? 0) + 1);
    const { returnAfterMs } = this.#options;
    if (this.returning) this.#due.push({ game, at: performance.now() + returnAfterMs });
  }

  #returnDue(): void {
    const now = performance.now();
    let count = 0;
    for (const { game, at } of this.#due) {
      if (at > now) break;
      if (game.state === "Allocated") this.#return(game);
      count += 1;
    }
    this.#due.splice(0, count);
  }

  #return(game: Game): void {
    this.returned += 1;
    this.#call(game);
  }

  /** The control plane had more to write than it takes in at once. */
  #again(game: Game): void {
    setTimeout(() => this.#call(game), EXHAUSTED_MS);
  }

  #call(game: Game): void {
    this.#calls += 1;
    game.node.calls.push({ subject: game.subject, id: `${this.#calls}`, verb: "ready" });
    if (!game.node.isCalling) void this.#sendCalls(game.node);
  }

  #say(game: Game, seen: "running" | "removed"): void {
    const startedAt = new Date().toISOString();
    game.node.reports.push({ subject: game.subject, seen, id: game.subject.uid, startedAt });
    if (!game.node.isReporting) void this.#sendReports(game.node);
  }

  /** What fails is forgotten: the full list after the next connect says what is still to do. */
  async #sendCalls(node: Node): Promise<void> {
    node.isCalling = true;
    // As the real link does: what is added in the same turn goes into the first request, too.
    await Promise.resolve();
    while (node.calls.length > 0) {
      const batch = node.calls.splice(0, LINK_BATCH_MAX);
      const results = await node.link.sdk(batch).catch(() => []);
      for (const [i, { subject }] of batch.entries()) {
        const result = results[i];
        const game = this.#games.get(`${subject.kind}/${subject.namespace}/${subject.name}`);
        if (game && result?.ok === false && result.code === "EXHAUSTED") this.#again(game);
      }
    }
    node.isCalling = false;
  }

  async #sendReports(node: Node): Promise<void> {
    node.isReporting = true;
    await Promise.resolve();
    while (node.reports.length > 0) {
      const batch = node.reports.splice(0, LINK_BATCH_MAX);
      const results = await node.link.report(batch).catch(() => []);
      for (const [i, { subject, seen }] of batch.entries()) {
        const game = this.#games.get(`${subject.kind}/${subject.namespace}/${subject.name}`);
        if (game && seen === "running" && results[i]?.ok) this.#call(game);
      }
    }
    node.isReporting = false;
  }
}

function statusOf(): NodeStatus {
  return {
    ready: true,
    heartbeatAt: new Date().toISOString(),
    address: ADDRESS,
    addresses: [{ type: "ExternalIP", address: ADDRESS }],
    capacity: { cpuMilli: 64_000, memoryBytes: 256 * 2 ** 30 },
    portRange: PORT_RANGE,
    driver: "process",
    isolation: "none",
    version: "0.0.0",
    images: [{ reference: "bench:1", digest: `sha256:${"0".repeat(64)}`, sizeBytes: 1 }],
  };
}
