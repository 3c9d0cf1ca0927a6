import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHostRoutes } from "./host-routes.ts";
import {
  EMPTY_IPAM,
  freeAddress,
  gatewayOf,
  type IpamState,
  type SubnetLimits,
  takeAddress,
  takeSubnet,
} from "./ipam.ts";
import { overlap, parseSubnet } from "./ipv4.ts";

const LIMITS: SubnetLimits = {
  pool: "10.87.0.0/16",
  prefix: 22,
  hostRoutes: [],
  networksMax: 100,
};
const route = (subnet: string) => ({ interface: "wg0", subnet: parseSubnet(subnet) });
const take = (state: IpamState, key: string, changes: Partial<SubnetLimits> = {}): IpamState =>
  takeSubnet(state, { key, outside: false }, { ...LIMITS, ...changes });
const wish = (state: IpamState, key: string, subnet: string): IpamState =>
  takeSubnet(state, { key, subnet, outside: false }, LIMITS);

const SMALL = wish(EMPTY_IPAM, "a/n", "11.11.11.0/29");
const at = (now: number) => ({ now, restMs: 1000 });
const give = (state: IpamState, containerId: string, now: number, address?: string): IpamState =>
  takeAddress(state, { key: "a/n", containerId, ...(address ? { address } : {}) }, at(now));
const addressOf = (state: IpamState, id: string): string | undefined =>
  state.networks["a/n"]?.addresses[id];

describe("subnets", () => {
  it.each([
    ["the first of the pool", [], "10.87.0.0/22"],
    ["the next that no host route has", ["10.87.0.0/21", "10.87.9.0/24"], "10.87.12.0/22"],
    ["one behind a single address of the host", ["10.87.3.255/32"], "10.87.4.0/22"],
  ])("are picked: %s", (_, routes, expected) => {
    const state = take(EMPTY_IPAM, "a/n", { hostRoutes: routes.map(route) });
    expect(state.networks["a/n"]?.subnet).toBe(expected);
  });
  it("stay the same for the same network, whatever the host's routes became", () => {
    const state = take(EMPTY_IPAM, "a/n");
    expect(take(state, "a/n", { hostRoutes: [route("10.0.0.0/8")] })).toBe(state);
  });
  it("are exhausted with the reason when a VPN covers the pool", () => {
    expect(() => take(EMPTY_IPAM, "a/n", { hostRoutes: [route("10.0.0.0/8")] })).toThrow(
      "address pool 10.87.0.0/16 has no free /22 for another network; wg0 of this node has 10.0.0.0/8",
    );
  });
  it("of another network or of the machine are refused by name", () => {
    expect(() => wish(SMALL, "a/m", "11.11.0.0/16")).toThrow(
      "subnet 11.11.0.0/16 overlaps 11.11.11.0/29 of network a/n",
    );
    expect(() => wish(SMALL, "a/m", "127.0.1.0/24")).toThrow("overlaps 127.0.0.0/8 of lo");
    expect(() => wish(SMALL, "a/m", "11.11.12.1/24")).toThrow("did you mean 11.11.12.0/24");
    expect(() => wish(SMALL, "a/m", "11.11.12.0/31")).toThrow("must be from /8 to /30");
    expect(() => wish(SMALL, "a/m", "11.11.12/24")).toThrow("is not a subnet");
  });
  it("change only while nobody has an address in them", () => {
    expect(wish(SMALL, "a/n", "11.11.12.0/24").networks["a/n"]?.subnet).toBe("11.11.12.0/24");
    expect(() => wish(give(SMALL, "red", 0), "a/n", "11.11.12.0/24")).toThrow(
      "while 1 containers use it",
    );
  });
  it("never overlap each other or the host, and their bridges have different numbers", () => {
    const subnets = fc
      .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 20, max: 28 }))
      .map(([third, prefix]) => {
        const base = parseSubnet("10.87.0.0/16").base + third * 256;
        const size = 2 ** (32 - prefix);
        return { interface: "eth1", subnet: { base: base - (base % size), prefix } };
      });
    fc.assert(
      fc.property(fc.array(subnets, { maxLength: 8 }), fc.integer({ min: 1, max: 12 }), (r, n) => {
        let state = EMPTY_IPAM;
        for (let i = 0; i < n; i++) state = take(state, `a/${i}`, { hostRoutes: r });
        const networks = Object.values(state.networks);
        const made = networks.map(({ subnet }) => parseSubnet(subnet));
        const all = [...made, ...r.map(({ subnet }) => subnet)];
        const bad = made.filter((one) => all.some((two) => two !== one && overlap(one, two)));
        expect(bad).toEqual([]);
        expect(new Set(networks.map(({ number }) => number)).size).toBe(n);
      }),
    );
  });
});

describe("addresses", () => {
  it("begin behind the gateway and go round", () => {
    let state = SMALL;
    for (const id of ["a", "b", "c", "d", "e"]) state = give(state, id, 0);
    expect(Object.values(state.networks["a/n"]?.addresses ?? {})).toEqual(
      [2, 3, 4, 5, 6].map((last) => `11.11.11.${last}`),
    );
    expect(gatewayOf("11.11.11.0/29")).toBe("11.11.11.1");
  });
  it("stay with their container", () => {
    const state = give(SMALL, "red", 0);
    expect(give(state, "red", 5)).toBe(state);
  });
  it("rest after they were freed, and the error says so", () => {
    let state = SMALL;
    for (const id of ["a", "b", "c", "d", "e"]) state = give(state, id, 0);
    state = freeAddress(state, "c", at(5000));
    expect(() => give(state, "f", 5999)).toThrow(
      "network a/n has no free address in 11.11.11.0/29: 4 in use, the others rest",
    );
    expect(addressOf(give(state, "f", 6000), "f")).toBe("11.11.11.4");
  });
  it("may be fixed, also while they rest", () => {
    const state = freeAddress(give(SMALL, "red", 0, "11.11.11.5"), "red", at(0));
    expect(addressOf(give(state, "blue", 1, "11.11.11.5"), "blue")).toBe("11.11.11.5");
  });
  it.each([
    ["outside", "11.11.11.9", "address 11.11.11.9 is outside 11.11.11.0/29 of a/n"],
    ["no address", "eleven", "address eleven is outside"],
    ["the gateway", "11.11.11.1", "is the network's own"],
    ["the broadcast address", "11.11.11.7", "is the network's own"],
    ["somebody's", "11.11.11.2", "address 11.11.11.2 of a/n belongs to red"],
  ])("that are fixed are refused: %s", (_, address, message) => {
    expect(() => give(give(SMALL, "red", 0), "blue", 0, address)).toThrow(message);
  });
  it("belong to one container at a time, whatever is taken and freed", () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 9 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (all) => {
        let state = SMALL;
        all.forEach(([taking, id], i) => {
          const now = i * 500;
          try {
            state = taking ? give(state, `${id}`, now) : freeAddress(state, `${id}`, at(now));
          } catch (error) {
            expect(String(error)).toContain("no free address");
          }
          const taken = Object.values(state.networks["a/n"]?.addresses ?? {});
          expect(new Set(taken).size).toBe(taken.length);
        });
      }),
    );
  });
});

describe("the host's routes", () => {
  it("are read as the kernel writes them, without the default route and our own bridges", () => {
    const text = [
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
      "eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0",
      "eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
      "fltab120\t0000570A\t00000000\t0001\t0\t0\t0\t00FCFFFF\t0\t0\t0",
      "fltcd340\t0004570A\t00000000\t0001\t0\t0\t0\t00FCFFFF\t0\t0\t0",
      "",
    ].join("\n");
    expect(parseHostRoutes(text, "fltab12")).toEqual([
      { interface: "eth0", subnet: parseSubnet("10.0.0.0/24") },
      { interface: "fltcd340", subnet: parseSubnet("10.87.4.0/22") },
    ]);
  });
});
