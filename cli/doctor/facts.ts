import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statfsSync } from "node:fs";
import { connect, createServer } from "node:net";
import { networkInterfaces, release } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { isFleetError } from "../../core/std/errors.ts";
import { detectCgroups } from "../../runtime/cgroup/layout.ts";
import { HostLinux } from "../../runtime/linux/host-linux.ts";
import { findForeignFirewalls, runProgram } from "../../runtime/network/foreign-firewalls.ts";
import {
  decideAdvertiseAddress,
  defaultInterfaceOf,
  type HostAddresses,
} from "../advertise-address.ts";
import { allocatorLine, allocatorPlaceOf, shownPlace } from "../allocator-place.ts";
import type { Config } from "../config.ts";
import type { CgroupFacts, Facts } from "./checks.ts";
import { portRangeOf, sharedPorts } from "./other-instances.ts";

const run = promisify(execFile);

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Looks everything up; changes nothing. `shimFolder` is where the compiled shim lies. */
export async function gatherFacts(config: Config, shimFolder: string): Promise<Facts> {
  const { min, max } = portRangeOf(config.portRange);
  return {
    platform: process.platform,
    uid: process.getuid?.(),
    kernel: release(),
    shimBuilt: existsSync(join(shimFolder, "flotilla-shim")),
    namespaces: names("/proc/self/ns"),
    userNamespacesMax: numberOf(read("/proc/sys/user/max_user_namespaces")),
    cgroup: cgroupFacts(),
    filesystems: read("/proc/filesystems").split(/\s+/),
    nftables: await nftables(),
    seccomp: read("/proc/sys/kernel/seccomp/actions_avail").includes("errno"),
    foreignFirewalls: (await findForeignFirewalls(runProgram)) ?? [],
    apiPortUser: await portUser(config),
    allocator: allocatorLine(config),
    allocatorAuth: config.allocatorAuth,
    allocatorPortUser: await allocatorPortUser(config),
    portRange: config.portRange,
    portsShared: sharedPorts(config),
    portsTaken: listeningPorts().filter((port) => port >= min && port <= max),
    stateFreeBytes: freeBytes(config.state),
    memoryAvailableBytes: memoryAvailable(),
    openFilesMax: numberOf(
      /Max open files\s+\S+\s+(\d+)/.exec(read("/proc/self/limits"))?.[1] ?? "",
    ),
    timeKeeper: timeKeeper(),
    advertise: decideAdvertiseAddress(config.advertiseAddress, hostAddresses()),
  };
}

const numberOf = (text: string): number | undefined =>
  /^\d+\s*$/.test(text) ? Number(text) : undefined;

function cgroupFacts(): CgroupFacts {
  using linux = new HostLinux();
  try {
    const { version, has } = detectCgroups(linux);
    const names = (["cpu", "memory", "pids"] as const).filter((name) => has[name]);
    return { layout: version, controllers: names };
  } catch (error) {
    if (isFleetError(error, "UNSUPPORTED")) return { layout: "none", controllers: [] };
    throw error;
  }
}

async function nftables(): Promise<string | undefined> {
  try {
    const { stdout } = await run("nft", ["list", "tables"], { timeout: 5_000 });
    const count = stdout.split("\n").filter(Boolean).length;
    return `usable, ${count} ${count === 1 ? "table" : "tables"} there`;
  } catch {
    return undefined;
  }
}

/** Undefined when the port is free or a flotilla answers on it. */
export async function portUser({ listen, port }: Config): Promise<string | undefined> {
  if (await canListen(listen, port)) return undefined;
  const host = listen === "0.0.0.0" ? "127.0.0.1" : listen;
  const isOurs = await fetch(`http://${host}:${port}/livez`, {
    signal: AbortSignal.timeout(2_000),
  }).then(
    (answer) => answer.ok,
    () => false,
  );
  if (isOurs) return undefined;
  return `${listen}:${port} is taken${(await canConnect(host, port)) ? " by another program" : ""}`;
}

/** The allocation service is taken to be ours where the API that it belongs to answers. */
async function allocatorPortUser(config: Config): Promise<string | undefined> {
  const place = allocatorPlaceOf(config);
  if (!place || (await canListen(place.host, place.port))) return undefined;
  const isOurs = !(await canListen(config.listen, config.port));
  return isOurs ? undefined : `${shownPlace(place)} is taken`;
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(true)));
  });
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const end = (answer: boolean) => () => {
      socket.destroy();
      done(answer);
    };
    socket.once("connect", end(true)).once("error", end(false)).once("timeout", end(false));
  });
}

const LISTENING = "0A";

/** Local ports that TCP listens on or UDP is bound to. */
function listeningPorts(): number[] {
  const rows = (file: string): string[][] =>
    read(file)
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/));
  const tcp = ["/proc/net/tcp", "/proc/net/tcp6"]
    .flatMap(rows)
    .filter((row) => row[3] === LISTENING);
  const udp = ["/proc/net/udp", "/proc/net/udp6"].flatMap(rows);
  const ports = [...tcp, ...udp].map((row) => Number.parseInt(row[1]?.split(":")[1] ?? "", 16));
  return [...new Set(ports)].filter((port) => port > 0).sort((a, b) => a - b);
}

function freeBytes(state: string): number | undefined {
  for (let folder = resolve(state); ; folder = dirname(folder)) {
    if (existsSync(folder)) {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    }
    if (folder === dirname(folder)) return undefined;
  }
}

function memoryAvailable(): number | undefined {
  const kib = /MemAvailable:\s+(\d+) kB/.exec(read("/proc/meminfo"))?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

const TIME_KEEPERS = ["chronyd", "ntpd", "systemd-timesyn", "openntpd"];

function timeKeeper(): string | undefined {
  if (existsSync("/run/systemd/timesync/synchronized")) return "systemd-timesyncd";
  const pids = names("/proc").filter((name) => /^\d+$/.test(name));
  const running = new Set(pids.map((pid) => read(`/proc/${pid}/comm`).trim()));
  return TIME_KEEPERS.find((name) => running.has(name));
}

export function hostAddresses(): HostAddresses {
  const rows = Object.entries(networkInterfaces()).map(([name, addresses]) => {
    const outside = (addresses ?? []).filter((a) => a.family === "IPv4" && !a.internal);
    return [name, outside.map(({ address }) => address)] as const;
  });
  return {
    byInterface: Object.fromEntries(rows),
    defaultInterface: defaultInterfaceOf(read("/proc/net/route")),
  };
}
