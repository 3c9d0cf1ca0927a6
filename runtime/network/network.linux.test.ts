import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { isFleetError } from "../../core/std/errors.ts";
import { findForeignFirewalls, type RunProgram } from "./foreign-firewalls.ts";
import { NetLab } from "./net-lab.ts";
import { NodeNetwork } from "./network.ts";
import type { NodeNetworkOptions } from "./network-options.ts";
import type { NetworkState } from "./network-state.ts";

const RED = "a10000000000";
const BLUE = "b20000000000";
const PRIVATE = { namespace: "default", name: "red-blue" };
const SILENT_MS = 400;

let lab: NetLab;
let network: NodeNetwork;
let kept: NetworkState | undefined;
let red: number;
let blue: number;
let player: number;

function optionsOf(changes: Partial<NodeNetworkOptions> = {}): NodeNetworkOptions {
  return {
    instance: "ab12",
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
    ...changes,
  };
}

beforeAll(async () => {
  lab = await NetLab.open("ab12");
  network = new NodeNetwork(optionsOf());
  await network.ensure([]);
  await network.ensureNetwork({ ...PRIVATE, subnet: "11.11.11.0/24", outside: false });
  await network.addressFor(RED, PRIVATE, "11.11.11.2");
  await network.addressFor(BLUE, PRIVATE, "11.11.11.3");
  [red, blue] = [await lab.namespace(), await lab.namespace()];
  await lab.attach(RED, red, network.attachFields(RED, { grpcPort: 9357, httpPort: 9358 }));
  await lab.attach(BLUE, blue, network.attachFields(BLUE, { grpcPort: 19357, httpPort: 9358 }));
  player = await lab.machine("cable", "192.0.2.2", "192.0.2.1");
  await lab.serve(red, "udp", "red", 7654);
  await lab.serve(red, "tcp", "red", 7654);
  await lab.serve(blue, "udp", "blue", 7654);
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

describe("two containers on one bridge", () => {
  it("ping each other", async () => {
    const ping = ["busybox", "ping", "-c1", "-W30", "11.11.11.3"];
    expect(await lab.inside(red, ping)).toContain("1 packets received");
  });
  it("may ping and bind low ports without root", async () => {
    const settings = ["ping_group_range", "ip_unprivileged_port_start"];
    const files = settings.map((name) => `/proc/sys/net/ipv4/${name}`);
    expect(await lab.inside(red, ["cat", ...files])).toBe("0\t2147483647\n0");
  });
  it("have no IPv6, not even ::1", async () => {
    expect(await lab.inside(red, ["ip", "-6", "addr"])).toBe("");
  });
  it("speak from their own address only", async () => {
    await lab.inside(red, ["ip", "addr", "add", "11.11.11.99/24", "dev", "eth0"]);
    const spoofed = { from: "11.11.11.99:0", waitMs: SILENT_MS };
    expect(await lab.ask(red, "udp", "11.11.11.3:7654", spoofed)).toBe("nothing");
    const own = await lab.ask(red, "udp", "11.11.11.3:7654", { from: "11.11.11.2:4000" });
    expect(own).toBe("blue saw 11.11.11.2:4000");
    await lab.inside(red, ["ip", "addr", "del", "11.11.11.99/24", "dev", "eth0"]);
  });
});

describe("host ports", () => {
  beforeAll(async () => {
    await network.openPorts(RED, [
      { name: "game", protocol: "udp", hostPort: 7000, containerPort: 7654 },
      { name: "game", protocol: "tcp", hostPort: 7000, containerPort: 7654 },
    ]);
  });

  it("show the container the player's own address, over UDP and TCP", async () => {
    const from = { from: "192.0.2.2:5000" };
    expect(await lab.ask(player, "udp", "192.0.2.1:7000", from)).toBe("red saw 192.0.2.2:5000");
    expect(await lab.ask(player, "tcp", "192.0.2.1:7000", from)).toBe("red saw 192.0.2.2:5000");
  });
  it("open on the host's 127.0.0.1 too", async () => {
    expect(await lab.ask(lab.host, "udp", "127.0.0.1:7000")).toMatch(/^red saw 11\.11\.11\.1:/);
    expect(await lab.ask(lab.host, "tcp", "127.0.0.1:7000")).toMatch(/^red saw 11\.11\.11\.1:/);
  });
  it.each([
    ["passes bridged packets through its IP rules", 1],
    ["does not", 0],
  ])("can be reached from a neighbour and the container itself: the host %s", async (_, call) => {
    await lab.inside(lab.host, ["sysctl", "-qw", `net.bridge.bridge-nf-call-iptables=${call}`]);
    for (const pid of [red, blue])
      expect(await lab.ask(pid, "udp", "192.0.2.1:7000")).toMatch(/^red saw 11\.11\.11\.1:/);
  });
  it("are refused when they lead to another container already", async () => {
    const again = network.openPorts(BLUE, [
      { name: "game", protocol: "udp", hostPort: 7000, containerPort: 7654 },
    ]);
    await expect(again).rejects.toSatisfy((error) => isFleetError(error, "ALREADY_EXISTS"));
  });
  it("lead a client that goes on from the same port to the new owner at once", async () => {
    const from = { from: "192.0.2.2:5000" };
    await network.closePorts(RED);
    await network.settled();
    // The kernel remembers this client without an owner now, which would blind it for the new one.
    const closed = await lab.ask(player, "udp", "192.0.2.1:7000", { ...from, waitMs: SILENT_MS });
    expect(closed).toBe("nothing");
    await network.openPorts(BLUE, [
      { name: "game", protocol: "udp", hostPort: 7000, containerPort: 7654 },
    ]);
    await network.settled();
    expect(await lab.ask(player, "udp", "192.0.2.1:7000", from)).toBe("blue saw 192.0.2.2:5000");
    await network.closePorts(BLUE);
    await network.openPorts(RED, [
      { name: "game", protocol: "udp", hostPort: 7000, containerPort: 7654 },
    ]);
    await network.settled();
    expect(await lab.ask(player, "udp", "192.0.2.1:7000", from)).toBe("red saw 192.0.2.2:5000");
  });
});

describe("a container", () => {
  beforeAll(async () => {
    await lab.serve(lab.host, "tcp", "host", 6379, "127.0.0.1");
    await lab.serve(lab.host, "tcp", "host", 8080);
    await lab.serve(lab.host, "tcp", "door", 9357, "11.11.11.1");
    await lab.serve(lab.host, "tcp", "door", 9358, "11.11.11.1");
    await lab.serve(player, "udp", "player", 53);
  });

  it("finds the SDK door at its own 127.0.0.1, and the door sees the container's address", async () => {
    expect(await lab.ask(red, "tcp", "127.0.0.1:9357")).toMatch(/^door saw 11\.11\.11\.2:/);
    expect(await lab.ask(red, "tcp", "127.0.0.1:9358")).toMatch(/^door saw 11\.11\.11\.2:/);
    expect(await lab.ask(blue, "tcp", "127.0.0.1:19357")).toMatch(/^door saw 11\.11\.11\.3:/);
  });
  it("reaches no service of the host but the door", async () => {
    const silent = { waitMs: SILENT_MS };
    for (const address of ["11.11.11.1:8080", "192.0.2.1:8080", "11.11.11.1:6379"])
      expect(await lab.ask(red, "tcp", address, silent)).toBe("nothing");
    expect(await lab.ask(lab.host, "tcp", "127.0.0.1:8080")).toMatch(/^host saw/);
  });
  it("cannot send to the host's 127.0.0.1 over its bridge, and a flushed chain that let it is repaired", async () => {
    const id = "c30000000000";
    const { address } = await network.addressFor(id, PRIVATE);
    const attacker = await lab.namespace();
    await lab.attach(id, attacker, network.attachFields(id));
    // As CVE-2020-8558 did it: 127.0.0.1 is taken from `lo` and routed to the bridge.
    for (const command of [
      "ip addr del 127.0.0.1/8 dev lo",
      "sysctl -qw net.ipv4.conf.all.route_localnet=1",
      "ip route add 127.0.0.1/32 via 11.11.11.1 dev eth0",
    ])
      await lab.inside(attacker, command.split(" "));
    const attack = (waitMs = SILENT_MS): Promise<string> =>
      lab.ask(attacker, "tcp", "127.0.0.1:6379", { from: `${address}:0`, waitMs });
    expect(await attack()).toBe("nothing");
    await lab.inside(lab.host, ["nft", "flush", "chain", "inet", "flotilla_ab12", "input"]);
    expect(await attack(30_000)).toMatch(`host saw ${address}:`);
    expect(await network.repair()).toEqual(["table flotilla_ab12 was installed with 0 addresses"]);
    expect(await attack()).toBe("nothing");
    await network.release(id);
    await network.repair();
    expect(await network.repair()).toContain(
      "fvab12c30000000, which belonged to no container, was removed",
    );
  });
  it("has no way to the outside", async () => {
    const silent = { waitMs: SILENT_MS };
    expect(await lab.ask(red, "udp", "192.0.2.2:53", silent)).toBe("nothing");
  });
  it("is not reached from outside but through its host ports", async () => {
    await lab.inside(player, ["ip", "route", "replace", "11.11.11.0/24", "via", "192.0.2.1"]);
    const silent = { waitMs: SILENT_MS };
    expect(await lab.ask(player, "udp", "11.11.11.2:7654", silent)).toBe("nothing");
    expect(await lab.ask(player, "tcp", "11.11.11.1:9357", silent)).toBe("nothing");
  });
});

describe("what others do to the kernel", () => {
  const works = async (): Promise<void> => {
    const from = { from: "192.0.2.2:5001" };
    expect(await lab.ask(player, "udp", "192.0.2.1:7000", from)).toBe("red saw 192.0.2.2:5001");
    expect(await lab.ask(red, "udp", "11.11.11.3:7654")).toMatch(/^blue saw 11\.11\.11\.2:/);
  };

  it("needs no repair when nobody did anything", async () => {
    expect(await network.repair()).toEqual([]);
  });
  it("is repaired after a flush of all rules", async () => {
    await lab.inside(lab.host, ["nft", "flush", "ruleset"]);
    expect(await network.repair()).toEqual([
      "table flotilla_ab12 was installed with 2 addresses",
      "1 host ports were opened and 0 closed",
    ]);
    await works();
    expect(await network.repair()).toEqual([]);
  });
  it("leaves the connections of players alone, whatever is opened or repaired again", async () => {
    // Of this player only: what others asked before is forgotten after a while.
    const ports = ["--sport", "5001", "--dport", "7000"];
    const connections = (): Promise<string> =>
      lab.inside(lab.host, ["conntrack", "-L", "-p", "udp", ...ports, "-o", "id"]);
    const idsOf = (text: string): string[] =>
      [...text.matchAll(/ id=(\d+)/g)].map(([, id]) => id ?? "");
    await works();
    const before = idsOf(await connections());
    expect(before.length).toBeGreaterThan(0);
    await lab.inside(lab.host, ["nft", "flush", "ruleset"]);
    await network.repair();
    await network.openPorts(RED, [
      { name: "game", protocol: "udp", hostPort: 7000, containerPort: 7654 },
    ]);
    await network.settled();
    expect(idsOf(await connections())).toEqual(before);
    await works();
  });
  it("is repaired after somebody removed the bridge", async () => {
    await lab.inside(lab.host, ["ip", "link", "del", "fltab120"]);
    expect(await network.repair()).toEqual([
      "bridge fltab120 of network default/red-blue was made",
    ]);
    await works();
  });
  it("is repaired when a port leads to a stranger", async () => {
    const map = "inet flotilla_ab12 udp_ports";
    await lab.inside(lab.host, ["nft", `delete element ${map} { 7000 }`]);
    await lab.inside(lab.host, ["nft", `add element ${map} { 7000 : 11.11.11.3 . 7654 }`]);
    await lab.inside(lab.host, ["nft", `add element ${map} { 7001 : 11.11.11.3 . 7654 }`]);
    expect(await network.repair()).toEqual(["1 host ports were opened and 1 closed"]);
    await works();
  });
  it("is seen by the doctor when it drops what players send", async () => {
    const inLab: RunProgram = (file, args) =>
      lab.inside(lab.host, [file, ...args]).catch(() => undefined);
    expect(await findForeignFirewalls(inLab)).toEqual([]);
    const hook = "{ type filter hook forward priority 0; policy drop; }";
    await lab.inside(lab.host, ["nft", `add table ip filter; add chain ip filter FORWARD ${hook}`]);
    const found = await findForeignFirewalls(inLab);
    expect(found).toMatchObject([{ table: "filter", chain: "FORWARD", hook: "forward" }]);
    const from = { from: "192.0.2.2:5009", waitMs: SILENT_MS };
    expect(await lab.ask(player, "udp", "192.0.2.1:7000", from)).toBe("nothing");
    await lab.inside(lab.host, ["nft", "delete", "table", "ip", "filter"]);
  });
  it("does not matter to an agent that starts anew: it finds everything in place", async () => {
    const next = new NodeNetwork(optionsOf());
    expect(await next.ensure([])).toEqual([]);
    expect(next.state).toEqual(network.state);
    await works();
  });
});

describe("more networks", () => {
  const OPEN = { namespace: "default", name: "open" };
  const GREEN = "d40000000000";
  let green: number;
  beforeAll(async () => {
    const made = await network.ensureNetwork({ ...OPEN, outside: true });
    expect(made).toEqual({ bridge: "fltab121", gateway: "10.87.0.1", subnet: "10.87.0.0/22" });
    await network.addressFor(GREEN, OPEN);
    green = await lab.namespace();
    await lab.attach(GREEN, green, network.attachFields(GREEN, { grpcPort: 9357, httpPort: 9358 }));
    await lab.serve(green, "udp", "green", 7654);
  });

  it("reach the outside only when they were opened", async () => {
    expect(await lab.ask(green, "udp", "192.0.2.2:53")).toMatch(/^player saw 192\.0\.2\.1:/);
  });
  it("do not reach each other, nor each other's door, nor the host", async () => {
    const silent = { waitMs: SILENT_MS };
    expect(await lab.ask(green, "udp", "11.11.11.2:7654", silent)).toBe("nothing");
    expect(await lab.ask(red, "udp", "10.87.0.2:7654", silent)).toBe("nothing");
    expect(await lab.ask(green, "tcp", "11.11.11.1:9357", silent)).toBe("nothing");
    expect(await lab.ask(green, "tcp", "192.0.2.1:8080", silent)).toBe("nothing");
  });
  it("cannot take the door's port from under other containers", async () => {
    const doors = [{ name: "trap", protocol: "tcp", hostPort: 9357, containerPort: 7654 }] as const;
    await lab.serve(green, "tcp", "trap", 7654);
    await network.openPorts(GREEN, doors);
    expect(await lab.ask(player, "tcp", "192.0.2.1:9357")).toMatch(/^trap saw/);
    expect(await lab.ask(red, "tcp", "127.0.0.1:9357")).toMatch(/^door saw 11\.11\.11\.2:/);
    await network.closePorts(GREEN);
  });
  it("are closed by a change of the resource", async () => {
    await network.ensureNetwork({ ...OPEN, outside: false });
    const silent = { waitMs: SILENT_MS };
    expect(await lab.ask(green, "udp", "192.0.2.2:53", silent)).toBe("nothing");
  });
  it("leave when their last container has", async () => {
    await expect(network.removeNetwork(OPEN)).rejects.toThrow("is used by d40000000000");
    await network.release(GREEN);
    await network.removeNetwork(OPEN);
    expect(await lab.inside(lab.host, ["ip", "-br", "link"])).not.toContain("fltab121");
  });
});

describe("the node", () => {
  it("opens host ports on loopback only while its address is a loopback one", async () => {
    const local = new NodeNetwork(optionsOf({ hostPorts: "loopback" }));
    expect(await local.ensure([])).toEqual(["table flotilla_ab12 was installed with 0 addresses"]);
    const silent = { waitMs: SILENT_MS };
    expect(await lab.ask(player, "udp", "192.0.2.1:7000", silent)).toBe("nothing");
    expect(await lab.ask(lab.host, "udp", "127.0.0.1:7000")).toMatch(/^red saw/);
  });
  it("takes back what belongs to no container that is known", async () => {
    expect(await network.releaseAllBut(new Set([RED]))).toEqual([BLUE]);
    expect(await network.releaseAllBut(new Set([RED]))).toEqual([]);
    // Seen once it might be going by itself; its namespace lives on here.
    const first = await network.repair();
    const second = await network.repair();
    expect([...first, ...second]).toContain(
      "fvab12b20000000, which belonged to no container, was removed",
    );
    expect(await lab.inside(lab.host, ["ip", "-br", "link"])).not.toContain("fvab12b20000000");
    expect(await network.repair()).toEqual([]);
  });
  it("starts a container again under its id while the kernel still has its old veth", async () => {
    await network.addressFor(BLUE, PRIVATE);
    await lab.attach(BLUE, blue, network.attachFields(BLUE));
    const again = await lab.namespace();
    await lab.attach(BLUE, again, network.attachFields(BLUE));
    await lab.serve(again, "udp", "blue again", 7654);
    const { address } = await network.addressFor(BLUE, PRIVATE);
    expect(await lab.ask(red, "udp", `${address}:7654`)).toMatch(/^blue again saw 11/);
  });
  it("leaves nothing behind", async () => {
    await network.removeAll();
    expect(await lab.inside(lab.host, ["nft", "list", "ruleset"])).toBe("");
    expect(await lab.inside(lab.host, ["ip", "-br", "link"])).not.toMatch(/flt|fv/);
    expect(kept).toEqual({ ipam: { networks: {} }, ports: {}, services: [] });
    await network.removeAll();
  });
});
