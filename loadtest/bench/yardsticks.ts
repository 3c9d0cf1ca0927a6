import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { delimiter, join } from "node:path";
import { freePort } from "../../core/std/free-port.ts";
import { command } from "./redis.ts";

/** Something else that can hand out names durably, on the same disk; or the bare server, which shows the machine. */
export interface Yardstick extends AsyncDisposable {
  readonly name: string;
  readonly target: "etcd" | "redis" | "bare";
  readonly sync: string;
  readonly port: number;
}

const START_TRIES = 100;
const START_EVERY_MS = 100;

export interface YardstickOptions {
  /** On the disk to measure. */
  readonly folder: string;
  /** Names that are there to be claimed. */
  readonly servers: number;
}

/** The bare one, and those that are installed, each started on a temporary folder. */
export async function startYardsticks(options: YardstickOptions): Promise<readonly Yardstick[]> {
  const etcd = hasCommand("etcd") ? [await startEtcd(options)] : [];
  const redis = hasCommand("redis-server") ? [await startRedis(options)] : [];
  return [await startBare(options), ...etcd, ...redis];
}

/** What HTTP alone costs here: machines differ, and one differs from hour to hour. */
async function startBare({ folder }: YardstickOptions): Promise<Yardstick> {
  const data = await mkdtemp(join(folder, "bare-"));
  const port = await freePort();
  const program = join(import.meta.dirname, "bare-fastify.ts");
  const child = spawn(process.execPath, [program, `${port}`], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  await tryUntil("the bare server", async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST" });
    return answer.ok;
  });
  return {
    name: "bare fastify: answers the same, picks and keeps nothing",
    target: "bare",
    sync: "none",
    port,
    [Symbol.asyncDispose]: () => endChild(child, data),
  };
}

async function startEtcd({ folder, servers }: YardstickOptions): Promise<Yardstick> {
  const data = await mkdtemp(join(folder, "etcd-"));
  const port = await freePort();
  const peer = await freePort();
  const client = `http://127.0.0.1:${port}`;
  const flags = {
    "--data-dir": data,
    "--listen-client-urls": client,
    "--advertise-client-urls": client,
    "--listen-peer-urls": `http://127.0.0.1:${peer}`,
    "--initial-advertise-peer-urls": `http://127.0.0.1:${peer}`,
    "--initial-cluster": `default=http://127.0.0.1:${peer}`,
    "--log-level": "error",
  };
  const child = spawn("etcd", Object.entries(flags).flat(), { stdio: "ignore" });
  for (let first = 0; first < servers; first += ETCD_PUTS) {
    const body = putsOf(first, Math.min(servers, first + ETCD_PUTS));
    await tryUntil("etcd", async () => {
      const answer = await fetch(`${client}/v3/kv/txn`, { method: "POST", body });
      return answer.ok;
    });
  }
  return {
    name: "etcd: compare and put of a key it is told (HTTP/JSON)",
    target: "etcd",
    sync: "fsync of its log per batch",
    port,
    [Symbol.asyncDispose]: () => endChild(child, data),
  };
}

/** As many as etcd takes in one transaction. */
const ETCD_PUTS = 128;

function putsOf(from: number, to: number): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const success = Array.from({ length: to - from }, (_, i) => ({
    request_put: { key: base64(`gs-${from + i}`), value: base64("Ready") },
  }));
  return JSON.stringify({ success });
}

async function startRedis({ folder, servers }: YardstickOptions): Promise<Yardstick> {
  const data = await mkdtemp(join(folder, "redis-"));
  const port = await freePort();
  const flags = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", data, "--save", ""];
  const durable = ["--appendonly", "yes", "--appendfsync", "always"];
  const child = spawn("redis-server", [...flags, ...durable], { stdio: "ignore" });
  const names = Array.from({ length: servers }, (_, i) => `gs-${i}`);
  await tryUntil("redis-server", async () => {
    const socket = connect({ host: "127.0.0.1", port });
    await once(socket, "connect");
    socket.write(command("RPUSH", "ready", ...names));
    const [reply] = await once(socket, "data");
    socket.end();
    return String(reply).startsWith(":");
  });
  return {
    name: "Redis: a Lua script takes a free one (RESP)",
    target: "redis",
    sync: "appendfsync always",
    port,
    [Symbol.asyncDispose]: () => endChild(child, data),
  };
}

async function tryUntil(name: string, isUp: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < START_TRIES; i++) {
    if (await isUp().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, START_EVERY_MS));
  }
  throw new Error(`${name} did not start`);
}

async function endChild(child: ChildProcess, data: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }
  await rm(data, { recursive: true });
}

function hasCommand(name: string): boolean {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
