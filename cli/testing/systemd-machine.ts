import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, readFileSync, rmdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { vi } from "vitest";

const run = promisify(execFile);
const CLONE = join(import.meta.dirname, "../..");
const BOOT = join(import.meta.dirname, "boot-systemd.sh");
const SOON = { timeout: 60_000, interval: 100 };
const SYSTEMD = "/usr/lib/systemd/systemd";

/**
 * For tests: a machine whose init is the real systemd, in namespaces and cgroups of its own, with this machine's programs and
 * this clone. What it writes is kept while it is off. Disposing it leaves nothing.
 */
export class SystemdMachine implements AsyncDisposable {
  readonly #folder: string;
  #holder: ChildProcess | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Why there cannot be one here; undefined when there can. */
  static missing(): string | undefined {
    if (process.getuid?.() !== 0) return "needs root";
    return existsSync(SYSTEMD) ? undefined : "systemd is not installed";
  }

  static async open(): Promise<SystemdMachine> {
    const machine = new SystemdMachine(await mkdtemp(join(tmpdir(), "flotilla-systemd-")));
    try {
      await machine.boot();
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
    return machine;
  }

  /** Resolves when systemd has come up. */
  async boot(): Promise<void> {
    const words = [BOOT, this.#folder, CLONE, basename(this.#folder)];
    const holder = spawn("sh", words, { stdio: ["ignore", "ignore", "pipe"] });
    this.#holder = holder;
    let said = "";
    holder.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await vi.waitFor(async () => {
      const state = await this.run("systemctl", "is-system-running").catch(stdoutOf);
      // Degraded: something of Debian's own has failed.
      if (!/^(running|degraded)$/m.test(state)) throw new Error(`not up: ${state}${said}`);
    }, SOON);
  }

  /** As when the power is cut. */
  async powerOff(): Promise<void> {
    const holder = this.#holder;
    this.#holder = undefined;
    if (!holder || holder.exitCode !== null) return;
    const init = this.#init(holder);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    await vi.waitFor(() => {
      if (init !== undefined && existsSync(`/proc/${init}`)) throw new Error("it still runs");
      const left = this.#removeGroups();
      if (left.length > 0) throw new Error(`in use: ${left}`);
    }, SOON);
  }

  /** What a program says there; its error is that of `execFile`, with `stdout` and `stderr`. */
  async run(program: string, ...args: readonly string[]): Promise<string> {
    const init = this.#holder && this.#init(this.#holder);
    if (init === undefined) throw new Error("the machine is off");
    const inside = ["--target", init, "--all", "--root", "--wd", program, ...args];
    const env = { PATH: process.env.PATH };
    return (await run("nsenter", inside, { env, maxBuffer: 16 * 1024 ** 2 })).stdout;
  }

  /** Properties of a unit, as `systemctl show` says them. */
  async show(unit: string, ...names: readonly string[]): Promise<Record<string, string>> {
    const said = await this.run("systemctl", "show", unit, "--property", names.join(","));
    const lines = said.trim().split("\n");
    return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2) as [string, string]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.powerOff();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** This machine's number of its process 1. */
  #init({ pid }: ChildProcess): string | undefined {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return children.trim().split(" ")[0] || undefined;
  }

  /** Takes its groups away, from below; those that are not empty yet stay for now. */
  #removeGroups(): readonly string[] {
    const name = basename(this.#folder);
    const groups = globSync([`/sys/fs/cgroup/${name}/**/`, `/sys/fs/cgroup/*/${name}/**/`]);
    return groups
      .sort()
      .reverse()
      .filter((group) => {
        try {
          rmdirSync(group);
          return false;
        } catch {
          return true;
        }
      });
  }
}

function stdoutOf(error: unknown): string {
  return (error as { readonly stdout?: string }).stdout ?? "";
}
