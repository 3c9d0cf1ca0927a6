import { execFileSync } from "node:child_process";
import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Alert, AlertMessage } from "../../core/model/alert.ts";
import { freePort } from "../../core/std/free-port.ts";
import { SmallDisk } from "../../core/std/small-disk.fixture.ts";
import { HostLinux } from "../../runtime/linux/host-linux.ts";
import { pathOf } from "../api-client.ts";
import { FIRING_EXIT } from "../commands/alert.ts";
import { JoinedMachine } from "../testing/joined-machine.ts";
import { TestInstance } from "../testing/test-instance.ts";
import { childrenOf, initOf } from "./look-inside.ts";

const DISK_MIB = 1_200;
/** The demo's three game servers take six of them. */
const PORTS = "17300-17319";
const QUIET_LOOKS = 8;
const HEALED = { timeout: 90_000, interval: 500 };
/**
 * Ten seconds, in looks of a tenth of one each: a machine that is busy with other things makes the server late, and each
 * look at it as well.
 */
const DETECTED_LOOKS_MAX = 100;
const LOOK_EVERY_MS = 100;

let disk: string;
let home: TestInstance;
let machine: JoinedMachine;
let receiver: Server;
const received: AlertMessage[] = [];
const opened = new AsyncDisposableStack();

/** Takes what is signed with the secret of the state folder, as docs/alerts.md shows it; later, while that is not known. */
async function startReceiver(secretFile: () => string | undefined): Promise<Server> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const form = /^t=(\d+),v1=([0-9a-f]{64})$/;
    const [, seconds = "", seen = ""] =
      form.exec(String(request.headers["flotilla-signature"])) ?? [];
    const file = secretFile();
    if (file === undefined) return void response.writeHead(503).end();
    const secret = readFileSync(file, "utf8").trim();
    const right = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
    const isRight =
      seen.length === right.length && timingSafeEqual(Buffer.from(seen), Buffer.from(right));
    if (isRight) received.push(JSON.parse(body) as AlertMessage);
    response.writeHead(isRight ? 204 : 401).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const webhookUrl = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/alerts`;

beforeAll(async () => {
  disk = opened.use(new SmallDisk(DISK_MIB)).path;
  const urlFile = join(disk, "webhook.url");
  receiver = await startReceiver(() => home && join(home.state, "alert-webhook.secret"));
  opened.defer(async () => void (await new Promise((resolve) => receiver.close(resolve))));
  const tls = await freePort();
  writeFileSync(urlFile, `${webhookUrl()}\n`, { mode: 0o600 });
  home = opened.use(
    await TestInstance.start({
      stateIn: disk,
      images: ["examples/demo/image.yaml", "examples/red-blue/image.yaml"],
      files: ["examples/demo/fleet.yaml"],
      flags: [
        ...["--node", "home", "--tls-listen", `127.0.0.1:${tls}`, "--pool", "10.201.0.0/18"],
        ...["--port-range", PORTS, "--alert-webhook-file", urlFile],
      ],
    }),
  );
  const line = await home.mustCli("node", "token", "--expires", "5m");
  const [, joinToken = "", api = ""] =
    /^FLOTILLA_JOIN_TOKEN=(\S+) .* --api (https:\S+)$/m.exec(line) ?? [];
  const place = { pool: "10.201.64.0/18", portRange: "17320-17329" };
  machine = opened.use(await JoinedMachine.start({ node: "vm-1", api, joinToken, ...place }));
  await vi.waitFor(() => home.mustCli("cordon", "vm-1"), HEALED);
}, 120_000);
afterAll(() => opened.disposeAsync(), 120_000);

async function alerts(): Promise<readonly Alert[]> {
  const { body } = await home.request("GET", "/v1/alerts");
  return (body as { readonly items: readonly Alert[] }).items;
}
async function firing(): Promise<readonly string[]> {
  const found = (await alerts()).filter(({ state }) => state === "firing");
  return found.map(({ rule, subject }) => `${rule} ${subject.kind}/${subject.name}`).sort();
}
async function untilFires(alert: string): Promise<void> {
  for (let look = 1; ; look++) {
    const found = await firing();
    if (found.includes(alert)) return;
    if (look === DETECTED_LOOKS_MAX) expect(found, "what fires").toContain(alert);
    await sleep(LOOK_EVERY_MS);
  }
}
async function create(
  kind: "Container" | "Network" | "Fleet",
  name: string,
  spec: object,
): Promise<void> {
  const apiVersion = kind === "Fleet" ? "agones.dev/v1" : "flotilla.dev/v1";
  const body = { apiVersion, kind, metadata: { name }, spec };
  const answer = await home.request("POST", pathOf({ kind, namespace: "default" }), body);
  expect(answer).toMatchObject({ status: 201 });
}
const container = (name: string, script: string, more: object = {}): Promise<void> =>
  create("Container", name, {
    image: "red-blue",
    command: ["busybox", "sh", "-c", script],
    terminationGracePeriodSeconds: 0,
    ...more,
  });
const remove = (kind: "Container" | "Network" | "Fleet", name: string) =>
  home.request("DELETE", pathOf({ kind, namespace: "default", name }));

const ADDRESSES = ["a", "b", "c", "d", "e"].map((name) => `small-${name}`);
const ballast = (): string => join(disk, "ballast");

/** Each: what goes wrong, who it concerns, and how it is mended. */
const STORM = Array.from({ length: 20 }, (_, i) => `storm-${i}`);
/** What runs in them, by its number on the host. */
let stormPids: readonly number[] = [];

/** Hands out one game server again and again, while the server stands still three quarters of the time. */
class SlowAllocations {
  readonly #over = new AbortController();
  readonly #server = home.pid("server") ?? 0;
  readonly #running: readonly Promise<void>[];

  constructor() {
    expect(this.#server).toBeGreaterThan(1);
    this.#running = [this.#stutter(), ...Array.from({ length: 8 }, () => this.#allocate())];
    // Told by `end`: nobody hears of it before.
    for (const one of this.#running) one.catch(() => undefined);
  }

  async end(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#running);
  }

  async #stutter(): Promise<void> {
    while (!this.#over.signal.aborted) {
      process.kill(this.#server, "SIGSTOP");
      await sleep(200);
      process.kill(this.#server, "SIGCONT");
      await sleep(70);
    }
  }

  async #allocate(): Promise<void> {
    const selectors = [{ gameServerState: "Allocated" }, { gameServerState: "Ready" }];
    const head = { apiVersion: "allocation.agones.dev/v1", kind: "GameServerAllocation" };
    const path = pathOf({ kind: "GameServerAllocation", namespace: "default" });
    while (!this.#over.signal.aborted)
      expect(await home.request("POST", path, { ...head, spec: { selectors } })).toMatchObject({
        body: { status: { state: "Allocated" } },
      });
  }
}
let slow: SlowAllocations;

const FAULTS: readonly {
  readonly alert: string;
  /** What has to be there first. */
  readonly prepare?: () => Promise<unknown>;
  readonly plant: () => Promise<unknown>;
  /** For what must not go on beside the next fault. */
  readonly endSoon?: () => Promise<unknown>;
  readonly mend: () => Promise<unknown>;
}[] = [
  {
    alert: "AllocationFailures Platform/allocator",
    plant: async () => {
      const selectors = [{ matchLabels: { "agones.dev/fleet": "nobody" } }];
      const body = {
        apiVersion: "allocation.agones.dev/v1",
        kind: "GameServerAllocation",
        spec: { selectors },
      };
      const path = pathOf({ kind: "GameServerAllocation", namespace: "default" });
      for (let i = 0; i < 6; i++) await home.request("POST", path, body);
    },
    mend: async () => undefined,
  },
  {
    alert: "AllocationSlow Platform/allocator",
    plant: async () => (slow = new SlowAllocations()),
    endSoon: () => slow.end(),
    mend: async () => undefined,
  },
  {
    alert: "RestartStorm Node/home",
    prepare: async () => {
      for (const name of STORM) await container(name, "exec sleep 1000");
      const inits = await Promise.all(STORM.map((name) => initOf(home, "Container", name)));
      const inside = () => inits.flatMap(childrenOf);
      await expect.poll(() => inside().length, HEALED).toBe(STORM.length);
      stormPids = inside();
    },
    // As the kernel does where a machine has no memory left.
    plant: async () => stormPids.map((pid) => process.kill(pid, "SIGKILL")),
    mend: async () => {
      for (const name of STORM) await remove("Container", name);
    },
  },
  {
    alert: "OutOfMemory Container/hog",
    plant: () =>
      container("hog", "x=12345678; while :; do x=$x$x; done", {
        restartPolicy: "Never",
        resources: { limits: { memory: "32Mi" } },
      }),
    mend: () => remove("Container", "hog"),
  },
  {
    alert: "CrashLoop Container/loop",
    plant: () => container("loop", "exit 3"),
    mend: () => remove("Container", "loop"),
  },
  {
    alert: "NodeLost Node/vm-1",
    plant: () => machine.endAgent("SIGKILL"),
    mend: async () => machine.startAgent(),
  },
  {
    alert: "AddressesExhausted Network/small",
    plant: async () => {
      await create("Network", "small", { subnet: "10.202.77.0/29" });
      for (const name of ADDRESSES) await container(name, "sleep 1000", { network: "small" });
    },
    mend: async () => {
      for (const name of ADDRESSES) await remove("Container", name);
    },
  },
  {
    alert: "PortsExhausted Node/home",
    plant: () => {
      const command = ["busybox", "sh", "-c", "sleep 1000"];
      const spec = {
        containers: [{ name: "game", image: "red-blue", command }],
        terminationGracePeriodSeconds: 0,
      };
      const ports = [{ name: "game", containerPort: 7654 }];
      const template = { spec: { ports, health: { disabled: true }, template: { spec } } };
      return create("Fleet", "greedy", { replicas: 14, template });
    },
    mend: () => remove("Fleet", "greedy"),
  },
  {
    alert: "DiskNearlyFull Node/home",
    plant: async () => {
      const { bavail, blocks, bsize } = statfsSync(disk);
      const bytes = (bavail - Math.floor(blocks * 0.06)) * bsize;
      execFileSync("fallocate", ["-l", String(bytes), ballast()]);
    },
    mend: async () => rmSync(ballast()),
  },
];

it("the list of processes shows neither the webhook's URL nor a token", () => {
  using linux = new HostLinux();
  const read = (name: string) => readFileSync(join(home.state, name), "utf8").trim();
  const secrets = ["admin.token", "agent.token", "allocate.token", "alert-webhook.secret"].map(
    read,
  );
  const lines = linux.processes().map((pid) => linux.read(`/proc/${pid}/cmdline`) ?? "");
  const ours = lines.filter((line) => line.includes(home.state));
  expect(ours.length).toBeGreaterThanOrEqual(4);
  for (const secret of [...secrets, webhookUrl()])
    expect(ours.filter((line) => line.includes(secret))).toEqual([]);
});

describe("alerts of a whole instance", () => {
  it("are silent while nothing is wrong", async () => {
    for (let look = 0; look < QUIET_LOOKS; look++) {
      expect((await alerts()).map(({ rule, summary }) => `${rule}: ${summary}`)).toEqual([]);
      await sleep(1_000);
    }
    expect((await home.cli("alert", "ls", "--check")).code).toBe(0);
  });

  it.each(FAULTS)("fire within ten seconds: $alert", async ({ alert, prepare, plant, endSoon }) => {
    await prepare?.();
    await plant();
    try {
      await untilFires(alert);
    } finally {
      await endSoon?.();
    }
  });

  it("are acknowledged and silenced, and known after the server was killed", async () => {
    const before = await alerts();
    const lost = before.find(({ rule }) => rule === "NodeLost");
    await home.mustCli("alert", "ack", lost?.id ?? "", "--comment", "on it");
    await home.mustCli("alert", "silence", "--kind", "Node", "--for", "1h", "--comment", "we test");
    expect((await home.cli("alert", "ls", "--check")).code).toBe(FIRING_EXIT);
    expect(home.kill("server")).toBe(true);
    const isBack = async () => (await fetch(`${home.url}/readyz`).catch(() => undefined))?.status;
    await expect.poll(isBack, HEALED).toBe(200);
    const after = (await alerts()).find(({ id }) => id === lost?.id);
    expect(after).toMatchObject({
      ...{ state: "firing", firedAtMs: lost?.firedAtMs, silencedBy: expect.any(String) },
      acknowledged: { by: "token admin", comment: "on it" },
    });
    const silences = await home.mustCli("alert", "silences");
    await home.mustCli(
      "alert",
      "unsilence",
      /^s\S+/m.exec(silences.split("\n")[1] ?? "")?.[0] ?? "",
    );
  });

  it("resolve when all is mended; the webhook was told of each once, and the history says what was", async () => {
    for (const { mend } of FAULTS) await mend();
    await expect.poll(firing, HEALED).toEqual([]);
    const told = (event: AlertMessage["event"]) =>
      received
        .filter((message) => message.event === event)
        .map(({ alert: { rule, subject } }) => `${rule} ${subject.kind}/${subject.name}`);
    const wanted = FAULTS.map(({ alert }) => alert).sort();
    expect([...new Set(told("firing"))].sort()).toEqual(wanted);
    await expect.poll(() => [...new Set(told("resolved"))].sort(), HEALED).toEqual(wanted);
    expect(new Set(received.map(({ id }) => id)).size).toBe(received.length);
    const life = await home.mustCli("history", "container", "loop");
    expect(life).toMatch(/made: Pending +Created +token admin/);
    expect(life).toMatch(/→ Backoff +BackOff +node home/);
    expect(life).toMatch(/→ Terminating +Deleted +token admin/);
    const csv = await home.mustCli("history", "container", "hog", "-o", "csv");
    expect(csv.split("\r\n")[0]).toBe(
      "id,time,kind,namespace,name,uid,fleet,node,from,to,reason,message,by",
    );
    expect(csv).toContain(",OOMKilled,");
  }, 240_000);
});
