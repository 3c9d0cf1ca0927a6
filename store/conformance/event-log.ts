import { describe, expect, it } from "vitest";
import type { EventInput } from "../../core/model/event.ts";
import { silentLogger } from "../../core/std/logger.ts";
import type { EventLog } from "../event-log.ts";
import type { LiveEventLogOptions } from "../live-event-log.ts";

/** An event of a GameServer. */
export function eventOf(name: string, message = "it runs", namespace = "default"): EventInput {
  const subject = { kind: "GameServer", namespace, name };
  return { type: "Normal", reason: "Started", message, subject };
}

/** Options with small bounds and a time that the test moves. */
export function eventOptions(time: { ms: number }): LiveEventLogOptions {
  const clock = { now: () => time.ms, monotonic: () => 0, sleep: () => Promise.resolve() };
  return { eventsMax: 5, repeatMs: 600_000, clock, logger: silentLogger };
}

const lines = (log: EventLog): string[] =>
  log.list().map((e) => `${e.involvedObject.name} ${e.message} x${e.count}`);

/** What every event log holds. */
export function describeEventLog(
  adapter: string,
  open: (options: LiveEventLogOptions) => Promise<EventLog>,
): void {
  describe(`${adapter}: events`, () => {
    it("counts equal events within the time and repeats them after it, newest last", async () => {
      const time = { ms: 1_000_000 };
      await using log = await open(eventOptions(time));
      log.record(eventOf("a"));
      log.record(eventOf("b"));
      time.ms += 599_999;
      log.record(eventOf("a"));
      expect(lines(log)).toEqual(["b it runs x1", "a it runs x2"]);
      time.ms += 1;
      log.record(eventOf("a"));
      log.record(eventOf("a", "it stopped"));
      expect(lines(log)).toEqual([
        "b it runs x1",
        "a it runs x2",
        "a it runs x1",
        "a it stopped x1",
      ]);
    });

    it("keeps only the newest over its bound", async () => {
      await using log = await open(eventOptions({ ms: 0 }));
      for (let i = 0; i < 9; i++) log.record(eventOf(`n${i}`));
      expect(log.list().map((e) => e.involvedObject.name)).toEqual(["n4", "n5", "n6", "n7", "n8"]);
    });

    it("filters by the subject and takes the newest", async () => {
      await using log = await open(eventOptions({ ms: 0 }));
      for (const name of ["a", "b"]) log.record(eventOf(name));
      log.record(eventOf("a", "it stopped", "other"));
      const found = (filter: Parameters<EventLog["list"]>[0]) =>
        log.list(filter).map((e) => `${e.metadata.namespace}/${e.involvedObject.name}`);
      expect(found({ name: "a" })).toEqual(["default/a", "other/a"]);
      expect(found({ namespace: "default", limit: 1 })).toEqual(["default/b"]);
      expect(found({ kind: "Fleet" })).toEqual([]);
    });

    it("tells each listener of new and counted events, whatever another one does", async () => {
      await using log = await open(eventOptions({ ms: 0 }));
      const seen: number[] = [];
      log.onEvent(() => {
        throw new Error("a bad listener");
      });
      const listening = log.onEvent((event) => seen.push(event.count));
      log.record(eventOf("a"));
      log.record(eventOf("a"));
      listening[Symbol.dispose]();
      log.record(eventOf("a"));
      expect(seen).toEqual([1, 2]);
    });
  });
}
