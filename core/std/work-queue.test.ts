import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { FleetError } from "./errors.ts";
import { FakeClock } from "./fake-clock.ts";
import { type Logger, silentLogger } from "./logger.ts";
import { seededRandom } from "./random.ts";
import { type Worker, WorkQueue, type WorkQueueOptions } from "./work-queue.ts";

function setUp(worker: Worker, options: Partial<WorkQueueOptions> = {}) {
  const clock = new FakeClock(0);
  const queue = new WorkQueue({
    name: "test",
    clock,
    logger: silentLogger,
    concurrencyMax: 2,
    queueMax: 100,
    backoff: { firstMs: 100, factor: 2, maxMs: 1_000 },
    ...options,
  });
  const stop = new AbortController();
  const done = queue.run(worker, stop.signal);
  return { clock, queue, stop, done };
}

/** A worker whose passes end when the test says so. */
function gated() {
  const seen: string[] = [];
  const open = new Map<string, () => void>();
  const worker = (key: string): Promise<void> => {
    seen.push(key);
    return new Promise((resolve) => open.set(key, resolve));
  };
  const finish = async (key: string): Promise<void> => {
    open.get(key)?.();
    await turn();
    await turn();
  };
  return { seen, worker, finish };
}

describe("a work queue", () => {
  it("refuses a time that is no number: the key would be looked at without a pause for ever", () => {
    const { queue, stop } = setUp(async () => undefined);
    expect(() => queue.addAfter("a", Number.NaN)).toThrow("a time that is no number");
    expect(queue.size).toBe(0);
    stop.abort();
  });

  it("works on keys that were added before and after it runs", async () => {
    const seen: string[] = [];
    const queue = new WorkQueue({
      name: "test",
      clock: new FakeClock(0),
      logger: silentLogger,
      concurrencyMax: 1,
      queueMax: 10,
      backoff: { firstMs: 1, factor: 2, maxMs: 10 },
    });
    queue.add("before");
    const stop = new AbortController();
    const done = queue.run(async (key) => void seen.push(key), stop.signal);
    queue.add("after");
    await turn();
    expect(seen).toEqual(["before", "after"]);
    stop.abort();
    await done;
  });

  it("keeps a waiting key once, and looks once more at one that changed under work", async () => {
    const { seen, worker, finish } = gated();
    const { queue, stop, done } = setUp(worker);
    for (let i = 0; i < 5; i++) queue.add("a");
    await turn();
    expect(seen).toEqual(["a"]);
    for (let i = 0; i < 5; i++) queue.add("a");
    await finish("a");
    expect(seen).toEqual(["a", "a"]);
    await finish("a");
    expect(seen).toEqual(["a", "a"]);
    stop.abort();
    await done;
  });

  it("never works inside the event that adds a key", async () => {
    const seen: string[] = [];
    const { queue, stop, done } = setUp(async (key) => void seen.push(key));
    queue.add("a");
    queue.addAfter("b", 0);
    await Promise.resolve();
    expect(seen).toEqual([]);
    await turn();
    expect(seen).toEqual(["a", "b"]);
    stop.abort();
    await done;
  });

  it("runs at most concurrencyMax workers, never two on one key", async () => {
    const random = seededRandom(1);
    const running = new Set<string>();
    let most = 0;
    let passes = 0;
    const worker = async (key: string): Promise<void> => {
      expect(running.has(key)).toBe(false);
      running.add(key);
      most = Math.max(most, running.size);
      for (let i = random.integer(0, 3); i > 0; i--) await turn();
      running.delete(key);
      passes++;
    };
    const { queue, stop, done } = setUp(worker, { concurrencyMax: 3 });
    for (let i = 0; i < 300; i++) {
      queue.add(`k${random.integer(0, 9)}`);
      if (i % 7 === 0) await turn();
    }
    while (queue.size > 0 || running.size > 0) await turn();
    expect(most).toBe(3);
    expect(passes).toBeGreaterThan(30);
    stop.abort();
    await done;
  });

  it("refuses keys over its bound, counts them, and still takes those it has", async () => {
    const { seen, worker } = gated();
    const { queue, stop } = setUp(worker, { concurrencyMax: 1, queueMax: 2 });
    queue.add("a");
    await turn();
    expect(["b", "c", "d", "b"].map((key) => queue.add(key))).toEqual([true, true, false, true]);
    expect(queue.addAfter("e", 10)).toBe(false);
    expect({ refused: queue.refused, size: queue.size, seen }).toEqual({
      refused: 2,
      size: 2,
      seen: ["a"],
    });
    stop.abort();
  });

  it("comes back to a failing key later each time, and forgets failures after a success", async () => {
    const at: number[] = [];
    let failures = 3;
    const worker = async (): Promise<void> => {
      at.push(clock.monotonic());
      if (failures-- > 0) throw new Error("not yet");
    };
    const { clock, queue, stop, done } = setUp(worker);
    queue.add("a");
    await clock.advance(5_000);
    expect(at).toEqual([0, 100, 300, 700]);
    failures = 1;
    queue.add("a");
    await clock.advance(5_000);
    expect(at.slice(4)).toEqual([5_000, 5_100]);
    stop.abort();
    await done;
  });

  it("lets an event bring a failed key forward, but not closer than the first wait", async () => {
    const at: number[] = [];
    const worker = async (): Promise<void> => {
      at.push(clock.monotonic());
      throw new Error("never");
    };
    const { clock, queue, stop, done } = setUp(worker, {
      backoff: { firstMs: 100, factor: 10, maxMs: 10_000 },
    });
    queue.add("a");
    await clock.advance(100);
    queue.add("a");
    queue.add("a");
    await clock.advance(99);
    expect(at).toEqual([0, 100]);
    await clock.advance(1);
    expect(at).toEqual([0, 100, 200]);
    stop.abort();
    await done;
  });

  it("adds a key after a delay, the earliest of several, and at once when an event comes", async () => {
    const at: string[] = [];
    const { clock, queue, stop, done } = setUp(async (key) => {
      at.push(`${key}@${clock.monotonic()}`);
    });
    queue.addAfter("a", 500);
    queue.addAfter("a", 200);
    queue.addAfter("a", 900);
    queue.addAfter("b", 300);
    queue.add("b");
    await turn();
    await clock.advance(1_000);
    expect(at).toEqual(["b@0", "a@200"]);
    expect(clock.sleepers).toBe(0);
    stop.abort();
    await done;
  });

  it("asks for a new pass from inside the worker", async () => {
    const at: number[] = [];
    const { clock, queue, stop, done } = setUp(async (key) => {
      at.push(clock.monotonic());
      if (at.length < 3) queue.addAfter(key, at.length === 1 ? 0 : 50);
    });
    queue.add("a");
    await clock.advance(1_000);
    expect(at).toEqual([0, 0, 50]);
    stop.abort();
    await done;
  });

  it("ends after the workers that run, and starts no other", async () => {
    const { seen, worker, finish } = gated();
    const { queue, stop, done, clock } = setUp(worker, { concurrencyMax: 1 });
    queue.add("a");
    queue.add("b");
    queue.addAfter("c", 10);
    await turn();
    stop.abort();
    let ended = false;
    const end = done.then(() => {
      ended = true;
    });
    await turn();
    expect(ended).toBe(false);
    await finish("a");
    await end;
    await clock.advance(100);
    expect(seen).toEqual(["a"]);
  });

  it("tells a lost race apart from a failure in its log", async () => {
    const lines: string[] = [];
    const logger: Logger = {
      ...silentLogger,
      debug: (_, sentence) => void lines.push(`debug ${sentence}`),
      warn: (_, sentence) => void lines.push(`warn ${sentence}`),
    };
    const errors = [new FleetError("CONFLICT", "x"), new Error("y")];
    const { clock, queue, stop, done } = setUp(
      async () => {
        const error = errors.shift();
        if (error) throw error;
      },
      { logger },
    );
    queue.add("a");
    await clock.advance(1_000);
    expect(lines).toEqual(["debug somebody else wrote first", "warn work on a key failed"]);
    stop.abort();
    await done;
  });

  it("wakes 10,000 delayed keys in the order of their times with one timer", async () => {
    const random = seededRandom(5);
    const at: number[] = [];
    const { clock, queue, stop, done } = setUp(
      async (key) => void at.push(Number(key.split("@")[1])),
      { queueMax: 20_000, concurrencyMax: 1 },
    );
    for (let i = 0; i < 10_000; i++) {
      const ms = random.integer(1, 500);
      queue.addAfter(`${i}@${ms}`, ms);
    }
    expect(clock.sleepers).toBe(1);
    await clock.advance(500);
    while (queue.size > 0) await turn();
    expect(at).toHaveLength(10_000);
    expect(at).toEqual([...at].sort((a, b) => a - b));
    stop.abort();
    await done;
  });
});
