import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { AllocationStatus } from "../../core/model/allocation.ts";
import { causeOf, StepFailed, type Tally } from "../generator/tally.ts";
import { Targets } from "../platform/targets.ts";
import { askUntilAnswered } from "../swarm/seated/ask-until-answered.ts";
import { HeldLedger } from "./held-ledger.ts";

export interface ProbeOptions {
  readonly apiUrl: string;
  readonly token: string;
  /** Ends game servers of which nobody knows whether they were given back. */
  readonly adminToken: string;
  readonly allowed: readonly string[];
  /** Of `echo-game`, which is given back by a line. */
  readonly fleet: string;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

const PATH = "/apis/allocation.agones.dev/v1/namespaces/default/gameserverallocations";
const SERVERS = "/apis/agones.dev/v1/namespaces/default/gameservers";
const PAUSE_MS = 50;
/** Who got none lets the platform make one. */
const NONE_PAUSE_MS = 500;
const GAME_WITHIN_MS = 20_000;
const END_TRIES_MAX = 100;
const END_AGAIN_MS = 200;

/** Allocates, goes there and gives back, one after the other: shows when nobody is served, and what is given twice. */
export class AllocationProbe implements AsyncDisposable {
  readonly ledger: HeldLedger = new HeldLedger();
  /** Tries that failed, by cause. */
  readonly failures: Record<string, number> = {};
  readonly #options: ProbeOptions;
  readonly #targets: Targets;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.#targets = new Targets(options.allowed);
    this.#running = this.#go();
  }

  /** One allocation that is asked for now; resolves when it was answered, with how long that took in milliseconds. */
  async once(): Promise<number> {
    const began = performance.now();
    const server = await this.#allocate();
    const took = performance.now() - began;
    // It is given back beside: that may take as long as the game's own way to the platform is away.
    if (server) void this.#giveBack(server);
    return took;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the probe ended"));
    await this.#running;
  }

  async #go(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const server = await this.#allocate().catch(() => undefined);
      if (server) await this.#giveBack(server);
      await sleep(server ? PAUSE_MS : NONE_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #allocate(): Promise<AllocationStatus | undefined> {
    const { fleet, tally, apiUrl, token } = this.#options;
    const signal = AbortSignal.any([this.#options.signal, this.#stop.signal]);
    const kind = { apiVersion: "allocation.agones.dev/v1", kind: "GameServerAllocation" };
    const spec = { selectors: [{ matchLabels: { "agones.dev/fleet": fleet } }] };
    const onFailure = (cause: string): void => this.#fail("allocate", cause);
    const answer = await tally.step("allocate", () =>
      askUntilAnswered(PATH, { ...kind, spec }, { apiUrl, token, signal, onFailure }),
    );
    const { status } = answer.body as { readonly status?: AllocationStatus };
    if (answer.status === 201 && status?.state === "Allocated") {
      this.ledger.given(status.gameServerName);
      return status;
    }
    this.#fail("allocate", `status ${answer.status} ${status?.state ?? ""}`.trim());
    return undefined;
  }

  async #giveBack(server: AllocationStatus): Promise<void> {
    const { gameServerName } = server;
    const began = performance.now();
    try {
      const given = await this.#visit(server);
      if (given !== "given") throw new StepFailed(`the game says ${given}`);
      this.#options.tally.took("give back", performance.now() - began);
    } catch (error) {
      this.#fail("give back", causeOf(error));
      await this.#end(gameServerName);
    }
  }

  async #visit({ address, ports, gameServerName }: AllocationStatus): Promise<string> {
    this.#targets.checkHost(address);
    const signal = AbortSignal.timeout(GAME_WITHIN_MS);
    const socket = connect({ host: address, port: ports[0]?.port ?? 0, noDelay: true });
    socket.on("error", () => undefined);
    try {
      await once(socket, "connect", { signal });
      const ask = async (line: string): Promise<string> => {
        socket.write(`${line}\n`);
        const [said] = (await once(socket, "data", { signal })) as [Buffer];
        return said.toString().trim();
      };
      // When the game itself says that somebody has it, it was given twice, whatever the platform says.
      if ((await ask("take")) !== "taken") this.ledger.doubled(gameServerName);
      this.ledger.returning(gameServerName);
      return await ask("give");
    } finally {
      socket.destroy();
    }
  }

  /** It comes back as another one. */
  async #end(name: string): Promise<void> {
    const { apiUrl, adminToken, signal } = this.#options;
    const headers = { authorization: `Bearer ${adminToken}` };
    for (let tries = 0; tries < END_TRIES_MAX && !signal.aborted; tries++) {
      const answer = await fetch(`${apiUrl}${SERVERS}/${name}`, {
        method: "DELETE",
        headers,
        signal,
      })
        .then(({ status }) => status)
        .catch(() => 0);
      if (answer === 200 || answer === 404) return;
      await sleep(END_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  #fail(step: string, cause: string): void {
    const name = `${step}: ${cause}`;
    this.failures[name] = (this.failures[name] ?? 0) + 1;
    this.#options.tally.failed(step, cause);
  }
}
