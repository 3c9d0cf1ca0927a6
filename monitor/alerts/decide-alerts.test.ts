import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AlertBook, EMPTY_BOOK, type Finding } from "./alert-book.ts";
import { acknowledgeIn, silenceIn, unsilenceIn } from "./alert-edits.ts";
import { decideAlerts, OPEN_MAX } from "./decide-alerts.ts";
import { RULES, type RuleName } from "./rules.ts";

const subject = { kind: "Node", name: "a" };
const finding = (rule: RuleName, level: Finding["level"] = "over", name = "a"): Finding => ({
  ...{ rule, subject: { ...subject, name }, level, summary: `${rule} of ${name}`, value: 1 },
});

/** Looks once a second; `script` says what is found then. Returns what was told, as `SECOND event`, and the book. */
function play(
  script: (second: number) => readonly Finding[],
  seconds: number,
  start: AlertBook = EMPTY_BOOK,
  from = 0,
) {
  let book = start;
  const told: string[] = [];
  for (let second = from; second < from + seconds; second++) {
    const decision = decideAlerts(book, script(second), second * 1_000);
    book = decision.book;
    told.push(...decision.actions.map(({ event }) => `${second} ${event}`));
  }
  return { book, told };
}

describe("decideAlerts", () => {
  it("waits until it has been so for long enough, fires once, and resolves when it was well for long enough", () => {
    const { forMs, resolveMs } = RULES.DiskNearlyFull;
    const bad = (second: number) => (second >= 3 && second < 60 ? [finding("DiskNearlyFull")] : []);
    const { told, book } = play(bad, 200);
    const [fires, ends] = [3 + forMs / 1_000, 60 + resolveMs / 1_000];
    expect(told).toEqual([`${fires} firing`, `${ends} resolved`]);
    expect(book.open).toEqual([]);
    expect(book.resolved).toMatchObject([
      { state: "resolved", pendingAtMs: 3_000, resolvedAtMs: ends * 1_000 },
    ]);
  });

  it("says nothing of what is over before it fires", () => {
    const { told, book } = play((second) => (second === 1 ? [finding("DiskNearlyFull")] : []), 60);
    expect({ told, open: book.open, resolved: book.resolved }).toEqual({
      told: [],
      open: [],
      resolved: [],
    });
  });

  it("keeps an alert between its two bounds, and begins none there", () => {
    expect(play(() => [finding("PortsExhausted", "between")], 60).told).toEqual([]);
    const script = (second: number) => [
      finding("PortsExhausted", second < 20 ? "over" : "between"),
    ];
    expect(play(script, 600).told).toHaveLength(1);
  });

  it("takes what comes back soon as the same alert, and tells of it ever more rarely", () => {
    const flapping = (second: number) => (second % 30 < 10 ? [finding("NodeLost")] : []);
    const { told, book } = play(flapping, 3_600);
    const firing = told.filter((line) => line.endsWith("firing"));
    expect(firing.length).toBeGreaterThan(2);
    expect(firing.length).toBeLessThan(6);
    expect([...book.open, ...book.resolved]).toHaveLength(1);
  });

  it("tells nobody of what is silenced, until it is silenced no more", () => {
    const wish = {
      match: { rule: "NodeLost", name: "a" },
      comment: "",
      by: "me",
      endsAtMs: 100_000,
    };
    const { book: start, answer } = silenceIn(EMPTY_BOOK, wish, 0);
    const both = () => [finding("NodeLost"), finding("NodeLost", "over", "b")];
    const { told, book } = play(both, 50, start);
    expect(told).toEqual(["0 firing"]);
    expect(book.open.find(({ subject: { name } }) => name === "a")?.silencedBy).toBe(answer.id);
    const later = unsilenceIn(book, answer.id).book;
    expect(play(both, 5, later, 50).told).toEqual(["50 firing"]);
    expect(play(both, 5, book, 100).told).toEqual(["100 firing"]);
  });

  it("keeps who has seen it, and refuses what is not there or is over", () => {
    const { book } = play(() => [finding("NodeLost")], 3);
    const id = book.open[0]?.id ?? "";
    const seen = acknowledgeIn(book, id, { by: "user ann", atMs: 5 });
    expect(play(() => [finding("NodeLost")], 3, seen.book, 3).book.open[0]).toMatchObject({
      ...{ id, acknowledged: { by: "user ann", atMs: 5 } },
    });
    const over = play(() => [], 60, seen.book, 3).book;
    expect(() => acknowledgeIn(over, id, { by: "x", atMs: 0 })).toThrow(/resolved already/);
    expect(() => acknowledgeIn(over, "nobody", { by: "x", atMs: 0 })).toThrow(/not there/);
  });

  it("opens no more than a person can read", () => {
    const many = Array.from({ length: OPEN_MAX + 50 }, (_, i) =>
      finding("NodeLost", "over", `n${i}`),
    );
    expect(decideAlerts(EMPTY_BOOK, many, 0).book.open).toHaveLength(OPEN_MAX);
  });

  it("tells of an end only what it told the beginning of, in turns, whatever happens", () => {
    const look = fc.record({
      found: fc.subarray(["NodeLost", "DiskNearlyFull", "OutOfMemory"] as const),
      level: fc.constantFrom("over", "between"),
      waitMs: fc.integer({ min: 0, max: 60_000 }),
      silenced: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 60 }), (looks) => {
        let book: AlertBook = EMPTY_BOOK;
        let now = 0;
        const last = new Map<string, string>();
        for (const { found, level, waitMs, silenced } of looks) {
          now += waitMs;
          const endsAtMs = now + 30_000;
          if (silenced)
            book = silenceIn(
              book,
              { match: { kind: "Node" }, comment: "", by: "", endsAtMs },
              now,
            ).book;
          const { book: next, actions } = decideAlerts(
            book,
            found.map((rule) => finding(rule, level)),
            now,
          );
          for (const { event, alert } of actions) {
            expect(last.get(alert.rule) ?? "resolved").not.toBe(event);
            last.set(alert.rule, event);
          }
          book = next;
          const rules = book.open.map(({ rule }) => rule);
          expect(new Set(rules).size).toBe(rules.length);
        }
      }),
    );
  });
});
