import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FleetError, type Problem } from "../std/errors.ts";
import { checkAllocation, checkAllocatorRequest, interpreted } from "./check-allocation.ts";
import { quickAllocationSpec } from "./check-allocation-quick.ts";

const HEAD = { apiVersion: "allocation.agones.dev/v1", kind: "GameServerAllocation" };
const FLEET = { matchLabels: { "agones.dev/fleet": "arena" } };
const READY = { gameServerState: "Ready" };
const specOf = (spec: unknown) => checkAllocation({ ...HEAD, spec }, "Strict").spec;

function problemsOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    const problems = (error.details.problems ?? []) as Problem[];
    if (problems.length === 0) return [error.message];
    return problems.map(({ path, message }) => `${path}: ${message}`);
  }
  throw new Error("it was not refused");
}

describe("a GameServerAllocation", () => {
  it.each([
    ["nothing", {}],
    ["no spec", HEAD],
    ["an empty spec", { ...HEAD, spec: {} }],
    ["a null spec", { ...HEAD, spec: null }],
  ])("that says %s asks for any Ready server", (_, input) => {
    const { spec, metadata, warnings } = checkAllocation(input, "Strict");
    expect({ spec, metadata, warnings }).toEqual({
      spec: { selectors: [READY], scheduling: "Packed" },
      metadata: {},
      warnings: [],
    });
  });

  it("asks by selectors, in their order", () => {
    const selectors = [{ ...FLEET, gameServerState: "Allocated" }, FLEET];
    expect(specOf({ selectors, scheduling: "Distributed" })).toEqual({
      selectors: [
        { ...FLEET, gameServerState: "Allocated" },
        { ...FLEET, ...READY },
      ],
      scheduling: "Distributed",
    });
  });

  it("takes the deprecated preferred and required as Agones does", () => {
    const preferred = [{ matchLabels: { map: "a" } }];
    const [first, second] = [
      { matchLabels: { map: "a" }, ...READY },
      { ...FLEET, ...READY },
    ];
    expect(specOf({ required: FLEET, preferred }).selectors).toEqual([first, second]);
    expect(specOf({ required: FLEET }).selectors).toEqual([second]);
    expect(specOf({ preferred }).selectors).toEqual([first, READY]);
    expect(specOf({ selectors: [FLEET], preferred, required: {} }).selectors).toEqual([second]);
  });

  it("carries labels and annotations to set, and its own metadata", () => {
    const metadata = { labels: { match: "m-1" }, annotations: { note: "anything goes" } };
    expect(specOf({ selectors: [FLEET], metadata }).metadata).toEqual(metadata);
    const input = { ...HEAD, metadata: { namespace: "games" }, spec: { selectors: [FLEET] } };
    expect(checkAllocation(input, "Strict").metadata).toEqual({ namespace: "games" });
  });

  it("reads expressions", () => {
    const matchExpressions = [
      { key: "map", operator: "In", values: ["a"] },
      { key: "old", operator: "DoesNotExist" },
    ];
    expect(specOf({ selectors: [{ matchExpressions }] }).selectors).toEqual([
      { matchExpressions, ...READY },
    ]);
  });

  it("speaks of counters and lists in selectors, in priorities and in what is done to the server", () => {
    const counters = { rooms: { minAvailable: 1, maxCount: 0 } };
    const lists = { players: { containsValue: "ann", minAvailable: 2, maxAvailable: 4 } };
    const spec = {
      selectors: [{ ...FLEET, gameServerState: "Allocated", counters, lists }],
      scheduling: "Packed",
      priorities: [{ type: "Counter", key: "rooms", order: "Ascending" }],
      counters: { rooms: { action: "Increment", amount: 1 }, level: { capacity: 4 } },
      lists: { players: { addValues: ["ann"], deleteValues: ["ben"], capacity: 8 } },
    };
    expect(specOf(spec)).toEqual(spec);
    expect(specOf({ ...spec, priorities: [{ type: "Counter", key: "rooms" }] })).toEqual(spec);
  });

  it.each([
    [10, 10_000],
    ["1.5", 1_500],
    ["500ms", 500],
    ["2m", 120_000],
    ["5m", 300_000],
    [0, undefined],
  ])("waits up to %s", (waitUpTo, ms) => {
    expect(specOf({ waitUpTo }).waitUpToMs).toBe(ms);
  });

  it("lets empty forms pass", () => {
    const spec = {
      priorities: [],
      counters: {},
      lists: {},
      multiClusterSetting: { enabled: false },
    };
    expect(specOf(spec)).toEqual({ selectors: [READY], scheduling: "Packed" });
  });

  // biome-ignore format: a table is read by its rows
  it.each<[string, object, string[]]>([
    ["an action without an amount", { counters: { rooms: { action: "Increment" } } }, ['spec.counters.rooms.amount: is required with action "Increment", found nothing']],
    ["an amount without an action", { counters: { rooms: { amount: 1 } } }, ["spec.counters.rooms.action: is required with amount 1, found nothing"]],
    ["an action that is none", { counters: { rooms: { action: "Set", amount: -1 } } }, ['spec.counters.rooms.action: must be Increment or Decrement, found "Set"', "spec.counters.rooms.amount: must be 0..9007199254740991, found -1"]],
    ["a most below its least", { selectors: [{ counters: { rooms: { minCount: 3, maxCount: 2 } }, lists: { players: { minAvailable: 2, maxAvailable: 1 } } }] }, ["spec.selectors[0].counters.rooms.maxCount: must be 0 or at least minCount (3), found 2", "spec.selectors[0].lists.players.maxAvailable: must be 0 or at least minAvailable (2), found 1"]],
    ["a least below 0", { required: { counters: { rooms: { minAvailable: -1 } } } }, ["spec.required.counters.rooms.minAvailable: must be 0..9007199254740991, found -1"]],
    ["a list over 1000", { lists: { players: { capacity: 1001 } } }, ["spec.lists.players.capacity: must be 0..1000, found 1001"]],
    ["a priority of no kind", { priorities: [{ type: "Foo", key: "" }] }, ['spec.priorities[0].type: must be Counter or List, found "Foo"', "spec.priorities[0].key: must have at least 1 characters, found 0"]],
    ["a wait that is none", { waitUpTo: "soon" }, ['spec.waitUpTo: must be seconds such as 10, or a time such as 500ms, 10s or 1m, at most 5m, found "soon"']],
    ["a wait that is too long", { waitUpTo: 301 }, ["spec.waitUpTo: must be seconds such as 10, or a time such as 500ms, 10s or 1m, at most 5m, found 301"]],
    ["several clusters", { multiClusterSetting: { enabled: true } }, ["spec.multiClusterSetting.enabled: allocation over several clusters is not supported yet"]],
    ["another state", { selectors: [{ gameServerState: "Reserved" }] }, ['spec.selectors[0].gameServerState: must be Ready or Allocated, found "Reserved"']],
    ["a number as a label", { selectors: [{ matchLabels: { map: 1 } }] }, ["spec.selectors[0].matchLabels.map: must be a string, found 1 (put it in quotes)"]],
    ["a wrong label to set", { metadata: { labels: { map: "a b" } } }, ['spec.metadata.labels.map: must be letters, digits, -, _ and . (first and last a letter or digit), found "a b"']],
    ["In without values", { required: { matchExpressions: [{ key: "a", operator: "In" }] } }, ["spec.required.matchExpressions[0].values: is required with operator In, found nothing"]],
    ["Exists with values", { preferred: [{ matchExpressions: [{ key: "a", operator: "Exists", values: ["b"] }] }] }, ["spec.preferred[0].matchExpressions[0].values: must not be set with operator Exists, found a list"]],
    ["a misspelt field", { selector: [] }, ["spec.selector: is not a known field; did you mean selectors?"]],
    ["too many selectors", { selectors: new Array(33).fill({}) }, ["spec.selectors: must have at most 32 entries, found 33"]],
  ])("is refused with %s", (_, spec, expected) => {
    expect(problemsOf(() => specOf(spec))).toEqual(expected);
  });

  it("is refused when it is another kind, or nothing", () => {
    const run = (input: unknown) => problemsOf(() => checkAllocation(input, "Warn"));
    expect(run({ kind: "Fleet" })).toEqual(['kind must be GameServerAllocation, found "Fleet"']);
    expect(run("x")).toEqual(['a GameServerAllocation must be an object, found "x"']);
  });

  it("warns of an unknown field", () => {
    const input = { ...HEAD, spec: { selectors: [FLEET], schedulin: "Packed" } };
    expect(checkAllocation(input, "Warn").warnings).toEqual([
      "spec.schedulin: is not a known field and was left out; did you mean scheduling?",
    ]);
  });
});

describe("a request of the allocator service", () => {
  it.each([
    ["the modern form", { gameServerSelectors: [FLEET], scheduling: 1 }],
    [
      "words for numbers",
      { gameServerSelectors: [{ ...FLEET, gameServerState: "READY" }], scheduling: "Distributed" },
    ],
    [
      "numbers for words",
      { gameServerSelectors: [{ ...FLEET, gameServerState: 0 }], scheduling: "Distributed" },
    ],
    ["the deprecated form", { requiredGameServerSelector: FLEET, scheduling: "Distributed" }],
    [
      "unset fields that are written",
      {
        gameServerSelectors: [FLEET],
        scheduling: 1,
        priorities: [],
        counters: {},
        lists: {},
        multiClusterSetting: { enabled: false, policySelector: null },
        metadata: null,
        requiredGameServerSelector: null,
        preferredGameServerSelectors: [],
      },
    ],
    ["unknown fields", { gameServerSelectors: [FLEET], scheduling: 1, requestId: "x" }],
  ])("is understood in %s", (_, input) => {
    expect(checkAllocatorRequest({ namespace: "games", ...input })).toEqual({
      namespace: "games",
      spec: { selectors: [{ ...FLEET, ...READY }], scheduling: "Distributed" },
    });
  });

  it("has its defaults", () => {
    const expected = { namespace: "default", spec: { selectors: [READY], scheduling: "Packed" } };
    expect(checkAllocatorRequest({})).toEqual(expected);
    expect(checkAllocatorRequest({ namespace: "" })).toEqual(expected);
  });

  it("prefers metadata to the deprecated metaPatch", () => {
    const [a, b] = [{ labels: { a: "1" } }, { labels: { b: "2" } }];
    expect(checkAllocatorRequest({ metaPatch: a }).spec.metadata).toEqual(a);
    expect(checkAllocatorRequest({ metaPatch: a, metadata: b }).spec.metadata).toEqual(b);
  });

  it("reads expressions with words or numbers, In when there is none", () => {
    const of = (operator: object, values: string[]) => ({ key: "map", ...operator, values });
    const matchExpressions = [
      of({ operator: 1 }, ["a"]),
      of({ operator: "NotIn" }, ["b"]),
      of({}, ["c"]),
    ];
    const { spec } = checkAllocatorRequest({ gameServerSelectors: [{ matchExpressions }] });
    expect(spec.selectors[0]?.matchExpressions?.map((e) => e.operator)).toEqual([
      "NotIn",
      "NotIn",
      "In",
    ]);
  });

  it("reads numbers of 64 bits as texts, and enumerations as words or numbers", () => {
    const selector = { gameServerState: "ALLOCATED", counters: { rooms: { minAvailable: "1" } } };
    const request = {
      gameServerSelectors: [selector],
      priorities: [{ key: "rooms" }, { type: 1, key: "players", order: "Descending" }],
      counters: { rooms: { action: "Increment", amount: "1", capacity: null } },
      lists: { players: { addValues: ["7"], capacity: "8" } },
    };
    expect(checkAllocatorRequest(request).spec).toEqual({
      selectors: [{ gameServerState: "Allocated", counters: { rooms: { minAvailable: 1 } } }],
      scheduling: "Packed",
      priorities: [
        { type: "Counter", key: "rooms", order: "Ascending" },
        { type: "List", key: "players", order: "Descending" },
      ],
      counters: { rooms: { action: "Increment", amount: 1 } },
      lists: { players: { addValues: ["7"], capacity: 8 } },
    });
  });

  // biome-ignore format: a table is read by its rows
  it.each<[string, unknown, string[]]>([
    ["no object", [], ["a request must be an object, found an empty list"]],
    ["a wrong namespace", { namespace: "A" }, ['namespace: must be lowercase letters, digits and - (first and last a letter or digit), found "A"']],
    ["a wrong state", { gameServerSelectors: [{ gameServerState: 7 }] }, ["spec.selectors[0].gameServerState: must be a string, found 7 (put it in quotes)"]],
    ["a wrong shape", { gameServerSelectors: {}, requiredGameServerSelector: 5 }, ["spec.selectors: must be a list, found an object", "spec.required: must be an object, found 5"]],
    ["several clusters", { multiClusterSetting: { enabled: true } }, ["spec.multiClusterSetting.enabled: allocation over several clusters is not supported yet"]],
    ["counters", { counters: { rooms: { action: "Increment", amount: "many" } } }, ['spec.counters.rooms.amount: must be a whole number, found "many"']],
  ])("is refused with %s", (_, input, expected) => {
    expect(problemsOf(() => checkAllocatorRequest(input))).toEqual(expected);
  });
});

describe("the quick check", () => {
  const often = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 15, arbitrary: good }, { weight: 1, arbitrary: bad });
  const junk = fc.jsonValue();
  const key = often(
    fc.constantFrom("agones.dev/fleet", "map"),
    fc.constantFrom("-bad", "a/b/c", "__proto__", "constructor", ""),
  ) as fc.Arbitrary<string>;
  const value = often(fc.constantFrom("arena", "", "1"), fc.constantFrom("a b", "x".repeat(64), 1));
  const labels = often(fc.dictionary(key, value, { maxKeys: 3 }), junk);
  const state = often(fc.constantFrom("Ready", "Allocated"), junk);
  const some = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
    often(fc.record(model, { requiredKeys: [] }), junk);
  const selector = some({ matchLabels: labels, gameServerState: state });
  const anySpec = some({
    selectors: often(fc.array(selector, { maxLength: 3 }), junk),
    scheduling: often(fc.constantFrom("Packed", "Distributed"), junk),
    metadata: some({ labels, annotations: labels }),
  });

  it("gives what the schema gives, or nothing", () => {
    let quickly = 0;
    fc.assert(
      fc.property(anySpec, (spec) => {
        const quick = quickAllocationSpec(spec);
        if (!quick) return;
        quickly++;
        expect(quick).toEqual(interpreted({ spec }, "Strict").spec);
      }),
      { numRuns: 5_000, seed: 7 },
    );
    expect(quickly).toBeGreaterThan(100);
  });

  it("takes the usual request", () => {
    const spec = { selectors: [FLEET], scheduling: "Packed", metadata: { labels: { match: "1" } } };
    expect(quickAllocationSpec(spec)).toEqual({
      selectors: [{ ...FLEET, ...READY }],
      scheduling: "Packed",
      metadata: { labels: { match: "1" } },
    });
  });

  it("is not needed for the check to throw nothing but FleetErrors", () => {
    fc.assert(
      fc.property(fc.oneof(anySpec, junk), (any) => {
        for (const run of [
          () => checkAllocation({ spec: any }, "Warn"),
          () => checkAllocation(any, "Ignore"),
          () => checkAllocatorRequest(any),
          () => checkAllocatorRequest({ gameServerSelectors: any, metadata: any, counters: any }),
        ])
          try {
            run();
          } catch (error) {
            expect(error).toBeInstanceOf(FleetError);
          }
      }),
    );
  });
});
