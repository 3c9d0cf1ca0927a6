import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { NetLab } from "./net-lab.ts";
import { NodeNetwork } from "./network.ts";
import type { NetworkState } from "./network-state.ts";
import type { ServiceLead } from "./services.ts";

const NET = { namespace: "default", name: "default" };
const OTHER = { namespace: "default", name: "other" };
const IDS = ["a10000000000", "b20000000000", "c30000000000"] as const;
const CLIENT = "d40000000000";
const STRANGER = "e50000000000";
const ADDRESS = "10.86.0.9";
const ASKS = 60;

let lab: NetLab;
let network: NodeNetwork;
let kept: NetworkState | undefined;
let own = 0;
let client: number;
let stranger: number;
let player: number;
const addresses: string[] = [];

function open(): NodeNetwork {
  return new NodeNetwork({
    instance: "ab13",
    shim: lab,
    linux: { read: () => "" },
    clock: systemClock,
    pool: "10.87.0.0/16",
    servicePool: "10.86.0.0/16",
    subnetPrefix: 22,
    networksMax: 64,
    mtu: 1500,
    hostPorts: "everywhere",
    door: { grpcPort: 9357, httpPort: 9358 },
    addressRestMs: 0,
    forgetDelayMs: 1,
    load: async () => kept,
    save: async (state) => {
      kept = structuredClone(state);
    },
  });
}
async function join(id: string, net: typeof NET): Promise<{ pid: number; address: string }> {
  const { address } = await network.addressFor(id, net);
  const pid = await lab.namespace();
  await lab.attach(id, pid, network.attachFields(id));
  return { pid, address };
}
const lead = (count: number, more: Partial<ServiceLead> = {}): ServiceLead => ({
  network: "default/default",
  address: ADDRESS,
  protocol: "tcp",
  port: 80,
  hostPort: 8080,
  targetPort: 7654,
  isSticky: false,
  replicas: addresses.slice(0, count),
  ...more,
});
/** Asks `ASKS` times over TCP, each on a connection of its own; prints who answered. */
const ASK_MANY = `
const { connect } = require("node:net");
const [port, host] = process.argv.slice(1);
const ask = () => new Promise((resolve, reject) => {
  const socket = connect(Number(port), host);
  socket.on("error", reject);
  socket.on("data", (data) => resolve(String(data).split(" ")[0]));
});
(async () => {
  const names = new Set();
  for (let i = 0; i < ${ASKS}; i++) names.add(await ask());
  console.log([...names].sort().join(" "));
})();`;
async function answers(pid: number, to: string): Promise<string[]> {
  const [host = "", port = ""] = to.split(":");
  const said = await lab.inside(pid, [process.execPath, "-e", ASK_MANY, port, host]);
  return said.split(" ");
}
/** A refusal comes at once; nothing at all would come after the test's own time. */
const ask = (pid: number, to: string): Promise<string> =>
  lab.ask(pid, "tcp", to, { waitMs: 600_000 });

beforeAll(async () => {
  lab = await NetLab.open("ab13");
  network = open();
  await network.ensure([]);
  await network.ensureNetwork({ ...NET, outside: true });
  await network.ensureNetwork({ ...OTHER, outside: false });
  for (const [i, id] of IDS.entries()) {
    const { pid, address } = await join(id, NET);
    addresses.push(address);
    own = pid;
    for (const protocol of ["tcp", "udp"] as const) await lab.serve(pid, protocol, `r${i}`, 7654);
  }
  client = (await join(CLIENT, NET)).pid;
  stranger = (await join(STRANGER, OTHER)).pid;
  player = await lab.machine("cable", "192.0.2.2", "192.0.2.1");
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

describe("a service", () => {
  it("is spread over its replicas: from its network, from other machines, on 127.0.0.1", async () => {
    await network.setServices([lead(3)]);
    expect(await answers(client, `${ADDRESS}:80`)).toEqual(["r0", "r1", "r2"]);
    expect(await answers(player, "192.0.2.1:8080")).toEqual(["r0", "r1", "r2"]);
    expect(await answers(lab.host, "127.0.0.1:8080")).toEqual(["r0", "r1", "r2"]);
  });
  it("may be asked by its own replicas", async () => {
    expect(await answers(own, `${ADDRESS}:80`)).toEqual(["r0", "r1", "r2"]);
  });
  it("is refused, not left alone, at another port, and from another network", async () => {
    expect(await ask(client, `${ADDRESS}:81`)).toBe("nothing");
    expect(await ask(stranger, `${ADDRESS}:80`)).toBe("nothing");
    await network.setServices([lead(0)]);
    expect(await ask(client, `${ADDRESS}:80`)).toBe("nothing");
    expect(await ask(player, "192.0.2.1:8080")).toBe("nothing");
  });
  it("leads one source to one replica when it is sticky, over TCP and UDP", async () => {
    const sticky = lead(3, { isSticky: true });
    await network.setServices([sticky, { ...sticky, protocol: "udp" }]);
    const [first, ...more] = await answers(client, `${ADDRESS}:80`);
    expect(more).toEqual([]);
    for (let i = 0; i < 3; i++)
      expect(await lab.ask(client, "udp", `${ADDRESS}:80`)).toMatch(new RegExp(`^${first} `));
  });
  it("leaves a UDP client where it is when a replica comes, and leads it on when its own has gone", async () => {
    const from = { from: "0.0.0.0:4000" };
    await network.setServices([lead(1, { protocol: "udp" })]);
    expect(await lab.ask(client, "udp", `${ADDRESS}:80`, from)).toMatch(/^r0 /);
    await network.setServices([lead(3, { protocol: "udp" })]);
    for (let i = 0; i < 4; i++)
      expect(await lab.ask(client, "udp", `${ADDRESS}:80`, from)).toMatch(/^r0 /);
    const without = { protocol: "udp", replicas: addresses.slice(1, 2) } as const;
    await network.setServices([lead(3, without)]);
    await network.release(IDS[0]);
    expect(await lab.ask(client, "udp", `${ADDRESS}:80`, from)).toMatch(/^r1 /);
  });
});

/** Connects as fast as it can for so many seconds; prints how often that worked and how often it was refused. */
const CONNECT_MANY = `
const { connect } = require("node:net");
const [port, host, seconds] = process.argv.slice(1);
const until = Date.now() + Number(seconds) * 1000;
const seen = { worked: 0, refused: 0 };
const one = () => new Promise((resolve) => {
  const socket = connect(Number(port), host, () => { seen.worked++; socket.resetAndDestroy(); });
  socket.on("error", (error) => { if (error.code === "ECONNREFUSED") seen.refused++; });
  socket.on("close", resolve);
});
const loop = async () => { while (Date.now() < until) await one(); };
Promise.all(Array.from({ length: 8 }, loop)).then(() => console.log(JSON.stringify(seen)));`;

describe("a service whose replicas come and go", () => {
  it("refuses nobody", async () => {
    const argv = [process.execPath, "-e", CONNECT_MANY, "8080", "127.0.0.1", "20"];
    let isOver = false;
    const asking = lab.inside(lab.host, argv).finally(() => {
      isOver = true;
    });
    for (let changes = 0; !isOver; changes++) await network.setServices([lead(2 + (changes % 2))]);
    expect(JSON.parse(await asking).refused).toBe(0);
  });
});

describe("what services lead to", () => {
  it("is put back when somebody flushed it, and by an agent that starts anew", async () => {
    const two = lead(3, { replicas: addresses.slice(1, 3) });
    await network.setServices([two]);
    await lab.inside(lab.host, ["nft", "flush", "ruleset"]);
    expect((await network.repair()).join()).toContain("was installed");
    expect(await answers(client, `${ADDRESS}:80`)).toEqual(["r1", "r2"]);
    await lab.inside(lab.host, ["nft", "flush", "ruleset"]);
    network = open();
    expect((await network.ensure([])).join()).toContain("was installed");
    expect(await answers(player, "192.0.2.1:8080")).toEqual(["r1", "r2"]);
    expect((await network.repair()).join()).not.toContain("was installed");
  });
  it("is nothing when the last service has gone", async () => {
    await network.setServices([]);
    const rules = await lab.inside(lab.host, [
      "nft",
      "list",
      "chain",
      "inet",
      "flotilla_ab13",
      "services",
    ]);
    expect(rules).not.toContain("dnat");
    expect(await network.repair()).toEqual([]);
  });
});
