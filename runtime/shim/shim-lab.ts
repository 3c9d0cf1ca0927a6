import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildShim, makeShim } from "./build.ts";
import { ShimClient, type ShimExited } from "./client.ts";
import type { CreateRequest, ExecRequest } from "./requests.ts";
import { seccompFilter } from "./seccomp.ts";

const OUT = join(import.meta.dirname, "../../.build/shim");
const APPLETS = [
  "sh",
  "cat",
  "echo",
  "grep",
  "head",
  "id",
  "kill",
  "ls",
  "mkdir",
  "mount",
  "nc",
  "ps",
];
const MORE_APPLETS = [
  "seq",
  "sleep",
  "stty",
  "tail",
  "touch",
  "true",
  "tty",
  "umount",
  "usleep",
  "wc",
];
const instances = new Set<string>();

function newInstance(): string {
  const id = (0xc000 + ((process.pid * 16 + instances.size) % 0x3fff)).toString(16);
  instances.add(id);
  return id;
}

/** A library that stands before the C library and refuses to make user namespaces, as kernels without them do. */
function denyUserNamespaces(folder: string): string {
  const library = join(folder, "deny.so");
  const source = `
    #define _GNU_SOURCE
    #include <errno.h>
    #include <sched.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    int unshare(int flags) {
      if (flags & CLONE_NEWUSER) { errno = EINVAL; return -1; }
      return (int)syscall(SYS_unshare, flags);
    }`;
  execFileSync("cc", ["-shared", "-fPIC", "-o", library, "-x", "c", "-"], { input: source });
  return library;
}

/** Decides what differs between one test's container and the next. */
export type Wish = Partial<CreateRequest> & Pick<CreateRequest, "argv">;

/**
 * For tests: a shim on folders of its own, in a network namespace of its own, with a small image of busybox. What it
 * made is gone when it is disposed.
 */
export class ShimLab implements AsyncDisposable {
  readonly folder: string;
  readonly instance: string = newInstance();
  readonly #program: string;
  readonly #init: string;
  readonly #preload: string;
  #process: ChildProcess | undefined;
  #client: ShimClient | undefined;
  #ids = 0;
  readonly #exits = new Map<string, ShimExited>();
  readonly #pids = new Map<string, number>();
  #waiting: (() => void)[] = [];

  private constructor(folder: string, program: string, init: string, preload: string) {
    this.folder = folder;
    this.#preload = preload;
    this.#program = program;
    this.#init = init;
  }

  /** `asan`: under the address and undefined-behaviour sanitizers. `old-kernel`: no user namespaces can be made. */
  static async open(variant: "plain" | "asan" | "old-kernel"): Promise<ShimLab> {
    const { shim, init } = await buildShim(OUT);
    if (variant === "asan") await makeShim(OUT, "asan");
    const folder = await mkdtemp(join(tmpdir(), "flotilla-shim-"));
    const preload = variant === "old-kernel" ? denyUserNamespaces(folder) : "";
    const lab = new ShimLab(folder, variant === "asan" ? `${shim}-asan` : shim, init, preload);
    await chmod(folder, 0o755);
    await mkdir(lab.containers);
    await mkdir(join(lab.layer, "bin"), { recursive: true });
    await copyFile("/bin/busybox", join(lab.layer, "bin/busybox"));
    for (const applet of [...APPLETS, ...MORE_APPLETS])
      await symlink("busybox", join(lab.layer, "bin", applet));
    await writeFile(lab.allowFile, `${folder}/layers\n${folder}/containers\n${folder}/volumes/\n`);
    await mkdir(join(folder, "volumes"));
    await lab.start();
    return lab;
  }

  get socket(): string {
    return join(this.folder, "shim.sock");
  }
  get allowFile(): string {
    return join(this.folder, "allow");
  }
  get layer(): string {
    return join(this.folder, "layers/base");
  }
  get containers(): string {
    return join(this.folder, "containers");
  }
  get pid(): number {
    return this.#process?.pid ?? 0;
  }
  get client(): ShimClient {
    if (!this.#client) throw new Error("the lab's shim does not run");
    return this.#client;
  }

  argv(): string[] {
    const options = {
      socket: this.socket,
      allow: this.allowFile,
      uid: "0",
      instance: this.instance,
    };
    const flags = Object.entries({ ...options, init: this.#init }).map(([k, v]) => `--${k}=${v}`);
    return [this.#program, ...flags];
  }

  async start(): Promise<void> {
    const child = spawn("unshare", ["--net", ...this.argv()], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LD_PRELOAD: this.#preload },
    });
    this.#process = child;
    await Promise.race([
      once(child.stdout, "data"),
      once(child, "exit").then(([code]) =>
        Promise.reject(new Error(`the shim ended with ${code}`)),
      ),
    ]);
    this.#client = await ShimClient.connect(this.socket);
    this.#client.onExited((exited) => {
      this.#exits.set(exited.id, exited);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  /** The shim's own exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | string> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return "it had ended";
    const ended = once(child, "exit");
    child.kill(signal);
    const [code, by] = await ended;
    await this.#client?.[Symbol.asyncDispose]();
    this.#process = undefined;
    this.#client = undefined;
    return code ?? by;
  }

  request(wish: Wish): CreateRequest {
    const id = wish.id ?? (0xa00 + this.#ids++).toString(16);
    return {
      id,
      hostname: `host-${id}`,
      env: ["PATH=/bin", "HOME=/home/game"],
      cwd: "/work",
      user: 1000,
      userBase: 0x10_0000,
      capabilities: 0,
      seccomp: seccompFilter(process.arch),
      rlimits: [],
      layers: [this.layer],
      stateFolder: this.stateFolder(id),
      upperBytes: 16 << 20,
      readOnlyRoot: false,
      tmpBytes: 1 << 20,
      shmBytes: 1 << 20,
      binds: [],
      tmpfs: [],
      secrets: [],
      cgroupWrites: [{ controller: "pids", file: "pids.max", value: "64" }],
      logBytesMax: 1 << 20,
      logRate: 1 << 20,
      resolvers: [],
      network: [],
      ...wish,
    };
  }

  stateFolder(id: string): string {
    return join(this.containers, id);
  }

  execRequest(id: string, argv: readonly string[], tty: boolean): ExecRequest {
    const { env, user, userBase, capabilities, seccomp } = this.request({ id, argv });
    return { id, argv, env, cwd: "/", user, userBase, capabilities, seccomp, tty };
  }

  /** Starts a container; `sh -c` for a text. */
  async run(
    command: string,
    wish: Partial<CreateRequest> = {},
  ): Promise<{ id: string; pid: number; startTime: number }> {
    const request = this.request({ argv: ["sh", "-c", command], ...wish });
    const made = await this.client.create(request);
    this.#pids.set(request.id, made.pid);
    return { id: request.id, ...made };
  }

  /** Waits for a container's end; removes it; what it said. */
  async finish(
    id: string,
  ): Promise<{ exit: ShimExited; stdout: string; stderr: string; lines: string[] }> {
    const exit = await this.exited(id);
    const lines = await this.log(id);
    await this.client.remove(id, this.stateFolder(id), { withLogs: true });
    const of = (stream: string): string =>
      lines
        .filter((line) => line.split(" ")[1] === stream)
        .map((line) => `${line.split(" ").slice(3).join(" ")}\n`)
        .join("");
    return { exit, lines, stdout: of("stdout"), stderr: of("stderr") };
  }

  /** Runs a command to its end. */
  async see(command: string, wish: Partial<CreateRequest> = {}): Promise<string> {
    const { id } = await this.run(command, wish);
    const { stdout, stderr } = await this.finish(id);
    return stdout + stderr;
  }

  async exited(id: string): Promise<ShimExited> {
    for (;;) {
      const exit = this.#exits.get(id);
      if (exit) {
        this.#exits.delete(id);
        return exit;
      }
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** Waits until a file is there in a running container. */
  async exists(id: string, path: string): Promise<void> {
    const { pid } = this.pidOf(id);
    while (!existsSync(`/proc/${pid}/root${path}`))
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** The init of a container that this lab started. */
  pidOf(id: string): { pid: number } {
    return { pid: this.#pids.get(id) ?? 0 };
  }

  /** Waits until a line of the container's log holds `text`. */
  async said(id: string, text: string): Promise<void> {
    while (!(await this.log(id)).some((line) => line.includes(text)))
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async log(id: string): Promise<string[]> {
    const files = ["log.0", "log.1"].map((name) => join(this.stateFolder(id), name));
    const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
    return texts
      .flatMap((text) => text.split("\n"))
      .filter((line) => line !== "")
      .sort((a, b) => a.slice(0, 24).localeCompare(b.slice(0, 24)));
  }

  /** What is on the machine because of this lab; empty when nothing is. */
  leftovers(): string[] {
    const hierarchies = readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`);
    const groups = hierarchies
      .map((mount) => `${mount}/flotilla/${this.instance}`)
      .filter((group) => existsSync(group))
      .flatMap((group) => [
        group,
        ...readdirSync(group, { withFileTypes: true })
          .filter((e) => e.isDirectory())
          .map((e) => `${group}/${e.name}`),
      ]);
    const mounts = readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .filter((line) => line.includes(this.folder));
    const folders = readdirSync(this.containers).map((name) => this.stateFolder(name));
    return [...groups, ...mounts, ...folders];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#client) await this.start();
    for (const group of this.leftovers().filter((path) => path.startsWith("/sys/fs/cgroup"))) {
      const id = group.split("/").at(-1) ?? "";
      await this.client.kill(id).catch(() => {});
      await this.client.remove(id, this.stateFolder(id), { withLogs: true }).catch(() => {});
    }
    await this.end("SIGTERM");
    await rm(this.folder, { recursive: true, force: true });
  }
}
