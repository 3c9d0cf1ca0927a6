import type { GameServer } from "../../core/model/game-server.ts";
import {
  LINK_BATCH_MAX,
  type LinkEvent,
  type Report,
  type SdkCall,
  type Subject,
} from "../../core/model/link.ts";
import type { NodeStatus } from "../../core/model/node.ts";
import { FakeNode } from "../bench/fake-node.ts";

/** Each allocation writes its own key into this annotation: so a machine sees who holds its game server. */
export const CLAIM = "kill-test/claim";

export interface ClaimLedgerOptions {
  readonly url: string;
  /** The agent's token. */
  readonly token: string;
  readonly nodes: number;
  /** How long a game server stays Allocated, in milliseconds. */
  readonly holdMs: () => number;
  /** Whether a claim keeps its game server for good. */
  readonly isKept: (claim: string) => boolean;
}

/** A game server as its machine knows it. */
interface Game {
  readonly subject: Subject;
  readonly machine: Machine;
  state: string;
  claim: string | undefined;
  isKept: boolean;
  /** The newest claim for which Ready was called. */
  calledFor: string | undefined;
  isCalling: boolean;
  /** The call's answer was lost with the control plane: only a full list tells whether it counted. */
  isUnsure: boolean;
}
interface Machine {
  readonly link: FakeNode;
  reports: Report[];
  calls: { readonly game: Game; readonly call: SdkCall }[];
  isSending: boolean;
}

/**
 * Machines without containers on the real link, which keep a ledger of claims: a game server calls Ready again only
 * after its machine saw who held it. So whatever was handed out is seen, and a holder that is followed by another one
 * without a call in between was robbed.
 */
export class ClaimLedger implements AsyncDisposable {
  readonly #options: ClaimLedgerOptions;
  readonly #machines: readonly Machine[];
  readonly #games = new Map<string, Game>();
  readonly #end = new AbortController();
  readonly #running: Promise<unknown>;
  #ids = 0;
  /** Which game server each claim was given. */
  readonly claims: Map<string, string> = new Map();
  /** What must never be: one sentence each. */
  readonly wrongs: string[] = [];
  returning = true;

  constructor(options: ClaimLedgerOptions) {
    this.#options = options;
    this.#machines = Array.from({ length: options.nodes }, (_, i) => this.#machineOf(i));
    this.#running = Promise.all(this.#machines.map(({ link }) => link.run(this.#end.signal)));
  }

  get ready(): number {
    return [...this.#games.values()].filter(({ state }) => state === "Ready").length;
  }

  /** Who holds which game server now, as the machines see it. */
  get held(): ReadonlyMap<string, string> {
    const held = [...this.#games.values()].filter(({ state }) => state === "Allocated");
    return new Map(held.map(({ subject, claim }) => [subject.name, claim ?? ""]));
  }

  /** Every call that was made is answered, and the machines have seen what came of it. */
  get isAtRest(): boolean {
    const isOpen = ({ isCalling, isUnsure, state, calledFor, claim }: Game): boolean =>
      isCalling || (!isUnsure && state === "Allocated" && calledFor === claim);
    return ![...this.#games.values()].some(isOpen);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.returning = false;
    this.#end.abort();
    await this.#running;
  }

  #machineOf(i: number): Machine {
    const { url, token } = this.#options;
    const onEvent = (event: LinkEvent): void => this.#take(machine, event);
    const link = new FakeNode({ url, token, name: `machine-${i}`, status: statusOf(), onEvent });
    const machine: Machine = { link, reports: [], calls: [], isSending: false };
    return machine;
  }

  #take(machine: Machine, event: LinkEvent): void {
    if (event.type === "put" && event.object.kind === "GameServer") {
      const { metadata, status } = event.object;
      const { namespace, name, uid } = metadata;
      const key = `GameServer/${namespace}/${name}`;
      const subject = { kind: "GameServer", namespace, name, uid } as const;
      const game = this.#games.get(key) ?? newGame(subject, machine);
      this.#games.set(key, game);
      const claim = metadata.annotations?.[CLAIM];
      const isLost = game.isUnsure && status.state === "Allocated" && claim === game.claim;
      if (isLost) game.calledFor = undefined;
      game.isUnsure = false;
      this.#see(game, status.state, claim);
    }
    if (event.type !== "patch") return;
    const game = this.#games.get(event.key);
    const { status, metadata } = event.patch as Partial<GameServer>;
    if (game) this.#see(game, status?.state ?? game.state, metadata?.annotations?.[CLAIM]);
  }

  #see(game: Game, state: string, claim: string | undefined): void {
    game.state = state;
    if (state === "Starting") {
      const { subject, machine } = game;
      const startedAt = new Date().toISOString();
      machine.reports.push({ subject, seen: "running", id: subject.uid, startedAt });
      void this.#send(machine);
    } else if (state === "Scheduled") this.#callReady(game);
    if (state !== "Allocated") return;
    if (claim !== undefined && claim !== game.claim) this.#claimed(game, claim);
    if (game.calledFor === game.claim) return;
    setTimeout(() => this.#giveBack(game, game.claim), this.#options.holdMs());
  }

  #claimed(game: Game, claim: string): void {
    const { name } = game.subject;
    const before = this.claims.get(claim);
    if (before !== undefined) this.wrongs.push(`${claim} was given ${before} and then ${name}`);
    if (game.claim !== undefined && game.calledFor !== game.claim)
      this.wrongs.push(`${name} was held by ${game.claim} when ${claim} was given it`);
    this.claims.set(claim, name);
    game.claim = claim;
    game.isKept = this.#options.isKept(claim);
  }

  #giveBack(game: Game, claim: string | undefined): void {
    const mayCall = this.returning && !game.isKept && !game.isCalling && !game.isUnsure;
    if (!mayCall || game.state !== "Allocated") return;
    if (game.claim === claim && game.calledFor !== claim) this.#callReady(game);
  }

  #callReady(game: Game): void {
    if (game.isCalling) return;
    this.#ids += 1;
    game.isCalling = true;
    game.calledFor = game.claim;
    const call = { subject: game.subject, id: `${this.#ids}`, verb: "ready" } as const;
    game.machine.calls.push({ game, call });
    void this.#send(game.machine);
  }

  /** What cannot be sent is dropped: the full list of the next watch says what is still to do. */
  async #send(machine: Machine): Promise<void> {
    if (machine.isSending) return;
    machine.isSending = true;
    while (machine.reports.length + machine.calls.length > 0) {
      const reports = machine.reports.splice(0, LINK_BATCH_MAX);
      if (reports.length > 0) await machine.link.report(reports).catch(() => undefined);
      const calls = machine.calls.splice(0, LINK_BATCH_MAX);
      if (calls.length === 0) continue;
      const results = await machine.link.sdk(calls.map(({ call }) => call)).catch(() => []);
      for (const [i, { game }] of calls.entries()) {
        game.isCalling = false;
        game.isUnsure = results[i]?.ok !== true;
      }
    }
    machine.isSending = false;
  }
}

function newGame(subject: Subject, machine: Machine): Game {
  const claims = { claim: undefined, isKept: false, calledFor: undefined };
  return { subject, machine, state: "", ...claims, isCalling: false, isUnsure: false };
}

function statusOf(): NodeStatus {
  const address = "127.0.0.1";
  return {
    ready: true,
    heartbeatAt: new Date().toISOString(),
    address,
    addresses: [{ type: "ExternalIP", address }],
    capacity: { cpuMilli: 64_000, memoryBytes: 256 * 2 ** 30 },
    portRange: { min: 10_000, max: 60_000 },
    driver: "process",
    isolation: "none",
    version: "0.0.0",
    images: [{ reference: "kill:1", digest: `sha256:${"0".repeat(64)}`, sizeBytes: 1 }],
  };
}
