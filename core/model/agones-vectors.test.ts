import { describe, expect, it } from "vitest";
import { container, made, pod, ports, problemsOf, spec } from "./admit-inputs.ts";
import type { Kind } from "./resource.ts";

const LONG = "f".repeat(64);
const template = (patch: object): object => spec({ template: patch });
const inFleet = (gameServer: object): object => template({ spec: gameServer });
const strategy = (patch: object): object => spec({ strategy: patch });
const shares = (share: unknown): object =>
  strategy({ rollingUpdate: { maxSurge: share, maxUnavailable: share } });
const resources = (limits: object, requests: object): object =>
  container({ resources: { limits, requests } });
const fleetContainer = (patch: object): object =>
  inFleet({ template: { spec: { containers: [{ name: "game", image: "arena", ...patch }] } } });

/** What Agones' tables of good and bad specs say, as admission here says it: the paths of the problems. */
describe("a spec that Agones refuses is refused, with each problem at its place", () => {
  // biome-ignore format: a table is read by its rows
  it.each<[string, Kind, object, string[]]>([
    ["a fleet of two containers", "Fleet", inFleet({ template: { spec: { containers: [{ name: "a", image: "a" }, { name: "b", image: "b" }] } } }), ["spec.template.spec.template.spec.containers"]],
    ["a fleet whose game container is not there", "Fleet", inFleet({ container: "testing" }), ["spec.template.spec.container"]],
    ["shares of 0%", "Fleet", shares("0%"), ["spec.strategy.rollingUpdate.maxSurge", "spec.strategy.rollingUpdate.maxUnavailable"]],
    ["shares of 0", "Fleet", shares(0), ["spec.strategy.rollingUpdate.maxSurge", "spec.strategy.rollingUpdate.maxUnavailable"]],
    ["shares that are no numbers", "Fleet", shares("2a"), ["spec.strategy.rollingUpdate.maxSurge", "spec.strategy.rollingUpdate.maxUnavailable"]],
    ["shares of 100%", "Fleet", shares("100%"), ["spec.strategy.rollingUpdate.maxSurge", "spec.strategy.rollingUpdate.maxUnavailable"]],
    ["no strategy by the name of it", "Fleet", strategy({ type: "" }), ["spec.strategy.type"]],
    ["a strategy that nobody knows", "Fleet", strategy({ type: "test" }), ["spec.strategy.type"]],
    ["a long label of a fleet's game servers", "Fleet", template({ metadata: { labels: { label: LONG } } }), ["spec.template.metadata.labels.label"]],
    ["a long label of a fleet's pods", "Fleet", inFleet({ template: { metadata: { labels: { label: LONG } } } }), ["spec.template.spec.template.metadata.labels.label"]],
    ["a long name of an annotation of a fleet's pods", "Fleet", inFleet({ template: { metadata: { annotations: { [LONG]: "" } } } }), [`spec.template.spec.template.metadata.annotations.${LONG}`]],
    ["an overflow label that is none", "Fleet", spec({ allocationOverflow: { labels: { "$$$nope": "value" } } }), ["spec.allocationOverflow.labels.$$$nope"]],
    ["a long name of a fleet", "Fleet", { metadata: { name: LONG } }, ["metadata.name"]],
    ["a fleet's request over its limit", "Fleet", fleetContainer({ resources: { limits: { cpu: "30m" }, requests: { cpu: "1000m" } } }), ["spec.template.spec.template.spec.containers[0].resources.requests.cpu"]],
    ["a fleet's negative quantities", "Fleet", fleetContainer({ resources: { limits: { cpu: "-30m", memory: "-32Mi" } } }), ["spec.template.spec.template.spec.containers[0].resources.limits.cpu", "spec.template.spec.template.spec.containers[0].resources.limits.memory"]],
    ["a fleet's Dynamic port with a host port", "Fleet", inFleet({ ports: [{ containerPort: 1, hostPort: 2 }] }), ["spec.template.spec.ports[0].hostPort"]],
    ["a priority of no kind", "Fleet", spec({ priorities: [{ type: "Foo", key: "rooms" }] }), ["spec.priorities[0].type"]],
    ["a long name of a game server", "GameServer", { metadata: { name: LONG } }, ["metadata.name"]],
    ["a game server of two containers", "GameServer", pod({ containers: [{ name: "a", image: "a" }, { name: "b", image: "b" }] }), ["spec.template.spec.containers"]],
    ["a game server without a container", "GameServer", pod({ containers: [] }), ["spec.template.spec.containers"]],
    ["a pod template of the wrong shape", "GameServer", pod({ containers: [{ name: "game", image: "arena", env: "A=b" }] }), ["spec.template.spec.containers[0].env"]],
    ["a memory request over its limit", "GameServer", resources({ memory: "32Mi" }, { memory: "64Mi" }), ["spec.template.spec.containers[0].resources.requests.memory"]],
    ["negative cpu and memory", "GameServer", resources({}, { cpu: "-50m", memory: "-64Mi" }), ["spec.template.spec.containers[0].resources.requests.cpu", "spec.template.spec.containers[0].resources.requests.memory"]],
    ["a Passthrough port with a container port", "GameServer", ports({ portPolicy: "Passthrough", containerPort: 1234 }), ["spec.ports[0].containerPort"]],
    ["a Dynamic and a Passthrough port with host ports", "GameServer", ports({ containerPort: 1, hostPort: 5002 }, { portPolicy: "Passthrough", hostPort: 5003 }), ["spec.ports[0].hostPort", "spec.ports[1].hostPort"]],
    ["a Static port without a container port", "GameServer", ports({ portPolicy: "Static", hostPort: 1 }), ["spec.ports[0].containerPort"]],
    ["a container port below 0", "GameServer", ports({ containerPort: -4 }), ["spec.ports[0].containerPort"]],
    ["one port of each wrong kind", "GameServer", ports({ portPolicy: "Passthrough", containerPort: 1294 }, { portPolicy: "Passthrough", hostPort: 7890 }, { containerPort: 1294, hostPort: 7891 }), ["spec.ports[0].containerPort", "spec.ports[1].hostPort", "spec.ports[2].hostPort"]],
    ["a developer's address that is none, without a host port", "GameServer", { metadata: { annotations: { "agones.dev/dev-address": "invalid-ip" } }, ...ports({ portPolicy: "Static", containerPort: 7777 }) }, ['metadata.annotations["agones.dev/dev-address"]', "spec.ports[0].hostPort"]],
    ["a developer's port that is not Static", "GameServer", { metadata: { annotations: { "agones.dev/dev-address": "127.1.1.1" } }, ...ports({ portPolicy: "Passthrough", hostPort: 7890, containerPort: 7777 }) }, ["spec.ports[0].portPolicy"]],
    ["a long name of a pod's label", "GameServer", spec({ template: { metadata: { labels: { [LONG]: "" } } } }), [`spec.template.metadata.labels.${LONG}`]],
    ["a long value of a pod's label", "GameServer", spec({ template: { metadata: { labels: { "agones.dev/longValueKey": LONG } } } }), ['spec.template.metadata.labels["agones.dev/longValueKey"]']],
    ["a long name of a pod's annotation", "GameServer", spec({ template: { metadata: { annotations: { [LONG]: LONG } } } }), [`spec.template.metadata.annotations.${LONG}`]],
    ["a letter that names have not, in a pod's annotation", "GameServer", spec({ template: { metadata: { annotations: { "agones.dev/short\u00b1Name": "x" } } } }), ['spec.template.metadata.annotations["agones.dev/short\u00b1Name"]']],
    ["a counter over its capacity", "GameServer", spec({ counters: { rooms: { count: 11, capacity: 10 } } }), ["spec.counters.rooms.count"]],
    ["a counter below 0", "GameServer", spec({ counters: { rooms: { count: -1, capacity: -5 } } }), ["spec.counters.rooms.capacity", "spec.counters.rooms.count"]],
    ["a list over its capacity", "GameServer", spec({ lists: { players: { capacity: 1, values: ["a", "b"] } } }), ["spec.lists.players.values"]],
    ["a list over 1000", "GameServer", spec({ lists: { players: { capacity: 1001 } } }), ["spec.lists.players.capacity"]],
    ["a list below 0", "GameServer", spec({ lists: { players: { capacity: -1 } } }), ["spec.lists.players.capacity"]],
    ["a value twice", "GameServer", spec({ lists: { players: { values: ["a", "b", "a"] } } }), ["spec.lists.players.values[2]"]],
    ["a fleet's counters and lists, all at once", "Fleet", inFleet({ counters: { rooms: { count: 2, capacity: 1 } }, lists: { players: { capacity: 2000, values: ["a", "a"] } } }), ["spec.template.spec.counters.rooms.count", "spec.template.spec.lists.players.capacity", "spec.template.spec.lists.players.values[1]"]],
  ])("%s", (_, kind, patch, paths) => {
    const found = problemsOf(kind, patch).map((problem) => problem.replace(/: .*/s, ""));
    expect(found.toSorted()).toEqual(paths.toSorted());
  });

  it("more than a thousand counters", () => {
    const many = Array.from({ length: 1001 }, (_, i) => [`c${i}`, {}] as const);
    expect(problemsOf("GameServer", spec({ counters: Object.fromEntries(many) }))).toEqual([
      "spec.counters: must have at most 1000 entries, found 1001",
    ]);
  });
});

describe("a spec that Agones takes is taken, with Agones' defaults", () => {
  it("counters and lists without numbers have a capacity of 1000", () => {
    const given = spec({ counters: { rooms: {} }, lists: { players: {}, full: { capacity: 0 } } });
    const { counters, lists } = made("GameServer", given).spec;
    expect(counters).toEqual({ rooms: { count: 0, capacity: 1000 } });
    expect(lists).toEqual({
      players: { capacity: 1000, values: [] },
      full: { capacity: 0, values: [] },
    });
  });

  it("a fleet's template has them too, and its priorities an order", () => {
    const given = inFleet({ counters: { rooms: {} }, lists: { players: {} } });
    const { template, priorities } = made("Fleet", {
      spec: {
        ...(given as { readonly spec: object }).spec,
        priorities: [{ type: "Counter", key: "rooms" }],
      },
    }).spec;
    expect(template.spec.counters).toEqual({ rooms: { count: 0, capacity: 1000 } });
    expect(template.spec.lists).toEqual({ players: { capacity: 1000, values: [] } });
    expect(priorities).toEqual([{ type: "Counter", key: "rooms", order: "Ascending" }]);
  });

  it("a fleet with nothing but a template rolls in quarters, packs, and has no servers", () => {
    const fleet = made("Fleet", spec({ replicas: null }));
    expect(fleet.spec).toMatchObject({
      replicas: 0,
      scheduling: "Packed",
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" },
      },
    });
  });

  it("an annotation of a pod may be long, its name may not", () => {
    const annotations = { "agones.dev/shortName": LONG };
    const { template } = made("GameServer", spec({ template: { metadata: { annotations } } })).spec;
    expect(template.metadata?.annotations).toEqual(annotations);
  });

  it("a long generateName of a fleet is cut, not refused", () => {
    const fleet = made("Fleet", { metadata: { name: null, generateName: LONG } });
    expect(fleet.metadata.name.length).toBeLessThanOrEqual(63);
  });
});
