import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../core/std/free-port.ts";
import { isObject } from "../../core/std/json.ts";
import { HostLinux } from "../../runtime/linux/host-linux.ts";
import { DOWN_EXIT } from "../up/up.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Longer than `up` itself is patient with any one thing. */
const READY_WITHIN_MS = 100_000;
/** Longer than what each part may take to give up by itself and say why. */
const ANSWER_WITHIN_MS = 60_000;
const END_WITHIN_MS = 110_000;
/** RestartSec of our unit. */
const RESTART_MS = 1_000;
/** Host ports of an instance whose test does not say which: those of another one at the same time would be led here. */
const FIRST_HOST_PORT = 16_000 + (process.pid % 50) * 20;
const HOST_PORTS = `${FIRST_HOST_PORT}-${FIRST_HOST_PORT + 19}`;

export interface TestInstanceOptions {
  /** The clone that is run; this one by default. */
  readonly program?: string;
  /** Where its state folder is made; the machine's folder for temporary files by default. */
  readonly stateIn?: string;
  readonly driver?: "shim" | "process";
  /** Applied at the start; paths from the project's root. */
  readonly files?: readonly string[];
  /** Image files that are built first. */
  readonly images?: readonly string[];
  /** Where its allocation service listens; nowhere by default. */
  readonly allocatorListen?: string;
  /** More flags of `flotilla up`. */
  readonly flags?: readonly string[];
  /** `up` is started again when it ends, as our systemd unit says. */
  readonly isSupervised?: true;
}
export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
export type PartName = "up" | "server" | "agent" | "door" | "shim";

/**
 * For tests: a whole Flotilla as a user would start it, `flotilla up` on a state folder and a port of its own. Disposing
 * it means `flotilla down --purge`.
 */
export class TestInstance implements AsyncDisposable {
  readonly state: string;
  readonly port: number;
  readonly #options: TestInstanceOptions;
  readonly #linux = new HostLinux();
  #up: ChildProcess | undefined;
  #said = "";
  #isEnding = false;

  private constructor(state: string, port: number, options: TestInstanceOptions) {
    this.state = state;
    this.port = port;
    this.#options = options;
  }

  /** Builds the images, starts, and resolves when `up` says that everything is there. */
  static async start(options: TestInstanceOptions = {}): Promise<TestInstance> {
    const state = await mkdtemp(join(options.stateIn ?? tmpdir(), "flotilla-test-"));
    const instance = new TestInstance(state, await freePort(), options);
    for (const image of options.images ?? []) await instance.mustCli("image", "build", image);
    try {
      await instance.up();
    } catch (error) {
      await instance[Symbol.asyncDispose]();
      throw error;
    }
    return instance;
  }

  get #root(): string {
    return this.#options.program ?? ROOT;
  }
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  get adminToken(): string {
    return readFileSync(join(this.state, "admin.token"), "utf8").trim();
  }
  /** Everything that `up` has printed. */
  get said(): string {
    return this.#said;
  }

  /** Starts `up` (again); resolves when it says that it is up. */
  async up(): Promise<void> {
    this.#isEnding = false;
    const { driver = "shim", files = [], flags = [] } = this.#options;
    const apply = files.flatMap((file) => ["-f", file]);
    const argv = [
      "up",
      "--port",
      `${this.port}`,
      "--advertise-address",
      "127.0.0.1",
      "--driver",
      driver,
      ...apply,
      ...flags,
    ];
    this.#said = "";
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const hear = (chunk: Buffer): void => {
      this.#said += chunk.toString();
      if (this.#said.includes("flotilla is up.")) resolve();
    };
    const child = this.#spawnUp(argv, hear);
    child.once("exit", (code) => reject(new Error(`up ended with ${code}:\n${this.#said}`)));
    const late = setTimeout(
      () => reject(new Error(`up was not ready in time:\n${this.#said}`)),
      READY_WITHIN_MS,
    );
    await promise.finally(() => clearTimeout(late));
  }

  #spawnUp(argv: readonly string[], hear: (chunk: Buffer) => void): ChildProcess {
    const { isSupervised } = this.#options;
    const child = spawn(join(this.#root, "bin/flotilla"), argv, {
      cwd: this.#root,
      env: { ...this.#env(), ...(isSupervised ? { INVOCATION_ID: "a test" } : {}) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#up = child;
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", (code) => {
      const again = (): void => {
        if (isSupervised && code !== DOWN_EXIT && !this.#isEnding) this.#spawnUp(argv, hear);
      };
      setTimeout(again, RESTART_MS).unref();
    });
    return child;
  }

  /** One command line against this instance. */
  async cli(...argv: readonly string[]): Promise<CliResult> {
    const child = spawn(join(this.#root, "bin/flotilla"), argv, {
      cwd: this.#root,
      env: this.#env(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    const what = `flotilla ${argv.join(" ")}`;
    const code = await endOf(child, "close", () => `${what} does not end: ${err}${out}`);
    return { code: Number(code), out, err };
  }

  /** The same, for a command that must work. */
  async mustCli(...argv: readonly string[]): Promise<string> {
    const { code, out, err } = await this.cli(...argv);
    if (code !== 0) throw new Error(`flotilla ${argv.join(" ")} ended with ${code}: ${err}${out}`);
    return out;
  }

  /** One API call with the admin token. */
  async request(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.adminToken}`,
        "content-type": "application/json",
        ...headers,
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith("{") ? JSON.parse(text) : text };
  }

  /** The process of a part, while it runs. */
  pid(part: PartName): number | undefined {
    if (part === "up")
      return this.#up?.exitCode === null && this.#up.signalCode === null ? this.#up.pid : undefined;
    return part === "server" || part === "agent" ? this.#childPid(part) : this.#detachedPid(part);
  }

  /** kill -9; false when it did not run just then. */
  kill(part: PartName): boolean {
    const pid = this.pid(part);
    return pid !== undefined && this.#linux.kill(pid, "SIGKILL");
  }

  /** Ends `up` by a signal and waits for it. */
  async end(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#isEnding = true;
    const child = this.#up;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = endOf(child, "exit", () => `up does not end after ${signal}:\n${this.#said}`);
    child.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGINT");
    await this.mustCli("down", "--purge");
    await rm(this.state, { recursive: true, force: true });
    this.#linux[Symbol.dispose]();
  }

  #env(): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      HOME: this.state,
      FLOTILLA_STATE: this.state,
      FLOTILLA_API: this.url,
      FLOTILLA_PORT_RANGE: HOST_PORTS,
      // Instances on one machine would meet there; who tests it says where.
      FLOTILLA_ALLOCATOR_LISTEN: this.#options.allocatorListen ?? "off",
    };
  }

  #childPid(part: "server" | "agent"): number | undefined {
    const parent = this.pid("up");
    return this.#linux.processes().find((pid) => {
      const stat = this.#linux.processStat(pid);
      if (stat?.parent !== parent || stat?.state === "Z") return false;
      return (this.#linux.read(`/proc/${pid}/cmdline`) ?? "").split("\0").includes(part);
    });
  }

  #detachedPid(part: "door" | "shim"): number | undefined {
    try {
      const mark: unknown = JSON.parse(
        readFileSync(join(this.state, "run", `${part}.json`), "utf8"),
      );
      const pid = isObject(mark) && typeof mark.pid === "number" ? mark.pid : undefined;
      const stat = pid === undefined ? undefined : this.#linux.processStat(pid);
      return stat && stat.state !== "Z" ? pid : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Its exit code; when it does not end in time it is killed, and `sentence` is the failure. */
async function endOf(
  child: ChildProcess,
  event: "exit" | "close",
  sentence: () => string,
): Promise<number | null> {
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, END_WITHIN_MS);
  const [code] = await once(child, event);
  clearTimeout(late);
  if (isLate) throw new Error(sentence());
  return code;
}
