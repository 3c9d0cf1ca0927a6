import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { prepareInstance } from "../cgroup/instance.ts";
import { cgroupFolder, cgroupHierarchies, detectCgroups } from "../cgroup/layout.ts";
import { openImageStore } from "../image/folder-image-store.ts";
import type { ImageStore } from "../image/image-store.ts";
import { HostLinux } from "../linux/host-linux.ts";
import { kernelNames } from "../network/names.ts";
import { NodeNetwork } from "../network/network.ts";
import type { NetworkState } from "../network/network-state.ts";
import { buildShim } from "../shim/build.ts";
import type { DriverBench } from "./driver-conformance.ts";
import { writeFixtureImage } from "./driver-fixture.ts";
import { ShimDriver } from "./shim-driver.ts";
import { type KeptContainer, ShimFiles } from "./shim-files.ts";
import { ShimLine } from "./shim-line.ts";
import { shimUnpack } from "./shim-unpack.ts";

const run = promisify(execFile);
const OUT = join(import.meta.dirname, "../../.build/shim");
const KEPT = /^(log\.\d|exit)$/;
let instances = 0;

/** For tests: a shim in a network namespace of its own, so that the machine's network is left alone, and drivers that talk to it. */
export class ShimBench implements DriverBench {
  readonly #folder: string;
  /** Holds the network namespace, which outlives the shims in it. */
  readonly #holder: ChildProcess;
  readonly #argv: readonly string[];
  #shim: ChildProcess | undefined;
  readonly #instance: string;
  readonly #images: ImageStore;
  readonly #linux = new HostLinux();
  readonly #layout = detectCgroups(this.#linux);
  /** What a node keeps in a file: it outlives the driver that wrote it. */
  #network: NetworkState | undefined;

  private constructor(parts: {
    readonly folder: string;
    readonly holder: ChildProcess;
    readonly argv: readonly string[];
    readonly instance: string;
    readonly images: ImageStore;
  }) {
    this.#folder = parts.folder;
    this.#holder = parts.holder;
    this.#argv = parts.argv;
    this.#instance = parts.instance;
    this.#images = parts.images;
  }

  static async make(): Promise<ShimBench> {
    const { shim: program, init } = await buildShim(OUT);
    const folder = await mkdtemp(join(tmpdir(), "flotilla-driver-"));
    await chmod(folder, 0o711);
    const instance = (0x8000 + ((process.pid * 64 + instances++) % 0x3fff)).toString(16);
    const folders = ["layers", "containers", "volumes", "secrets", "hosts"].map((n) =>
      join(folder, n),
    );
    for (const one of folders) await mkdir(one, { mode: 0o711 });
    const allow = join(folder, "shim.allow");
    await writeFile(allow, `${folders.join("\n")}\n`, { mode: 0o600 });
    const images = await openImageStore({
      root: folder,
      unpack: shimUnpack(program),
      whiteouts: "overlay",
      clock: systemClock,
    });
    await writeFixtureImage(images.images, "busybox");
    const flags = { socket: join(folder, "shim.sock"), allow, uid: "0", instance, init };
    const words = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const holder = spawn("unshare", ["--net", "sh", "-c", "echo in; read end"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await once(holder.stdout, "data");
    const argv = [`--net=/proc/${holder.pid}/ns/net`, program, ...words];
    return new ShimBench({ folder, holder, argv, instance, images });
  }

  /** kill -9; the next one is started by who needs it. False when none runs just then. */
  killShim(): boolean {
    return isRunning(this.#shim) && this.#shim.kill("SIGKILL");
  }

  async open(): Promise<ShimDriver> {
    prepareInstance(this.#linux, this.#layout, this.#instance);
    const line = new ShimLine({
      socket: join(this.#folder, "shim.sock"),
      ensureShim: () => this.#ensureShim(),
      clock: systemClock,
      logger: silentLogger,
      patienceMs: 30_000,
      pauseMs: 5,
      triesMax: 10,
    });
    return await ShimDriver.open({
      platformApi: undefined,
      instance: this.#instance,
      folder: this.#folder,
      line,
      network: this.#networkOver(line),
      images: this.#images,
      layout: this.#layout,
      linux: this.#linux,
      clock: systemClock,
      logger: silentLogger,
      networkOf: (name) => ({ ...name, outside: false }),
      onAddress: () => Promise.resolve(),
      removedLogsMax: 200,
      services: async () => [],
      logPollMs: 20,
      killWaitMs: 30_000,
    });
  }

  /** What its driver keeps of the containers that are there. */
  kept(): Promise<readonly KeptContainer[]> {
    return new ShimFiles(join(this.#folder, "containers")).all();
  }

  async leftovers(): Promise<readonly string[]> {
    const groups = cgroupHierarchies(this.#layout)
      .map((controller) => cgroupFolder(this.#layout, controller, this.#instance))
      .filter((group) => this.#linux.exists(group));
    const mounts = this.#linux.mounts().filter(({ target }) => target.includes(this.#folder));
    const containers = join(this.#folder, "containers");
    const files = await readdir(containers, { recursive: true, withFileTypes: true });
    const kept = files.filter((entry) => entry.parentPath === containers || KEPT.test(entry.name));
    return [
      ...groups,
      ...mounts.map(({ target }) => `mount ${target}`),
      ...files.filter((e) => !kept.includes(e)).map((e) => join(e.parentPath, e.name)),
      ...(await this.#inKernel()),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await ended(this.#shim, (shim) => shim.kill("SIGTERM"));
    await ended(this.#holder, ({ stdin }) => stdin?.end());
    this.#linux[Symbol.dispose]();
    await rm(this.#folder, { recursive: true });
  }

  #ensureShim(): void {
    if (isRunning(this.#shim)) return;
    this.#shim = spawn("nsenter", this.#argv, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    });
  }

  #networkOver(line: ShimLine): NodeNetwork {
    return new NodeNetwork({
      instance: this.#instance,
      shim: line,
      linux: this.#linux,
      clock: systemClock,
      pool: "10.88.0.0/16",
      servicePool: "10.86.0.0/16",
      subnetPrefix: 24,
      networksMax: 4,
      mtu: 1500,
      hostPorts: "loopback",
      door: { grpcPort: 9357, httpPort: 9358 },
      addressRestMs: 0,
      forgetDelayMs: 10,
      load: () => Promise.resolve(this.#network),
      save: async (state) => {
        this.#network = state;
      },
    });
  }

  /** Interfaces and tables of this instance, in the namespace of its shim. */
  async #inKernel(): Promise<readonly string[]> {
    const inside = async (...argv: readonly string[]): Promise<readonly string[]> => {
      const { stdout } = await run("nsenter", [`--net=/proc/${this.#holder.pid}/ns/net`, ...argv]);
      return stdout.split("\n");
    };
    const { table, bridges, veths } = kernelNames(this.#instance);
    const links = await inside("ip", "-brief", "link");
    const tables = await inside("nft", "list", "tables");
    return [
      ...links.filter((link) => link.startsWith(bridges) || link.startsWith(veths)),
      ...tables.filter((line) => line.includes(table)),
    ];
  }
}

function isRunning(child: ChildProcess | undefined): child is ChildProcess {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}

async function ended(
  child: ChildProcess | undefined,
  end: (child: ChildProcess) => unknown,
): Promise<void> {
  if (!isRunning(child)) return;
  const exit = once(child, "exit");
  end(child);
  await exit;
}
