import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { freePort } from "../../core/std/free-port.ts";

const ROOT = join(import.meta.dirname, "../..");
const READY_WITHIN_MS = 180_000;
/** Nobody but this machine reaches the host ports. */
export const LOOPBACK: readonly string[] = ["--advertise-address", "127.0.0.1"];

/** What a watch tells of one change. */
export interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: T & { readonly metadata: { readonly name: string } };
}

/** A whole Flotilla on a state folder and a port of its own, as `flotilla up` starts it; disposing it leaves nothing. */
export class FlotillaUp implements AsyncDisposable {
  readonly state: string;
  readonly port: number;
  #up: ChildProcess | undefined;

  private constructor(port: number, prefix: string) {
    this.port = port;
    this.state = mkdtempSync(join(tmpdir(), prefix));
    // Players and layers are read by others than root.
    chmodSync(this.state, 0o711);
  }

  /**
   * Builds the images of these files and starts with these flags, or with those that are made when its state folder, whose
   * name begins with `prefix`, is there.
   */
  static async start(
    imageFiles: readonly string[],
    flags: readonly string[] | ((state: string) => Promise<readonly string[]>),
    prefix: string = "flotilla-bench-",
  ): Promise<FlotillaUp> {
    const up = new FlotillaUp(await freePort(), prefix);
    try {
      const made = typeof flags === "function" ? await flags(up.state) : flags;
      for (const file of imageFiles) await up.cli("image", "build", join(ROOT, file));
      await up.#start(made);
      return up;
    } catch (error) {
      await up[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  get token(): string {
    return readFileSync(join(this.state, "admin.token"), "utf8").trim();
  }
  get pid(): number {
    return this.#up?.pid ?? 0;
  }

  /** One command line against it; what it prints. */
  async cli(...argv: readonly string[]): Promise<string> {
    const child = this.#spawn(argv);
    const [chunks, said] = await Promise.all([child.stdout?.toArray(), child.stderr?.toArray()]);
    if (child.exitCode === null) await once(child, "exit");
    if (child.exitCode === 0) return Buffer.concat(chunks ?? []).toString();
    throw new Error(`flotilla ${argv.join(" ")}: ${Buffer.concat(said ?? []).toString()}`);
  }

  /** One API call with the admin token; throws unless it worked. */
  async request(
    method: string,
    path: string,
    body?: object,
    type: string = "application/json",
  ): Promise<unknown> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.token}`, "content-type": type },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** Calls `onEvent` with all that is there, then with every change, until disposed. */
  async watch<T>(path: string, onEvent: (event: WatchEvent<T>) => void): Promise<Disposable> {
    const stop = new AbortController();
    const answer = await fetch(`${this.url}${path}${path.includes("?") ? "&" : "?"}watch=1`, {
      headers: { authorization: `Bearer ${this.token}` },
      signal: stop.signal,
    });
    if (!answer.ok || !answer.body) throw new Error(await answer.text());
    const input = Readable.fromWeb(answer.body);
    input.on("error", () => undefined);
    const lines = createInterface({ input });
    lines.on("error", () => undefined);
    lines.on("line", (line) => onEvent(JSON.parse(line) as WatchEvent<T>));
    return { [Symbol.dispose]: () => stop.abort() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#up && this.#up.exitCode === null && this.#up.signalCode === null) {
      const ended = once(this.#up, "exit");
      this.#up.kill("SIGINT");
      await ended;
    }
    // What was never up has nothing to take down.
    if (this.#up) await this.cli("down", "--purge");
    rmSync(this.state, { recursive: true, force: true });
  }

  async #start(flags: readonly string[]): Promise<void> {
    const child = this.#spawn(["up", ...flags]);
    this.#up = child;
    let said = "";
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = setTimeout(() => reject(new Error(`up was late:\n${said}`)), READY_WITHIN_MS);
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes("flotilla is up.")) resolve();
      });
    child.once("exit", (code) => reject(new Error(`up ended with ${code}:\n${said}`)));
    await promise.finally(() => clearTimeout(late));
  }

  #spawn(argv: readonly string[]): ChildProcess {
    const settings = {
      FLOTILLA_STATE: this.state,
      FLOTILLA_API: this.url,
      FLOTILLA_PORT: `${this.port}`,
      FLOTILLA_ALLOCATOR_LISTEN: "off",
    };
    return spawn(join(ROOT, "bin/flotilla"), argv, {
      cwd: ROOT,
      env: { PATH: process.env.PATH, HOME: this.state, ...settings },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }
}
