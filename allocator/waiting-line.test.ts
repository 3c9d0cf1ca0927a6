import { afterEach, describe, expect, it } from "vitest";
import { FakeClock } from "../core/std/fake-clock.ts";
import { WaitingLine } from "./waiting-line.ts";

const clock = new FakeClock(0);
const bounds = { clock, waitersMax: 100, groupsMax: 3, selectorsMax: 10, servedPerTurnMax: 4 };
const WISH = { what: "room", namespace: "default", fleets: [] } as const;
let line: WaitingLine;
afterEach(() => line[Symbol.dispose]());

/** Free servers by kind; whoever takes one gets its number. */
function bed(options: Partial<typeof bounds> = {}) {
  line = new WaitingLine({ ...bounds, ...options });
  const free: Record<string, number[]> = {};
  const order: string[] = [];
  let missed = 0;
  let told = 0;
  const ask = (name: string, group: string, upToMs: number, signal?: AbortSignal) =>
    line
      .wait({
        group,
        wish: { ...WISH, fleets: [group] },
        upToMs,
        ...(signal ? { signal } : {}),
        attempt: () => free[group]?.shift(),
        onMissed: (count) => {
          missed += count;
          told++;
        },
      })
      .then((got) => {
        if (got !== undefined) order.push(name);
        return got;
      });
  const add = (group: string, ...numbers: number[]): void => {
    free[group] = [...(free[group] ?? []), ...numbers];
    line.wake();
  };
  return {
    ask,
    add,
    order,
    missed: () => missed,
    told: () => told,
    left: (group: string) => free[group] ?? [],
  };
}

describe("the line of those who wait", () => {
  it("answers at once what is there, and says that nothing is there to who will not wait", async () => {
    const { ask, add, missed } = bed();
    add("a", 1);
    expect(await ask("ann", "a", 0)).toBe(1);
    expect(await ask("ben", "a", 0)).toBeUndefined();
    expect([line.size, missed()]).toEqual([0, 1]);
  });

  it("serves in the order of arrival, over several turns, and nobody who comes later before them", async () => {
    const { ask, add, order } = bed();
    const early = Array.from({ length: 10 }, (_, i) => ask(`early ${i}`, "a", 1_000));
    await clock.advance(1);
    expect(line.sizeOf("a")).toBe(10);
    add("a", ...Array.from({ length: 11 }, (_, i) => i));
    const late = [ask("late 0", "a", 0), ask("late 1", "a", 0)];
    expect(await Promise.all(early)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await Promise.all(late)).toEqual([10, undefined]);
    expect(order).toEqual([...early.map((_, i) => `early ${i}`), "late 0"]);
  });

  it("is fair between groups, and does not stop at one that nothing is there for", async () => {
    const { ask, add, order } = bed();
    const all = [ask("a1", "a", 50), ask("b1", "b", 50), ask("a2", "a", 50), ask("b2", "b", 50)];
    await clock.advance(1);
    add("b", 1, 2);
    await clock.advance(60);
    expect(await Promise.all(all)).toEqual([undefined, 1, undefined, 2]);
    expect(order).toEqual(["b1", "b2"]);
  });

  it("looks again when what one takes makes room for another that found nothing just before", async () => {
    const { ask, add } = bed();
    const first = ask("first", "b", 100);
    const second = line.wait({
      group: "a",
      wish: WISH,
      upToMs: 100,
      attempt: () => {
        if (line.size < 2) return undefined;
        add("b", 7);
        return 1;
      },
    });
    await clock.advance(1);
    line.wake();
    expect(await Promise.all([first, second])).toEqual([7, 1]);
  });

  it("gives nothing to who has gone, and nothing is lost by it", async () => {
    const { ask, add, left } = bed();
    const gone = new AbortController();
    const waiting = ask("gone", "a", 1_000, gone.signal);
    const refused = expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    await clock.advance(1);
    gone.abort();
    await refused;
    add("a", 1);
    expect([line.size, left("a")]).toEqual([0, [1]]);
    await expect(ask("gone", "a", 0, gone.signal)).rejects.toMatchObject({ code: "CANCELLED" });
    expect(left("a")).toEqual([1]);
  });

  it("tells who waits for what, how many and how long, until they have it or have gone", async () => {
    const { ask, add } = bed();
    const waits = [ask("a", "x", 5_000)];
    await clock.advance(1_000);
    waits.push(ask("b", "x", 5_000), ask("c", "y", 5_000));
    expect(line.groups()).toEqual([
      { ...WISH, fleets: ["x"], requests: 2, oldestMs: 1_000 },
      { ...WISH, fleets: ["y"], requests: 1, oldestMs: 0 },
    ]);
    add("x", 1, 2);
    await Promise.all(waits.slice(0, 2));
    expect(line.groups().map(({ fleets }) => fleets)).toEqual([["y"]]);
    await clock.advance(5_000);
    await Promise.all(waits);
    expect(line.groups()).toEqual([]);
  });

  it("is bounded in number and kinds, and says when to come again", async () => {
    const { ask } = bed({ waitersMax: 4 });
    const waiting = ["a", "b", "c"].map((group) => ask(group, group, 10));
    await clock.advance(1);
    const exhausted = { code: "EXHAUSTED", details: { retryAfterSeconds: 1 } };
    await expect(ask("kind", "d", 10)).rejects.toMatchObject(exhausted);
    waiting.push(ask("last", "a", 10));
    await clock.advance(1);
    await expect(ask("fifth", "a", 10)).rejects.toMatchObject(exhausted);
    await clock.advance(10);
    expect(await Promise.all(waiting)).toEqual([undefined, undefined, undefined, undefined]);
    expect(line.size).toBe(0);
  });

  it("tells of the demand once a second for all who wait for the same, and stops when nobody does", async () => {
    const { ask, missed, told } = bed();
    const waiting = [ask("ann", "a", 2_500), ask("ben", "a", 2_500)];
    await clock.advance(2_400);
    expect([missed(), told()]).toEqual([6, 4]);
    await clock.advance(10_000);
    await Promise.all(waiting);
    expect([missed(), clock.sleepers]).toEqual([6, 0]);
  });

  it("hands on what an attempt throws, and goes on with the next", async () => {
    const { ask, add } = bed();
    const broken = line.wait({
      group: "a",
      wish: WISH,
      upToMs: 100,
      attempt: () => {
        if (line.size > 0) throw new Error("the disk is full");
        return undefined;
      },
    });
    const refused = expect(broken).rejects.toThrow("the disk is full");
    const next = ask("next", "a", 100);
    await clock.advance(1);
    add("a", 1);
    await refused;
    expect(await next).toBe(1);
  });

  it("ends everybody's wait when it is closed", async () => {
    const { ask } = bed();
    const waiting = ask("ann", "a", 1_000);
    const refused = expect(waiting).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await clock.advance(1);
    line[Symbol.dispose]();
    await refused;
    await expect(ask("ben", "a", 1_000)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("does not let thousands listen to one signal, which would take each of them as long", async () => {
    const listeners = new Map<EventTarget, number>();
    const original = EventTarget.prototype.addEventListener;
    EventTarget.prototype.addEventListener = function (this: EventTarget, ...parts) {
      listeners.set(this, (listeners.get(this) ?? 0) + 1);
      original.apply(this, parts as Parameters<typeof original>);
    };
    try {
      const { ask } = bed();
      const all = Array.from({ length: 50 }, (_, i) => ask(`${i}`, "a", 10));
      await clock.advance(1);
      expect(line.size).toBe(50);
      expect(Math.max(...listeners.values())).toBeLessThan(5);
      await clock.advance(20);
      await Promise.all(all);
    } finally {
      EventTarget.prototype.addEventListener = original;
    }
  });

  it("refuses what would make each change look through too many selectors, and takes it later", async () => {
    bed();
    const ask = (group: string, selectors: number) =>
      line.wait({ group, wish: WISH, selectors, upToMs: 50, attempt: () => undefined });
    const all = [ask("a", 6), ask("a", 6), ask("b", 4)];
    await clock.advance(1);
    await expect(ask("c", 1)).rejects.toMatchObject({
      ...{ code: "EXHAUSTED", details: { retryAfterSeconds: 1 } },
      message: "requests with 10 different selectors wait already, 1 more may not",
    });
    await clock.advance(60);
    await Promise.all(all);
    const later = ask("c", 10);
    await clock.advance(1);
    expect(line.size).toBe(1);
    await clock.advance(60);
    await later;
  });
});
