import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Container, ContainerPhase } from "../../core/model/container.ts";
import type { Node } from "../../core/model/node.ts";
import type { Resource } from "../../core/model/resource.ts";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import { openMemoryResourceStore } from "../../store/memory/memory-resource-store.ts";
import { NodeTallies } from "./node-tallies.ts";

const NODES = ["a", "b", ""] as const;
const PHASES: readonly ContainerPhase[] = ["Running", "Exited"];

function container(name: string, given: Placing): Container {
  const { nodeName, cpu, port, phase } = given;
  return {
    apiVersion: "flotilla.dev/v1",
    kind: "Container",
    metadata: {
      name,
      namespace: "default",
      uid: name,
      resourceVersion: "0",
      generation: 1,
      creationTimestamp: "x",
    },
    spec: { image: "i", running: true, resources: { limits: { cpu: `${cpu}m` } } },
    status: { phase, nodeName, address: "", ports: [{ name: "p", port }] },
  } as unknown as Container;
}
function node(name: string): Node {
  return {
    apiVersion: "flotilla.dev/v1",
    kind: "Node",
    metadata: {
      name,
      namespace: "",
      uid: name,
      resourceVersion: "0",
      generation: 1,
      creationTimestamp: "x",
    },
    spec: { unschedulable: false },
    status: { ready: true, portRange: { min: 10, max: 14 } },
  } as unknown as Node;
}
interface Placing {
  readonly nodeName: string;
  readonly cpu: number;
  readonly port: number;
  readonly phase: ContainerPhase;
}

describe("the sums of a node", () => {
  it("are what a count of everything would give, after any changes", async () => {
    const step = fc.record({
      name: fc.constantFrom("x", "y", "z"),
      to: fc.option(
        fc.record({
          nodeName: fc.constantFrom(...NODES),
          cpu: fc.nat(5),
          port: fc.integer({ min: 8, max: 16 }),
          phase: fc.constantFrom(...PHASES),
        }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        await using store = openMemoryResourceStore({
          ...STORE_BOUNDS,
          clock: systemClock,
          logger: silentLogger,
        });
        await store.commit([{ op: "create", object: node("a") }]);
        const tallies = new NodeTallies(store, new Map([[13, "by us"]]));
        await store.commit([{ op: "create", object: node("b") }]);
        for (const { name, to } of steps) {
          const known = store.get("Container", "default", name);
          const expected = known?.metadata.resourceVersion ?? "";
          const object: Resource | undefined = to ? container(name, to) : undefined;
          if (known && object) await store.commit([{ op: "update", object, expected }]);
          else if (object) await store.commit([{ op: "create", object }]);
          else if (known)
            await store.commit([
              { op: "delete", ref: { kind: "Container", namespace: "default", name } },
            ]);
        }
        const all = store.list("Container");
        expect(tallies.nodes().map((seen) => seen.node.metadata.name)).toEqual(["a", "b"]);
        for (const { node: one, load, used, portsFree } of tallies.nodes()) {
          const here = all.filter(({ status }) => status.nodeName === one.metadata.name);
          const ports = new Set([13, ...here.map(({ status }) => status.ports[0]?.port ?? 0)]);
          const inRange = [...ports].filter((port) => port >= 10 && port <= 14);
          const cpu = here
            .filter(({ status }) => status.phase === "Running")
            .reduce(
              (sum, { spec }) => sum + Number.parseInt(String(spec.resources?.limits?.cpu), 10),
              0,
            );
          expect({ load, cpu: used.cpuMilli, portsFree }).toEqual({
            load: here.length,
            cpu,
            portsFree: 5 - inRange.length,
          });
          expect(tallies.get(one.metadata.name)?.isPortUsed(12)).toBe(ports.has(12));
        }
      }),
      { numRuns: 100 },
    );
  });

  it("stay with the name of a node that leaves and comes back", async () => {
    await using store = openMemoryResourceStore({
      ...STORE_BOUNDS,
      clock: systemClock,
      logger: silentLogger,
    });
    const tallies = new NodeTallies(store, new Map());
    const here = { nodeName: "a", cpu: 7, port: 12, phase: "Running" as const };
    await store.commit([{ op: "create", object: container("x", here) }]);
    expect(tallies.nodes()).toEqual([]);
    await store.commit([{ op: "create", object: node("a") }]);
    expect(tallies.get("a")).toMatchObject({ load: 1, portsFree: 4, used: { cpuMilli: 7 } });
    await store.commit([{ op: "delete", ref: { kind: "Node", namespace: "", name: "a" } }]);
    expect(tallies.get("a")).toBeUndefined();
  });
});
