import { describe, expect, it } from "vitest";
import { NO_SUMS } from "../swarm/udp/flow.ts";
import { HeldLedger } from "./held-ledger.ts";
import { type Around, decideAllowed, decideNoticed, promisesOf } from "./notice.ts";

const player = (id: number, lost: number, silenceMs: number, skipped = 0) => ({
  ...{ ...NO_SUMS, id, sent: 100, answered: 100 - lost, silenceMs, skipped },
});
const drop = (id: number, gameServer: string) => ({
  ...{ id, atMs: 0, cause: "cut off", room: "r", seat: "s", gameServer },
});
const QUIET: Around = {
  ...{ drops: [], udp: [player(0, 0, 60), player(1, 1, 80)], gameServer: undefined },
  ...{ struck: new Set(), seatsLost: 0, givenTwice: 0, failures: {} },
};
const missed = (around: Around): string[] =>
  promisesOf({
    ...{ atSecond: 1, what: "kill", lost: decideNoticed(around), allowed: decideAllowed(around) },
  })
    .filter(({ passed }) => !passed)
    .map(({ name }) => name);

describe("what players notice of a fault", () => {
  it("is within what is allowed when nobody lost anything", () => {
    expect(missed(QUIET)).toEqual([]);
    expect(decideNoticed(QUIET)).toMatchObject({ "UDP packets lost": 1, "longest silence ms": 80 });
  });

  it.each<[string, Partial<Around>, string]>([
    ["one player is dropped", { drops: [drop(0, "a")] }, "kill: players dropped"],
    ["a seat is lost", { seatsLost: 1 }, "kill: seats lost"],
    ["a server is given twice", { givenTwice: 1 }, "kill: given twice"],
    ["packets are lost", { udp: [player(0, 9, 500)] }, "kill: UDP packets lost"],
  ])("is too much when %s", (_, wrong, name) => {
    expect(missed({ ...QUIET, ...wrong })).toEqual([name]);
  });

  it("is the business of its own players alone when a game server is killed", () => {
    const struck = { gameServer: "a", struck: new Set([0]) };
    const own = {
      ...QUIET,
      ...struck,
      drops: [drop(0, "a")],
      udp: [player(0, 40, 900), player(1, 0, 60)],
    };
    expect(missed(own)).toEqual([]);
    expect(decideNoticed(own)).toMatchObject({
      "players dropped": 0,
      "its own players dropped": 1,
      "UDP packets of its own players lost": 40,
      "longest silence of its own players ms": 900,
    });
    expect(missed({ ...own, drops: [drop(0, "a"), drop(1, "b")] })).toEqual([
      "kill: players dropped",
    ]);
  });

  it("says nothing about packets where the generator itself had no processor", () => {
    const starved = { ...QUIET, udp: [player(0, 50, 2_000, 30)] };
    expect(decideAllowed(starved)).not.toHaveProperty("UDP packets lost");
    expect(decideNoticed(starved)).toMatchObject({
      "UDP packets lost": 50,
      "UDP packets that the generator skipped": 30,
    });
  });
});

describe("the ledger of who holds what", () => {
  it("finds a server that is handed out while it is held, and none that came back", () => {
    const ledger = new HeldLedger();
    ledger.given("a");
    ledger.returning("a");
    ledger.given("a");
    ledger.given("b");
    expect(ledger.twice).toEqual([]);
    ledger.given("a");
    ledger.doubled("b");
    expect(ledger.twice).toEqual(["a", "b"]);
    expect(ledger.allocations).toBe(4);
  });
});
