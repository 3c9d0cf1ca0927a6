import { describe, expect, it } from "vitest";
import { seededRandom } from "../../core/std/random.ts";
import { checkLinearizable, checkParts } from "./check.ts";
import { randomHistory } from "./random-history.fixture.ts";
import {
  type ServerSetInput,
  type ServerSetOperation,
  type ServerSetOutput,
  serverOf,
  serverSet,
} from "./server-set.ts";

const BOUNDS = { waysMax: 20_000 };
const FOREVER = Number.POSITIVE_INFINITY;

/** A call that lasts from `invoked` to `returned`: `allocate` with its server, `none` or `?`, or `ready` of a server. */
type Row = readonly [invoked: number, returned: number, what: string, server: string];

function historyOf(rows: readonly Row[]): ServerSetOperation[] {
  return rows.map(([invoked, returned, what, server], i) => {
    const input: ServerSetInput = what === "ready" ? { do: "ready", server } : { do: "allocate" };
    const given = server === "none" ? "none" : { server };
    const known: ServerSetOutput = what === "ready" ? "done" : given;
    const output = returned === FOREVER ? undefined : known;
    return { client: `c${i}`, input, output, invoked, returned };
  });
}
const verdictOf = (ready: string[], rows: readonly Row[]): boolean =>
  checkLinearizable(historyOf(rows), serverSet(ready), BOUNDS).isLinearizable;

describe("a history of allocations that is right", () => {
  // biome-ignore format: a table is read by its columns
  it.each<[string, string[], Row[]]>([
    ["gives each server once", ["a", "b"], [[0, 1, "allocate", "b"], [2, 3, "allocate", "a"]]],
    ["gives a server again after its Ready", ["a"], [[0, 1, "allocate", "a"], [2, 3, "ready", "a"], [4, 5, "allocate", "a"]]],
    ["gives it while the Ready is under way", ["a"], [[0, 1, "allocate", "a"], [2, 9, "ready", "a"], [3, 4, "allocate", "a"]]],
    ["has none while an allocation is under way", ["a"], [[0, 9, "allocate", "a"], [1, 2, "allocate", "none"]]],
    ["has none and then one, in one call of another", [], [[0, 9, "ready", "a"], [1, 2, "allocate", "none"], [3, 4, "allocate", "a"]]],
    ["may have given a server to who never learned of it", ["a"], [[0, FOREVER, "allocate", "?"], [5, 6, "allocate", "none"]]],
    ["may never have done so", ["a"], [[0, FOREVER, "allocate", "?"], [5, 6, "allocate", "a"]]],
    ["may do so late", ["a"], [[0, FOREVER, "allocate", "?"], [5, 6, "allocate", "a"], [7, 8, "ready", "a"], [9, 10, "allocate", "none"]]],
  ])("%s", (_, ready, rows) => expect(verdictOf(ready, rows)).toBe(true));
});

describe("a planted mistake", () => {
  // biome-ignore format: a table is read by its columns
  it.each<[string, string[], Row[]]>([
    ["a server given twice", ["a", "b"], [[0, 1, "allocate", "a"], [2, 3, "allocate", "a"]]],
    ["a server given twice at once", ["a", "b"], [[0, 2, "allocate", "a"], [1, 3, "allocate", "a"]]],
    ["a server given that is not there", ["a"], [[0, 1, "allocate", "b"]]],
    ["none while one is free", ["a"], [[0, 1, "allocate", "none"]]],
    ["none after a Ready that was answered", [], [[0, 1, "ready", "a"], [2, 3, "allocate", "none"]]],
    ["none although of two servers one was free at every moment", ["a"],
      [[0, 9, "allocate", "a"], [0, 1, "ready", "b"], [2, 8, "allocate", "none"], [2, 8, "allocate", "none"], [8.5, 8.6, "allocate", "b"]]],
    ["an answered gift that was lost: its server is given again", ["a"], [[0, 1, "allocate", "a"], [2, 3, "allocate", "a"], [4, 5, "allocate", "none"]]],
    ["an answered Ready that was lost", ["a"], [[0, 1, "allocate", "a"], [2, 3, "ready", "a"], [4, 5, "allocate", "none"]]],
    ["a stale view: what was given before is free again without a Ready", ["a", "b"],
      [[0, 1, "allocate", "a"], [2, 3, "allocate", "b"], [4, 5, "allocate", "none"], [6, 7, "allocate", "a"]]],
    ["more servers gone than the unknown calls can have taken", ["a", "b", "c"],
      [[0, FOREVER, "allocate", "?"], [1, 2, "allocate", "a"], [5, 6, "allocate", "none"]]],
    ["an unknown call that had its effect before it was made", ["a"], [[0, 1, "allocate", "none"], [2, FOREVER, "allocate", "?"]]],
  ])("is found: %s", (_, ready, rows) => expect(verdictOf(ready, rows)).toBe(false));

  it("is explained: the call, the states, and what was under way", () => {
    const rows: Row[] = [
      [0, 1, "allocate", "a"],
      [2, 9, "allocate", "b"],
      [3, 4, "allocate", "a"],
    ];
    const { why } = checkLinearizable(historyOf(rows), serverSet(["a", "b"]), BOUNDS);
    expect(why).toBe(
      `nothing explains c2: {"do":"allocate"} → {"server":"a"} (3 to 4) after {b}, while under way:\n  c1: {"do":"allocate"} → {"server":"b"} (2 to 9)`,
    );
  });
});

/** A fleet in which one operation follows the other. */
class Fleet {
  readonly #ready: Set<string>;
  readonly #held = new Map<string, string>();
  readonly #random = seededRandom(1);

  constructor(ready: readonly string[]) {
    this.#ready = new Set(ready);
  }

  chooseInput(client: string, last: ServerSetOutput | undefined): ServerSetInput {
    if (typeof last === "object") this.#held.set(client, last.server);
    const server = this.#held.get(client);
    if (server === undefined || this.#random.next() < 0.3) return { do: "allocate" };
    this.#held.delete(client);
    return { do: "ready", server };
  }

  act(input: ServerSetInput): ServerSetOutput {
    if (input.do === "ready") {
      this.#ready.add(input.server);
      return "done";
    }
    const server = this.#random.pick([...this.#ready]);
    if (server === undefined) return "none";
    this.#ready.delete(server);
    return { server };
  }
}

const NAMES = ["a", "b", "c", "d"];
function randomOf(seed: number, unknownShare: number, operations: number): ServerSetOperation[] {
  const fleet = new Fleet(NAMES);
  return randomHistory<ServerSetInput, ServerSetOutput>({
    ...{ clients: 6, operations, lengthMax: 8, unknownShare, random: seededRandom(seed) },
    chooseInput: (client, last) => fleet.chooseInput(client, last),
    act: (input) => fleet.act(input),
  });
}
const isRight = (history: readonly ServerSetOperation[]): boolean =>
  checkLinearizable(history, serverSet(NAMES), BOUNDS).isLinearizable;

describe("random histories that one fleet made", () => {
  it("are linearizable, whatever overlaps and whatever answers are lost", () => {
    for (let seed = 1; seed <= 60; seed++)
      expect(isRight(randomOf(seed, 0.02, 150)), `seed ${seed}`).toBe(true);
  });

  it("are not any more when one answer names another server, or takes another's place", () => {
    let found = 0;
    for (let seed = 1; seed <= 50; seed++) {
      const history = randomOf(seed, 0, 150);
      const given = history.findIndex(({ output }, i) => i > 75 && typeof output === "object");
      const wrong = history.map((operation, i) =>
        i === given ? { ...operation, output: { server: "e" } } : operation,
      );
      expect(isRight(wrong), `seed ${seed}`).toBe(false);
      const lost = history.filter((_, i) => i !== given);
      if (!isRight(lost)) found += 1;
    }
    // That a call never was is only seen when somebody meets what it left behind.
    expect(found).toBeGreaterThan(30);
  });

  it("are checked server by server with the same verdict, at any length", () => {
    const history = randomOf(7, 0, 20_000);
    const modelOf = (server: string) => serverSet([server]);
    expect(checkParts(history, serverOf, modelOf, BOUNDS).isLinearizable).toBe(true);
    const i = history.findLastIndex(({ output }) => typeof output === "object");
    const twice = history.toSpliced(i, 0, { ...(history[i] as ServerSetOperation), client: "x" });
    const verdict = checkParts(twice, serverOf, modelOf, BOUNDS);
    expect(verdict.isLinearizable).toBe(false);
    expect(verdict.why).toMatch(/^[a-d]: nothing explains/);
  });

  it("are not passed when they take more than the bounds", () => {
    const busy = randomOf(3, 0, 150);
    expect(() => checkLinearizable(busy, serverSet(NAMES), { waysMax: 3 })).toThrow(
      "more than 3 ways to explain one answer: not checked",
    );
    const unknown = historyOf(Array.from({ length: 31 }, (_, i) => [i, FOREVER, "allocate", "?"]));
    expect(() => checkLinearizable(unknown, serverSet(NAMES), BOUNDS)).toThrow(
      "more than 30 operations under way at once: not checked",
    );
  });
});
