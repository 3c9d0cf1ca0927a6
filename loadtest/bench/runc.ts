import { execFile, execFileSync } from "node:child_process";
import { globSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const BRIDGE = "bench-runc";
const TABLE = "inet bench_runc";
const PORT_FIRST = 30_000;
const PARALLEL_MAX = 8;

export interface RuncOptions {
  readonly folder: string;
  /** Unpacked layers, lowest first. */
  readonly layers: readonly string[];
}

/**
 * The yardstick: the same root run by runc, with a script of `ip`, `mount` and `nft` around it for the network
 * namespace, the overlay and two host ports. Limits are the same; runc's default config has no seccomp filter.
 */
export class Runc implements Disposable {
  readonly #options: RuncOptions;
  #count = 0;
  /** Those before are removed. Names are not used again: the kernel takes a namespace's links away a moment later. */
  #removed = 0;

  constructor(options: RuncOptions) {
    this.#options = options;
    const chain = `chain pre { type nat hook prerouting priority -100;
      dnat ip to udp dport map @to_udp
      dnat ip to tcp dport map @to_tcp
    }`;
    const map = "{ type inet_service : ipv4_addr . inet_service; }";
    execFileSync("ip", ["link", "add", BRIDGE, "type", "bridge"]);
    execFileSync("ip", ["addr", "add", "10.89.0.1/16", "dev", BRIDGE]);
    execFileSync("ip", ["link", "set", BRIDGE, "up"]);
    execFileSync("nft", ["-f", "-"], {
      input: `table ${TABLE} { map to_udp ${map}\nmap to_tcp ${map}\n${chain}\n}`,
    });
  }

  /** Undefined when runc cannot be run here. */
  static version(): string | undefined {
    try {
      return execFileSync("runc", ["--version"], { encoding: "utf8" }).split("\n")[0];
    } catch {
      return undefined;
    }
  }

  async startOne(): Promise<void> {
    const n = this.#count++;
    const id = `bench-runc-${n}`;
    const bundle = this.#bundle(n);
    const address = `10.89.${1 + (n >> 8)}.${n & 255}`;
    mkdirSync(join(bundle, "rootfs"), { recursive: true });
    for (const name of ["upper", "work"]) mkdirSync(join(bundle, name));
    writeFileSync(join(bundle, "config.json"), JSON.stringify(configOf(id)));
    const lower = this.#options.layers.toReversed().join(":");
    const port = PORT_FIRST + n;
    const script = `set -e; cd ${bundle}
      ip netns add ${id}
      ip link add br${n} master ${BRIDGE} up type veth peer name eth0 netns ${id}
      ip -n ${id} link set lo up
      ip -n ${id} addr add ${address}/16 dev eth0
      ip -n ${id} link set eth0 up
      ip -n ${id} route add default via 10.89.0.1
      mount -t overlay -o lowerdir=${lower},upperdir=upper,workdir=work overlay rootfs
      runc run --detach --bundle . ${id} </dev/null >log 2>&1
      nft "add element ${TABLE} to_udp { ${port} : ${address} . 7655 }; add element ${TABLE} to_tcp { ${port} : ${address} . 7654 }"`;
    await run("sh", ["-c", script]);
  }

  async removeAll(): Promise<void> {
    const left = Array.from({ length: this.#count - this.#removed }, (_, n) => this.#removed + n);
    const one = async (): Promise<void> => {
      for (let n = left.pop(); n !== undefined; n = left.pop()) {
        const id = `bench-runc-${n}`;
        await run("sh", [
          "-c",
          `runc delete --force ${id}; umount ${this.#bundle(n)}/rootfs; ip netns delete ${id}`,
        ]).catch(() => undefined);
        rmSync(this.#bundle(n), { recursive: true, force: true });
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_MAX }, one));
    for (const map of ["to_udp", "to_tcp"]) await run("nft", [`flush map ${TABLE} ${map}`]);
    this.#removed = this.#count;
  }

  [Symbol.dispose](): void {
    execFileSync("nft", [`delete table ${TABLE}`]);
    execFileSync("ip", ["link", "delete", BRIDGE]);
    // runc leaves the group above those of its containers, in each hierarchy.
    for (const group of globSync("/sys/fs/cgroup/{,*/}bench-runc")) rmdirSync(group);
  }

  #bundle(n: number): string {
    return join(this.#options.folder, `runc-${n}`);
  }
}

function configOf(id: string): object {
  const own = ["pid", "ipc", "uts", "mount"].map((type) => ({ type }));
  const tmpfs = (destination: string): object => ({ destination, type: "tmpfs", source: "tmpfs" });
  return {
    ociVersion: "1.0.2",
    process: {
      user: { uid: 1000, gid: 1000 },
      args: ["/bin/busybox", "sleep", "100000"],
      env: ["PATH=/usr/bin:/bin"],
      cwd: "/",
      noNewPrivileges: true,
    },
    root: { path: "rootfs" },
    hostname: id,
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      tmpfs("/dev"),
      { destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance"] },
      tmpfs("/tmp"),
    ],
    linux: {
      namespaces: [...own, { type: "network", path: `/run/netns/${id}` }],
      cgroupsPath: `/bench-runc/${id}`,
      resources: {
        memory: { limit: 64 << 20 },
        cpu: { quota: 50_000, period: 100_000 },
        pids: { limit: 64 },
      },
    },
  };
}
