import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../core/std/free-port.ts";
import type { Random } from "../../core/std/random.ts";
import { FlotillaServer, type FlotillaServerOptions } from "../bench/flotilla-server.ts";

export interface KillMoments {
  readonly random: Random;
  readonly kills: number;
  /** Resolves when the work is so far, and how far it goes: the kills come in between, at random. */
  readonly reached: (count: number) => Promise<void>;
  readonly end: number;
}

const JITTER_MS_MAX = 5;
/** Later than this the work may be over when the kill comes. */
const LATEST_SHARE = 0.9;

/** A real control plane that is killed with SIGKILL and started again on its state. */
export class KilledServer implements AsyncDisposable {
  readonly #how: FlotillaServerOptions;
  #server: FlotillaServer;
  kills = 0;

  private constructor(how: FlotillaServerOptions, server: FlotillaServer) {
    this.#how = how;
    this.#server = server;
  }

  static async start(): Promise<KilledServer> {
    const state = await mkdtemp(join(tmpdir(), "flotilla-histories-"));
    // The server gives up root: it must still find its way to its folder.
    await chmod(state, 0o755);
    const how = { state, port: await freePort(), nodeFlags: [] };
    return new KilledServer(how, await FlotillaServer.start(how));
  }

  get now(): FlotillaServer {
    return this.#server;
  }

  /** Kills it so many times until `work` is over; returns what that gives. */
  async killDuring<T>(work: Promise<T>, { random, kills, reached, end }: KillMoments): Promise<T> {
    let isOver = false;
    const ended = work.finally(() => {
      isOver = true;
    });
    const latest = Math.ceil(end * LATEST_SHARE);
    const moments = Array.from({ length: kills }, () => random.integer(1, latest));
    for (const moment of moments.sort((a, b) => a - b)) {
      await Promise.race([ended, reached(moment)]);
      if (random.next() < 0.5) await pause(random.integer(0, JITTER_MS_MAX));
      if (!isOver) await this.#killAndStart();
    }
    return await ended;
  }

  async #killAndStart(): Promise<void> {
    process.kill(this.#server.pid, "SIGKILL");
    this.kills += 1;
    this.#server = await FlotillaServer.start(this.#how);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await rm(this.#how.state, { recursive: true });
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
