import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FleetError } from "../std/errors.ts";
import { type AdmitContext, admit, type FieldValidation } from "./admit.ts";
import {
  contextOf,
  inputOf,
  KIND_NAMES,
  made,
  NOW,
  ports,
  problemsOf,
  refusal,
  spec,
  UID,
} from "./admit-inputs.ts";
import type { Kind, Kinds, Resource } from "./resource.ts";

describe("admitting a new resource", () => {
  it.each(KIND_NAMES)("takes a plain %s and says no warning", (kind) => {
    const { object, warnings } = admit(inputOf(kind), contextOf(kind));
    expect(warnings).toEqual([]);
    expect(object.metadata).toMatchObject({ name: "arena", uid: UID, generation: 1 });
    expect(object.metadata.creationTimestamp).toBe(NOW);
  });

  it.each(KIND_NAMES)("changes nothing when it admits its own %s again", (kind) => {
    const object = made(kind);
    expect(admit(object, contextOf(kind)).object).toEqual(object);
    expect(admit(object, contextOf(kind, { old: object })).object).toEqual(object);
    expect(admit(JSON.parse(JSON.stringify(object)), contextOf(kind)).object).toEqual(object);
  });

  it("fills Agones' defaults into a game server", () => {
    const { spec: filled, status } = made("GameServer");
    expect(filled).toMatchObject({
      container: "game",
      ports: [{ portPolicy: "Dynamic", protocol: "UDP", range: "default", container: "game" }],
      health: { disabled: false, initialDelaySeconds: 5, periodSeconds: 5, failureThreshold: 3 },
      scheduling: "Packed",
      sdkServer: { logLevel: "Info", grpcPort: 9357, httpPort: 9358 },
      eviction: { safe: "Never" },
    });
    expect(filled.template.spec.terminationGracePeriodSeconds).toBe(30);
    expect(status).toMatchObject({ state: "PortAllocation", ports: [], address: "", nodeName: "" });
  });

  it("fills a fleet's strategy and zeros into its status", () => {
    const fleet = made("Fleet");
    expect(fleet.spec.strategy).toEqual({
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" },
    });
    expect(fleet.status).toEqual({
      replicas: 0,
      readyReplicas: 0,
      reservedReplicas: 0,
      allocatedReplicas: 0,
    });
  });

  it("leaves in a template what a later change of it would contradict", () => {
    const { template } = made(
      "Fleet",
      spec({ template: { spec: { ports: [{ containerPort: 1, protocol: "TCPUDP" }] } } }),
    ).spec;
    expect(template.spec.container).toBeUndefined();
    expect(template.spec.ports).toEqual([
      { name: "", containerPort: 1, protocol: "TCPUDP", portPolicy: "Dynamic", range: "default" },
    ]);
  });

  it.each([
    ["PortAllocation", ports({ containerPort: 1 })],
    ["PortAllocation", ports({ portPolicy: "Passthrough" })],
    ["Creating", ports({ portPolicy: "Static", containerPort: 1, hostPort: 2 })],
    ["Creating", ports({ portPolicy: "None", containerPort: 1 })],
    ["Creating", ports()],
  ])("starts as %s with %j", (state, patch) => {
    expect(made("GameServer", patch).status.state).toBe(state);
  });

  it("splits TCPUDP into two ports of one number", () => {
    const patch = ports(
      { name: "a", containerPort: 1, protocol: "TCPUDP" },
      { name: "b", containerPort: 2 },
    );
    const { ports: split } = made("GameServer", patch).spec;
    expect(split.map((p) => [p.name, p.protocol, p.containerPort])).toEqual([
      ["a-tcp", "TCP", 1],
      ["b", "UDP", 2],
      ["a-udp", "UDP", 1],
    ]);
  });

  it("replaces health numbers that are not above 0, and says so", () => {
    const { object, warnings } = admit(
      inputOf("GameServer", spec({ health: { periodSeconds: 0, failureThreshold: -2 } })),
      contextOf("GameServer"),
    );
    expect((object as Kinds["GameServer"]).spec.health).toMatchObject({
      periodSeconds: 5,
      failureThreshold: 3,
    });
    expect(warnings).toEqual([
      "spec.health.periodSeconds: 0 is not above 0, 5 is used",
      "spec.health.failureThreshold: -2 is not above 0, 3 is used",
    ]);
  });

  it("starts counters and lists as the spec says, and ignores a status", () => {
    const { status } = made("GameServer", {
      spec: { counters: { rooms: { count: 1 } }, lists: { players: {} } },
      status: { state: "Allocated", nodeName: "x" },
    });
    expect(status).toMatchObject({
      state: "PortAllocation",
      nodeName: "",
      counters: { rooms: { count: 1, capacity: 1000 } },
      lists: { players: { capacity: 1000, values: [] } },
    });
  });

  it("takes safe-to-evict of the pod as Agones does", () => {
    const annotations = { "cluster-autoscaler.kubernetes.io/safe-to-evict": "true" };
    const patch = spec({ template: { metadata: { annotations } } });
    expect(made("GameServer", patch).status.eviction).toEqual({ safe: "Always" });
  });

  it("names by generateName and uid, within 63 letters", () => {
    const patch = { metadata: { name: null, generateName: `${"a".repeat(70)}-` } };
    const { name } = made("GameServer", patch).metadata;
    expect(name).toMatch(/^a{55}[a-z0-9]{8}$/);
    const other = UID.replace("89ab", "89ac");
    expect(made("GameServer", patch, { uid: other }).metadata.name).not.toBe(name);
  });

  it("takes the namespace of the request, of the input, or default", () => {
    const namespaceOf = (patch: object, more: Partial<AdmitContext> = {}) =>
      made("Fleet", patch, more).metadata.namespace;
    expect(namespaceOf({})).toBe("default");
    expect(namespaceOf({ metadata: { namespace: "games" } })).toBe("games");
    expect(namespaceOf({}, { namespace: "games" })).toBe("games");
    expect(made("Node").metadata.namespace).toBe("");
    expect(problemsOf("Fleet", { metadata: { namespace: "b" } }, { namespace: "a" })).toEqual([
      'metadata.namespace: must be "a" here, found "b"',
    ]);
    expect(problemsOf("Node", { metadata: { namespace: "b" } })).toEqual([
      'metadata.namespace: must be left out: a Node has no namespace, found "b"',
    ]);
  });

  it("names a container after its resource", () => {
    expect(made("Container", { metadata: { name: "red.one" } }).spec).toMatchObject({
      name: "red-one",
      network: "default",
      restartPolicy: "Always",
      running: true,
    });
  });
});

describe("admitting an update", () => {
  const later = { now: "2027-01-01T00:00:00Z", uid: "00000000-0000-4000-8000-000000000000" };
  const stored = (): Kinds["Fleet"] => {
    const fleet = made("Fleet");
    const metadata = {
      ...fleet.metadata,
      resourceVersion: "7",
      generation: 3,
      deletionTimestamp: NOW,
    };
    return { ...fleet, metadata, status: { ...fleet.status, replicas: 2 } };
  };

  it("keeps what the server keeps, and counts changes of the spec", () => {
    const old = stored();
    const {
      metadata,
      status,
      spec: next,
    } = made("Fleet", spec({ replicas: 9 }), { old, ...later });
    expect(metadata).toEqual({ ...old.metadata, generation: 4 });
    expect(status).toEqual(old.status);
    expect(next.replicas).toBe(9);
  });

  it("does not count a change of labels", () => {
    const old = stored();
    const { metadata } = made("Fleet", { metadata: { labels: { a: "b" } } }, { old });
    expect(metadata).toEqual({ ...old.metadata, labels: { a: "b" } });
  });

  // biome-ignore format: a table is read by its rows
  it.each<[string, Kind, object, object, string]>([
    ["the name", "Fleet", {}, { metadata: { name: "other" } }, 'metadata.name: cannot be changed (it is "arena"), found "other"'],
    ["the uid", "Fleet", {}, { metadata: { uid: "x" } }, `metadata.uid: cannot be changed (it is "${UID}"), found "x"`],
    ["a game server's spec", "GameServer", {}, spec({ scheduling: "Distributed" }), "spec: cannot be changed: change the fleet's template"],
    ["a set's template", "GameServerSet", {}, spec({ template: { spec: { scheduling: "Distributed" } } }), "spec.template: cannot be changed: change the fleet's template"],
    ["a network's subnet", "Network", {}, spec({ subnet: "11.11.12.0/24" }), "spec.subnet: cannot be changed: create another network"],
    ["a container's network", "Container", {}, spec({ network: "x" }), 'spec.network: cannot be changed (it is "default"): delete the container and create it anew'],
    ["a container's node", "Container", spec({ nodeName: "a" }), spec({ nodeName: "b" }), 'spec.nodeName: cannot be changed (it is "a"), found "b"'],
    ["that a container has a node", "Container", spec({ nodeName: "a" }), {}, 'spec.nodeName: cannot be changed (it is "a"), found nothing'],
  ])("refuses to change %s", (_, kind, first, change, problem) => {
    const old = made(kind, first);
    expect(problemsOf(kind, change, { old })).toEqual([problem]);
  });

  it("leaves a placed container on its node", () => {
    const container = made("Container");
    const old = { ...container, status: { ...container.status, nodeName: "a" } };
    expect(made("Container", spec({ running: false }), { old }).spec.running).toBe(false);
    expect(made("Container", spec({ nodeName: "a" }), { old }).spec.nodeName).toBe("a");
    expect(problemsOf("Container", spec({ nodeName: "b" }), { old })).toHaveLength(1);
  });

  it("writes the status alone when that is asked", () => {
    const old = made("GameServer");
    const context = contextOf("GameServer", { old, subresource: "status" });
    const input = {
      ...inputOf("GameServer"),
      spec: { x: 1 },
      status: { ...old.status, state: "Shutdown" },
    };
    const { object } = admit(input, context);
    expect(object).toEqual({ ...old, status: { ...old.status, state: "Shutdown" } });
    const wrong = { ...input, status: { state: "Allocated" } };
    expect(refusal(() => admit(wrong, context)).details.problems).toEqual([
      {
        path: "status.state",
        message: "a game server that is PortAllocation cannot become Allocated",
      },
    ]);
    const unknown = { ...input, status: { state: "Gone" } };
    expect(refusal(() => admit(unknown, context)).details.problems).toHaveLength(1);
  });
});

describe("properties of admitting", () => {
  const anyKind = fc.constantFrom(...KIND_NAMES);
  const anyMode = fc.constantFrom<FieldValidation>("Strict", "Warn", "Ignore");
  const tryAdmit = (input: unknown, context: AdmitContext): Resource | undefined => {
    try {
      return admit(input, context).object;
    } catch (error) {
      if (error instanceof FleetError) return undefined;
      throw error;
    }
  };

  it("throws nothing but FleetErrors, whatever comes", () => {
    fc.assert(
      fc.property(anyKind, anyMode, fc.jsonValue(), (kind, fieldValidation, junk) => {
        const context = contextOf(kind, { fieldValidation });
        tryAdmit(junk, context);
        tryAdmit({ spec: junk }, context);
        tryAdmit({ metadata: junk, spec: junk }, context);
      }),
    );
  });

  /** Replaces one place of a good input by junk. */
  const spoil = (value: unknown, path: readonly number[], junk: unknown): unknown => {
    const [first, ...rest] = path;
    if (first === undefined || typeof value !== "object" || value === null) return junk;
    const keys = Object.keys(value);
    if (keys.length === 0) return junk;
    const key = keys[first % keys.length] ?? "";
    const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    copy[key] = spoil(copy[key], rest, junk);
    return copy;
  };

  it("takes or refuses a spoilt input, and what it takes it takes again unchanged", () => {
    let taken = 0;
    const path = fc.array(fc.nat(20), { maxLength: 8 });
    const junk = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        null,
        0,
        -1,
        1,
        65_536,
        "",
        "a",
        "1",
        "50%",
        "1Gi",
        "Static",
        "TCPUDP",
        [],
        {},
      ),
    );
    fc.assert(
      fc.property(anyKind, path, junk, anyMode, (kind, where, what, fieldValidation) => {
        const full = { ...made(kind), status: undefined };
        const context = contextOf(kind, { fieldValidation });
        const object = tryAdmit(spoil(full, where, what), context);
        if (!object) return;
        taken++;
        expect(admit(object, { ...context, fieldValidation: "Strict" }).object).toEqual(object);
        expect(admit(object, { ...context, old: object }).object).toEqual(object);
      }),
      { numRuns: 2_000, seed: 42 },
    );
    expect(taken).toBeGreaterThan(200);
  });
});
