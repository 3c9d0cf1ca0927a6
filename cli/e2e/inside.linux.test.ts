import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HostLinux } from "../../runtime/linux/host-linux.ts";
import { type CliResult, TestInstance } from "../testing/test-instance.ts";
import { cpuWhile } from "./cpu-while.ts";
import {
  childrenOf,
  initOf,
  listed,
  namespacesOf,
  type Seen,
  seen,
  statusRow,
  until,
} from "./look-inside.ts";
import { RemoteMachine } from "./remote-machine.ts";

const GAME_SERVERS = "/apis/agones.dev/v1/namespaces/default/gameservers";
const NETWORKS = "/apis/flotilla.dev/v1/namespaces/default/networks";
const SDK_LABEL = "agones.dev/sdk-e2e";

/** Counts who came; on every address of this machine, its bridges' too. */
async function listen(): Promise<{ server: Server; port: number; visitors: () => number }> {
  let count = 0;
  const server = createServer((socket) => {
    count++;
    socket.end("hello\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { server, port, visitors: () => count };
}

interface Tool {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly network?: string;
}

/** A game server that runs something else instead of a game, and never says that it is ready. */
function toolServer({ name, image, command, network = "default" }: Tool): object {
  const resources = { limits: { cpu: "100m", memory: "100Mi" } };
  const container = { name: "tool", image, command, resources };
  return {
    apiVersion: "agones.dev/v1",
    kind: "GameServer",
    metadata: { name },
    spec: {
      ports: [{ name: "game", portPolicy: "Dynamic", containerPort: 7000 }],
      health: { disabled: true },
      template: { spec: { containers: [container], network, terminationGracePeriodSeconds: 0 } },
    },
  };
}

describe("inside a game server of the demo", () => {
  let instance: TestInstance;
  let names: readonly string[];
  let init: number;
  const linux = new HostLinux();
  const inside = (argv: readonly string[], name = names[0] ?? ""): Promise<CliResult> =>
    instance.cli("exec", `gs/${name}`, "--", ...argv);
  const sh = async (script: string): Promise<string> => (await inside(["sh", "-c", script])).out;
  const node = (script: string, name?: string) => inside(["node", "-e", script], name);
  /** How a TCP connection from inside ends; `to` is `address:port`. */
  const reach = async (to: string, name?: string): Promise<string> => {
    const script = `
      const [host, port] = "${to}".split(":");
      const socket = require("node:net").connect({ host, port, timeout: 1000 });
      const say = (word) => { console.log(word); process.exit(); };
      socket.on("connect", () => say("connected"));
      socket.on("timeout", () => say("nobody"));
      socket.on("error", ({ code }) => say(code));`;
    return (await node(script, name)).out.trim();
  };
  const ready = ({ status }: Seen): boolean => status.state === "Ready";

  beforeAll(async () => {
    instance = await TestInstance.start({
      files: ["examples/demo", "examples/red-blue"],
      flags: ["--port-range", "17520-17560"],
    });
    names = (await listed(instance, "GameServer")).filter(ready).map((gs) => gs.metadata.name);
    init = await initOf(instance, "GameServer", names[0] ?? "");
  });
  afterAll(async () => {
    linux[Symbol.dispose]();
    await instance[Symbol.asyncDispose]();
  });

  async function spin(name: string): ReturnType<typeof cpuWhile> {
    const { id = "" } = (await seen(instance, "GameServer", name)).status.container ?? {};
    const script = "while :; do :; done";
    return await cpuWhile(instance, id, () =>
      inside(["busybox", "timeout", "3", "busybox", "sh", "-c", script], name),
    );
  }

  it("is PID 1 the init, and no process but its own is there", async () => {
    expect(await sh("cat /proc/1/comm")).toBe("flotilla-init\n");
    const [, namespace] = namespacesOf(init);
    const own = linux
      .processes()
      .filter((pid) => pid !== init && existsSync(`/proc/${pid}/ns/pid`))
      .filter((pid) => {
        try {
          return namespacesOf(pid)[1] === namespace;
        } catch {
          return false;
        }
      });
    expect(own).toEqual(childrenOf(init));
    const seenInside = await sh("ls /proc | grep '^[0-9]'");
    // Beside the init and its program: the shell, ls and grep that look.
    expect(seenInside.trim().split("\n").length).toBeLessThanOrEqual(own.length + 4);
    expect(seenInside).not.toContain(String(process.pid));
  });

  it("is no file of the host there", async () => {
    const root = (await sh("ls /")).trim().split("\n");
    expect(root.filter((name) => ["boot", "var", "opt", "srv", "mnt"].includes(name))).toEqual([]);
    for (const path of [instance.state, import.meta.dirname, "/etc/shadow", "/var/lib", "/dev/sda"])
      expect((await inside(["ls", path])).code).not.toBe(0);
    expect(readdirSync("/dev").length).toBeGreaterThan(20);
    expect((await sh("ls /dev")).trim().split("\n").length).toBeLessThan(20);
    expect((await sh("ls /sys")).trim()).toBe("");
  });

  it("is no network interface of the host there", async () => {
    const devices = await sh("cat /proc/net/dev");
    const found = [...devices.matchAll(/^ *(\S+):/gm)].map(([, name]) => name);
    expect(found).toEqual(["lo", "eth0"]);
  });

  it("is no service of the host reached, on 127.0.0.1 or on the bridge, TCP or otherwise", async () => {
    const { server, port, visitors } = await listen();
    const gateway = (await sh("ip route | awk '/^default/ { print $3 }'")).trim();
    expect(gateway).toMatch(/^\d+\.\d+\.\d+\.1$/);
    // The listener works: the host itself comes in by both ways.
    for (const host of ["127.0.0.1", gateway])
      expect(await text(connect({ host, port }))).toBe("hello\n");
    expect(visitors()).toBe(2);
    for (const address of ["127.0.0.1", "localhost", gateway])
      expect(await reach(`${address}:${port}`)).toMatch(/^(ECONNREFUSED|nobody)$/);
    expect(visitors()).toBe(2);
    await new Promise((resolve) => server.close(resolve));
  });

  it("is seccomp on, no new privileges, no capability, and the user not root's", async () => {
    for (const pid of [init, ...childrenOf(init)]) {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      expect(statusRow(status, "Seccomp")).toBe("2");
      expect(statusRow(status, "NoNewPrivs")).toBe("1");
      for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
        expect(statusRow(status, set)).toBe("0000000000000000");
      for (const id of ["Uid", "Gid"])
        for (const one of statusRow(status, id).split(" "))
          expect(Number(one)).toBeGreaterThan(65_535);
    }
    expect(await sh("cat /proc/self/status | grep CapEff")).toContain("0000000000000000");
  });

  it("is its CPU held at its limit once it is Ready, and not before", async () => {
    const held = await spin(names[0] ?? "");
    expect(held.limit).toBe(50);
    expect(held.share).toBeLessThan(55);
    expect(held.throttledMicros).toBeGreaterThan(0);
    const boots = toolServer({
      name: "boots",
      image: "red-blue",
      command: ["busybox", "sleep", "1000"],
    });
    expect((await instance.request("POST", GAME_SERVERS, boots)).status).toBe(201);
    await until(instance, ["GameServer", "boots"], ({ status }) => status.state === "Scheduled");
    const free = await spin("boots");
    expect(free.limit).toBeUndefined();
    expect(free.share).toBeGreaterThan(0);
    expect(free.throttledMicros).toBe(0);
  });

  it("is one over its memory killed, and `describe` says why", async () => {
    const hog = toolServer({
      name: "hog",
      image: "red-blue",
      command: ["stress", "--vm", "1", "--vm-bytes", "300M"],
    });
    expect((await instance.request("POST", GAME_SERVERS, hog)).status).toBe(201);
    await until(instance, ["GameServer", "hog"], ({ status }) => status.state === "Unhealthy");
    const said = await instance.mustCli("describe", "gs/hog");
    expect(said).toMatch(/^Reason: +OOMKilled$/m);
    expect(said).toMatch(/^Message: +killed by the kernel: it was over its memory limit$/m);
  });

  it("does the SDK answer on localhost, over REST and gRPC", async () => {
    const script = `
      const { object_meta, status } = await (await fetch("http://localhost:9358/gameserver")).json();
      console.log(object_meta.name, status.state);`;
    for (const name of names) expect((await node(script, name)).out).toBe(`${name} Ready\n`);
    expect(await reach("localhost:9357")).toBe("connected");
  });

  it("cannot speak as another game server", async () => {
    const [first = "", second = ""] = names;
    const { out: other } = await inside(["hostname", "-i"], second);
    const label = `
      const body = JSON.stringify({ key: "e2e", value: "first", name: "${second}" });
      const headers = { "content-type": "application/json", "x-forwarded-for": "${other.trim()}" };
      const to = "http://localhost:9358/metadata/label";
      console.log((await fetch(to, { method: "PUT", headers, body })).status);`;
    expect((await node(label, first)).out).toMatch(/^(200|400)\n$/);
    const known = label.replace(`, name: "${second}"`, "");
    expect((await node(known, first)).out).toBe("200\n");
    const labels = async (name: string) =>
      (await seen(instance, "GameServer", name)).metadata.labels?.[SDK_LABEL];
    expect(await labels(first)).toBe("first");
    expect(await labels(second)).toBeUndefined();
    // Nor can it take the other's address.
    const address = await sh("ip -4 -o addr show eth0 | awk '{ print $4 }'");
    const taken = address.trim().replace(/\d+\/(\d+)$/, "250/$1");
    expect((await inside(["ip", "addr", "add", taken, "dev", "eth0"])).code).not.toBe(0);
  });

  it("has no way outside, unless its network is opened", async () => {
    await using machine = await RemoteMachine.open();
    const argv = ["nc", "-ll", "-p", "8080", "-e", "busybox", "echo", "hello"];
    const [program, ...args] = machine.argv("busybox", ...argv);
    const listener = spawn(program, args, { stdio: "ignore" });
    await using _ended = {
      [Symbol.asyncDispose]: async () => {
        listener.kill("SIGKILL");
        await once(listener, "exit");
      },
    };
    const network = { apiVersion: "flotilla.dev/v1", kind: "Network", metadata: { name: "open" } };
    const made = await instance.request("POST", NETWORKS, { ...network, spec: { outside: true } });
    expect(made.status).toBe(201);
    const opened = toolServer({
      name: "opened",
      image: "arena",
      command: ["sleep", "1000"],
      network: "open",
    });
    expect((await instance.request("POST", GAME_SERVERS, opened)).status).toBe(201);
    await until(instance, ["GameServer", "opened"], ({ status }) => status.state === "Scheduled");
    const there = `${machine.address}:8080`;
    await expect.poll(() => reach(there, "opened"), { timeout: 20_000 }).toBe("connected");
    expect(await reach(there)).toBe("nobody");
  });
});
