import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../core/std/free-port.ts";
import { seededRandom } from "../../core/std/random.ts";
import { FlotillaServer, type FlotillaServerOptions } from "../bench/flotilla-server.ts";
import { CLAIM, ClaimLedger } from "./claim-ledger.ts";
import { Claimants, givenBy } from "./claimants.ts";

export interface KillAllocationsOptions {
  readonly allocations: number;
  readonly clients: number;
  /** Game servers in the fleet; they are handed out again and again. */
  readonly servers: number;
  readonly seed: number;
  /** So many of all calls are cut off in the middle. */
  readonly cutShare: number;
  /** Pauses between two kills are between these. */
  readonly aliveMs: { readonly min: number; readonly max: number };
  /** No more kills than so many before the last one; no bound unless given. */
  readonly killsMax?: number;
}
export interface KillAllocationsReport {
  readonly allocations: number;
  readonly kills: number;
  readonly retries: number;
  readonly none: number;
  readonly repeated: number;
  /** Calls that were cut off, by the moment at which they were. */
  readonly cuts: Readonly<Record<string, number>>;
  /** Clients that never came back, and how many of them had been given a game server all the same. */
  readonly gone: number;
  readonly givenToGone: number;
  /** Game servers that were given to nobody who knows, under no key that would tell. */
  readonly leaks: number;
  readonly heldAtTheEnd: number;
  readonly seconds: number;
  /** What must never be: one sentence each. */
  readonly wrongs: readonly string[];
}

const FLEET = "kill";
const SERVERS_PER_MACHINE = 50;
const HOLD_MS_MAX = 40;
const REPEATS_PER_KILL = 20;
const GAME_SERVERS = "/apis/agones.dev/v1/namespaces/default/gameservers";
const FLEETS = "/apis/agones.dev/v1/namespaces/default/fleets";

/** Allocations by many clients while servers return to Ready, with kill -9 of the control plane in between. */
export async function killAllocations(
  options: KillAllocationsOptions,
): Promise<KillAllocationsReport> {
  const state = await mkdtemp(join(tmpdir(), "flotilla-kill-"));
  // The server gives up root: it must still find its way to its folder.
  await chmod(state, 0o755);
  try {
    await using run = new Run(options, { state, port: await freePort(), nodeFlags: [] });
    return await run.all();
  } finally {
    await rm(state, { recursive: true });
  }
}

class Run implements AsyncDisposable {
  readonly #options: KillAllocationsOptions;
  readonly #how: FlotillaServerOptions;
  readonly #wrongs: string[] = [];
  #server: FlotillaServer | undefined;
  #ledger: ClaimLedger | undefined;
  #kills = 0;
  #repeated = 0;
  #givenToGone = 0;
  #leaks = 0;

  constructor(options: KillAllocationsOptions, how: FlotillaServerOptions) {
    this.#options = options;
    this.#how = how;
  }

  async all(): Promise<KillAllocationsReport> {
    const { servers, clients, allocations, seed, cutShare } = this.#options;
    const random = seededRandom(seed);
    const server = await this.#start();
    const nodes = Math.ceil(servers / SERVERS_PER_MACHINE);
    const { url } = server;
    const holdMs = (): number => random.integer(0, HOLD_MS_MAX);
    const load = { clients, allocations, cutShare, random };
    const token = server.token("allocate");
    using claimants = new Claimants({ url, token, fleet: FLEET, ...load });
    // The last ones are kept, by their numbers: they must still be held after the last kill, and leave some for the others.
    const isKept = (claim: string): boolean =>
      Number(claim.split("-").at(-1)) > allocations - 0.75 * servers;
    const agent = server.token("agent");
    const ledger = new ClaimLedger({ url, token: agent, nodes, holdMs, isKept });
    this.#ledger = ledger;
    await server.post(FLEETS, fleetOf(servers));
    await until(() => ledger.ready === servers, `${servers} Ready servers`);
    const began = performance.now();
    const running = claimants.run();
    let isOver = false;
    const ended = running.finally(() => (isOver = true));
    const { aliveMs, killsMax = Number.POSITIVE_INFINITY } = this.#options;
    while (!isOver && this.#kills < killsMax) {
      const { min, max } = aliveMs;
      await Promise.race([ended, pause(random.integer(min, max))]);
      if (!isOver) await this.#killAndAsk(claimants, random.shuffle([...claimants.answers.keys()]));
    }
    await ended;
    const seconds = (performance.now() - began) / 1000;
    await this.#compare(claimants, ledger);
    await this.#countLeaks(claimants, ledger);
    return this.#report(claimants, ledger, seconds);
  }

  #report(claimants: Claimants, ledger: ClaimLedger, seconds: number): KillAllocationsReport {
    const { retries, none, answers, gone, cuts } = claimants;
    return {
      ...{ allocations: answers.size, kills: this.#kills, repeated: this.#repeated },
      ...{ retries, none, cuts: Object.fromEntries(cuts), gone: gone.size },
      ...{ givenToGone: this.#givenToGone, leaks: this.#leaks, heldAtTheEnd: ledger.held.size },
      ...{ seconds, wrongs: [...this.#wrongs, ...ledger.wrongs] },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ledger?.[Symbol.asyncDispose]();
    await this.#server?.[Symbol.asyncDispose]();
  }

  async #start(): Promise<FlotillaServer> {
    this.#server = await FlotillaServer.start(this.#how);
    return this.#server;
  }

  /** Kills it, starts it again, and asks some of the answered keys once more. */
  async #killAndAsk(claimants: Claimants, keys: readonly string[]): Promise<void> {
    await this.#kill();
    for (const key of keys.slice(0, REPEATS_PER_KILL)) {
      const again = await claimants.send(key, {});
      if (again.text !== claimants.answers.get(key))
        this.#wrongs.push(`${key} was answered otherwise after a kill: ${again.text}`);
      const other = await claimants.send(key, { other: "body" });
      if (other.status !== 422)
        this.#wrongs.push(`another body under ${key} was answered ${other.status}`);
      this.#repeated += 1;
    }
  }

  async #kill(): Promise<void> {
    const { pid } = this.#server ?? {};
    if (pid === undefined) return;
    process.kill(pid, "SIGKILL");
    this.#kills += 1;
    await this.#start();
  }

  /** Holds what is held, kills once more, and compares answers, ledger and control plane. */
  async #compare(claimants: Claimants, ledger: ClaimLedger): Promise<void> {
    ledger.returning = false;
    const { answers } = claimants;
    const isSeen = (): boolean => [...answers.keys()].every((key) => ledger.claims.has(key));
    await until(isSeen, "the machines to see every claim");
    for (const [key, answer] of answers)
      if (ledger.claims.get(key) !== givenBy(answer))
        this.#wrongs.push(`${key}: answered ${givenBy(answer)}, seen ${ledger.claims.get(key)}`);
    await pause(HOLD_MS_MAX * 5);
    await until(() => ledger.isAtRest, "the last calls to be seen");
    await this.#kill();
    const stored = await this.#stored();
    for (const [name, claim] of ledger.held)
      if (stored.get(name) !== claim)
        this.#wrongs.push(`${name}, held by ${claim}, is held by ${stored.get(name)} after a kill`);
    if (stored.size !== ledger.held.size)
      this.#wrongs.push(`${stored.size} are Allocated after a kill, ${ledger.held.size} were`);
  }

  /**
   * Every game server that was ever handed out is known to the one claimant that its machine saw, or its key still
   * tells who asks again.
   */
  async #countLeaks(claimants: Claimants, ledger: ClaimLedger): Promise<void> {
    const { answers, gone } = claimants;
    for (const [key, server] of ledger.claims) {
      const answer = gone.has(key) ? (await claimants.send(key, {})).text : answers.get(key);
      if (gone.has(key)) this.#givenToGone += 1;
      if (answer !== undefined && givenBy(answer) === server) continue;
      this.#leaks += 1;
      this.#wrongs.push(`${server} was given to ${key}, and nobody knows: ${answer}`);
    }
  }

  /** Who holds which game server, as the control plane has it. */
  async #stored(): Promise<Map<string, string>> {
    const server = this.#server;
    const headers = { authorization: `Bearer ${server?.token("admin")}` };
    const answer = await fetch(`${server?.url}${GAME_SERVERS}?limit=0`, { headers });
    const { items } = (await answer.json()) as { items: readonly StoredServer[] };
    const held = items.filter(({ status }) => status.state === "Allocated");
    return new Map(held.map(({ metadata: m }) => [m.name, m.annotations?.[CLAIM] ?? ""]));
  }
}

interface StoredServer {
  readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> };
  readonly status: { readonly state: string };
}

function fleetOf(replicas: number): object {
  const containers = [{ name: "game", image: "kill:1" }];
  const ports = [{ name: "game", portPolicy: "Dynamic", protocol: "UDP", containerPort: 7654 }];
  return {
    apiVersion: "agones.dev/v1",
    kind: "Fleet",
    metadata: { name: FLEET },
    spec: {
      replicas,
      scheduling: "Distributed",
      template: { spec: { ports, template: { spec: { containers } } } },
    },
  };
}

const WITHIN_MS = 60_000;

async function until(isSo: () => boolean, what: string): Promise<void> {
  const end = performance.now() + WITHIN_MS;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`waited too long for ${what}`);
    await pause(20);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
