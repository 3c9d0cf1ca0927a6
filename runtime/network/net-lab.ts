import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { isFleetError } from "../../core/std/errors.ts";
import { decodeMessage, encodeMessage, type Field, type FieldIn } from "../shim/message.ts";
import { OP, shimError, TAG } from "../shim/protocol.ts";
import type { NetShim } from "./net-shim.ts";

const run = promisify(execFile);
const here = import.meta.dirname;
const C_SOURCES = ["message.c", "netlink.c", "nft.c", "net.c"];
const NAMESPACE_TRIES_MAX = 15_000;

/** Compiles the network part of the shim with address and undefined-behaviour sanitizers. */
export async function buildHarness(folder: string): Promise<string> {
  const shim = join(here, "../shim");
  const parts = (await readdir(shim)).filter((name) => /^net_\w+\.c$/.test(name));
  const sources = [...C_SOURCES, ...parts.filter((name) => name !== "net_none.c")];
  const output = join(folder, "net-harness");
  const flags = ["-std=gnu17", "-Wall", "-Wextra", "-Werror", "-g", "-O1"];
  const checks = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
  const files = [join(here, "net-harness.c"), ...sources.map((name) => join(shim, name))];
  await run("cc", [...flags, ...checks, "-o", output, ...files, "-ldl"]);
  return output;
}

/** A process in a network namespace of its own. */
async function inOwnNamespace(argv: readonly string[]): Promise<ChildProcess & { pid: number }> {
  const child = spawn("unshare", ["--net", ...argv], { stdio: ["pipe", "pipe", "inherit"] });
  const own = await readlink("/proc/self/ns/net");
  for (let tries = 0; tries < NAMESPACE_TRIES_MAX; tries++) {
    const now = await readlink(`/proc/${child.pid}/ns/net`).catch(() => own);
    if (now !== own && child.pid !== undefined) return Object.assign(child, { pid: child.pid });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.kill("SIGKILL");
  throw new Error("unshare did not start");
}

/**
 * A machine for tests: a network namespace that plays the host, with the shim's network part in it, and namespaces that
 * play containers and other machines. The real machine's network is never touched.
 */
export class NetLab implements NetShim, AsyncDisposable {
  readonly #host: ChildProcess & { pid: number };
  readonly #children: ChildProcess[] = [];
  readonly #folder: string;
  readonly #waiting = new Map<
    number,
    { resolve: (fields: readonly Field[]) => void; reject: (error: unknown) => void }
  >();
  #buffer: Buffer = Buffer.alloc(0);
  #id = 0;

  private constructor(host: ChildProcess & { pid: number }, folder: string) {
    this.#host = host;
    this.#folder = folder;
    this.#children.push(host);
    host.stdout?.on("data", (data: Buffer) => this.#receive(data));
    host.on("exit", (code) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the harness ended with ${code}`));
    });
  }

  static async open(instance: string): Promise<NetLab> {
    const folder = await mkdtemp(join(tmpdir(), "flotilla-net-"));
    const harness = await buildHarness(folder);
    const lab = new NetLab(await inOwnNamespace([harness, instance]), folder);
    await lab.inside(lab.host, ["ip", "link", "set", "lo", "up"]);
    return lab;
  }

  /** Process id whose namespace is the host's. */
  get host(): number {
    return this.#host.pid;
  }

  net(op: number, fields: readonly FieldIn[]): Promise<readonly Field[]> {
    const id = ++this.#id;
    return this.#send(id, encodeMessage(op, id, fields));
  }

  /** Sends bytes where fields should be; resolves when there is an answer, whatever it says. */
  async raw(op: number, fieldBytes: Uint8Array): Promise<void> {
    const id = ++this.#id;
    const frame = Buffer.concat([encodeMessage(op, id, []), fieldBytes]);
    frame.writeUInt32LE(frame.length - 4, 0);
    await this.#send(id, frame).catch((error: unknown) => {
      if (!isFleetError(error)) throw error;
    });
  }

  #send(id: number, frame: Buffer): Promise<readonly Field[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#host.stdin?.write(frame);
    });
  }

  /** A namespace with nothing but a `lo` that is down; the process id in it. */
  async namespace(): Promise<number> {
    const child = await inOwnNamespace(["sleep", "infinity"]);
    this.#children.push(child);
    return child.pid;
  }

  async attach(containerId: string, pid: number, fields: readonly FieldIn[]): Promise<void> {
    await this.net(OP.CREATE, [[TAG.ID, containerId], [TAG.PID, pid], ...fields]);
  }

  /** Another machine on a cable to the host: `address` there, `hostAddress` here, a default route to the host. */
  async machine(name: string, address: string, hostAddress: string): Promise<number> {
    const pid = await this.namespace();
    const ip = (where: number, words: string): Promise<string> =>
      this.inside(where, ["ip", ...words.split(" ")]);
    await ip(this.host, `link add ${name} type veth peer name eth0 netns ${pid}`);
    await ip(this.host, `addr add ${hostAddress}/24 dev ${name}`);
    await ip(this.host, `link set ${name} up`);
    await ip(pid, "link set lo up");
    await ip(pid, `addr add ${address}/24 dev eth0`);
    await ip(pid, "link set eth0 up");
    await ip(pid, `route add default via ${hostAddress}`);
    return pid;
  }

  /** Runs a program in the namespace of `pid`; its output. Rejects when it fails. */
  async inside(pid: number, argv: readonly string[]): Promise<string> {
    const { stdout } = await run("nsenter", [`--net=/proc/${pid}/ns/net`, ...argv]);
    return stdout.trim();
  }

  #peer(...words: readonly (string | number)[]): string[] {
    return [process.execPath, join(here, "net-peer.ts"), ...words.map(String)];
  }

  /** Listens until the lab is closed, and says whom it saw. */
  async serve(
    pid: number,
    protocol: "udp" | "tcp",
    name: string,
    port: number,
    address = "0.0.0.0",
  ): Promise<Disposable> {
    const argv = this.#peer(`${protocol}-serve`, name, address, port);
    const child = spawn("nsenter", [`--net=/proc/${pid}/ns/net`, ...argv], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#children.push(child);
    await new Promise((resolve, reject) => {
      child.stdout?.once("data", resolve);
      child.once("exit", (code) => reject(new Error(`${name} ended with ${code}`)));
    });
    return { [Symbol.dispose]: () => void child.kill("SIGKILL") };
  }

  /** Asks what `serve` answers; `nothing` when there is no answer in time. `from` is `address:port`. */
  async ask(
    pid: number,
    protocol: "udp" | "tcp",
    to: string,
    { from = "0.0.0.0:0", waitMs = 30_000 }: { from?: string; waitMs?: number } = {},
  ): Promise<string> {
    const [address = "", port = ""] = to.split(":");
    const [fromAddress = "", fromPort = ""] = from.split(":");
    const words = [`${protocol}-ask`, fromAddress, fromPort, address, port, waitMs];
    return this.inside(pid, this.#peer(...words));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#children.map(
      (child) =>
        new Promise((resolve) => {
          if (child.exitCode !== null || child.signalCode !== null) resolve(undefined);
          child.once("exit", resolve);
        }),
    );
    this.#host.stdin?.end();
    for (const child of this.#children) if (child !== this.#host) child.kill("SIGKILL");
    await Promise.all(ended);
    await rm(this.#folder, { recursive: true });
    if (this.#host.exitCode !== 0) throw new Error(`the harness ended with ${this.#host.exitCode}`);
  }

  #receive(data: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    while (this.#buffer.length >= 4 && this.#buffer.length >= 4 + this.#buffer.readUInt32LE(0)) {
      const end = 4 + this.#buffer.readUInt32LE(0);
      const { id, op, fields } = decodeMessage(this.#buffer.subarray(4, end));
      this.#buffer = this.#buffer.subarray(end);
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (op === OP.OK) waiting?.resolve(fields);
      else waiting?.reject(shimErrorOf(fields));
    }
  }
}

function shimErrorOf(fields: readonly Field[]): Error {
  const code = fields.find(({ tag }) => tag === TAG.CODE)?.data.readBigUInt64LE(0) ?? 0n;
  const message = fields.find(({ tag }) => tag === TAG.MESSAGE)?.data.toString("utf8") ?? "";
  return shimError(Number(code), message);
}
