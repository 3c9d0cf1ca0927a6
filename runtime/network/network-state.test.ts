import { expect, it } from "vitest";
import { EMPTY_IPAM, takeAddress, takeSubnet } from "./ipam.ts";
import { leaseOf, type NetworkState, withFound } from "./network-state.ts";

const KEY = "default/default";
const REST = { now: 0, restMs: 0 };
const LIMITS = { pool: "10.87.0.0/16", prefix: 22, networksMax: 4, hostRoutes: [] };
const ports = [{ name: "udp", protocol: "udp", hostPort: 7_000, containerPort: 7_654 }] as const;

function kept(...ids: readonly string[]): NetworkState {
  let ipam = takeSubnet(EMPTY_IPAM, { key: KEY, outside: false }, LIMITS);
  for (const containerId of ids) ipam = takeAddress(ipam, { key: KEY, containerId }, REST);
  return { ipam, ports: {}, services: [] };
}

it("knows the address and the ports of a container that was found but not kept", () => {
  const state = withFound(kept("a"), [{ id: "b", key: KEY, address: "10.87.0.9", ports }]);
  expect(leaseOf(state, "a")?.address).toBe("10.87.0.2");
  expect(leaseOf(state, "b")?.address).toBe("10.87.0.9");
  expect(state.ports).toEqual({
    b: [{ protocol: "udp", hostPort: 7_000, address: "10.87.0.9", containerPort: 7_654 }],
  });
});

it("gives an address to the container that was found with it, not to the one of before", () => {
  const state = withFound(kept("a"), [{ id: "b", key: KEY, address: "10.87.0.2", ports: [] }]);
  expect(leaseOf(state, "a")).toBeUndefined();
  expect(leaseOf(state, "b")?.address).toBe("10.87.0.2");
});

it("changes nothing for a network that is not kept", () => {
  const before = kept("a");
  const found = { id: "b", key: "default/gone", address: "10.99.0.2", ports };
  expect(withFound(before, [found])).toEqual(before);
});
