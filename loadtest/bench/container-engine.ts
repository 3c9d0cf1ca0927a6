import { execFile, execFileSync } from "node:child_process";
import { globSync, mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const IMAGE = "bench-idle";
const PORT_FIRST = 31_000;
const LIMITS = ["--cpus", "0.5", "--memory", "64m", "--pids-limit", "64"];
/** What an engine asks for by default may be more than this machine may give. */
const BOUNDS = ["--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"];
const NAMESPACE = "bench-podman";
const PROGRAM = ["/bin/busybox", "sleep", "100000"];

export interface EngineOptions {
  readonly name: "docker" | "podman";
  readonly folder: string;
  /** Unpacked layers, lowest first. */
  readonly layers: readonly string[];
}

/** A yardstick that people know: `docker run` or `podman run` of the same root, with the same limits and two host ports. */
export class ContainerEngine implements Disposable {
  readonly #options: EngineOptions;
  /** The engine's program, with what stands before its verbs. */
  readonly #words: readonly [string, ...string[]];
  #names: string[] = [];

  /**
   * Imports the root as an image. Podman keeps its files in the bench's folder, and bridge and rules in a network
   * namespace of the bench: nothing of it is left. Docker's daemon has places of its own.
   */
  constructor(options: EngineOptions) {
    const { name, folder, layers } = options;
    this.#options = options;
    const store = join(folder, "podman");
    const places = ["--root", store, "--runroot", `${store}-run`];
    // Not `ip netns exec`: it puts another /sys in place, and the engine would find no cgroups.
    const inside = [`--net=/run/netns/${NAMESPACE}`, "podman", ...places];
    this.#words = name === "podman" ? ["nsenter", ...inside] : ["docker"];
    if (name === "podman") {
      execFileSync("ip", ["netns", "add", NAMESPACE]);
      execFileSync("ip", ["-n", NAMESPACE, "link", "set", "lo", "up"]);
    }
    const root = join(folder, `${name}-root`);
    mkdirSync(root, { recursive: true });
    const lower = [...layers.toReversed(), root].join(":");
    const merged = `${root}-merged`;
    mkdirSync(merged, { recursive: true });
    execFileSync("mount", ["-t", "overlay", "-o", `lowerdir=${lower}`, "overlay", merged]);
    try {
      const words = [...this.#words, "import", "-", IMAGE].join(" ");
      execFileSync("sh", ["-c", `tar -C ${merged} -c . | ${words}`], { stdio: "ignore" });
    } finally {
      execFileSync("umount", [merged]);
    }
  }

  /** What `NAME --version` says, when it can run containers here; podman needs no daemon, docker does. */
  static version(name: EngineOptions["name"]): string | undefined {
    try {
      execFileSync(name, ["info"], { stdio: "ignore", timeout: 10_000 });
      return execFileSync(name, ["--version"], { encoding: "utf8" }).trim();
    } catch {
      return undefined;
    }
  }

  async startOne(): Promise<void> {
    const n = this.#names.length;
    const name = `bench-idle-${n}`;
    this.#names.push(name);
    const port = PORT_FIRST + n;
    const ports = ["-p", `127.0.0.1:${port}:7654/tcp`, "-p", `127.0.0.1:${port}:7655/udp`];
    await this.#run(
      "run",
      "--detach",
      "--name",
      name,
      ...LIMITS,
      ...BOUNDS,
      ...ports,
      IMAGE,
      ...PROGRAM,
    );
  }

  async removeAll(): Promise<void> {
    const names = this.#names.splice(0);
    if (names.length > 0)
      await this.#run("rm", "--force", "--time", "0", ...names).catch(() => undefined);
  }

  [Symbol.dispose](): void {
    const [program, ...rest] = this.#words;
    execFileSync(program, [...rest, "rmi", "--force", IMAGE], { stdio: "ignore" });
    if (this.#options.name === "docker") return;
    execFileSync("ip", ["netns", "delete", NAMESPACE]);
    // Podman leaves groups behind, the deepest must go first; one that still has processes is another podman's.
    const parents = "/sys/fs/cgroup/{,*/}libpod_parent";
    for (const group of [`${parents}/*/*/`, `${parents}/*/`, `${parents}/`].flatMap((g) =>
      globSync(g),
    ))
      removeIfEmpty(group);
  }

  async #run(...argv: readonly string[]): Promise<void> {
    const [program, ...rest] = this.#words;
    await run(program, [...rest, ...argv], { timeout: 60_000 });
  }
}

function removeIfEmpty(group: string): void {
  try {
    rmdirSync(group);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EBUSY" && code !== "ENOTEMPTY") throw error;
  }
}
