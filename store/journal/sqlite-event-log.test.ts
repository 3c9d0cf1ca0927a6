import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeEventLog, eventOf, eventOptions } from "../conformance/event-log.ts";
import { EventFile } from "./event-file.ts";
import { SqliteEventLog } from "./sqlite-event-log.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-events-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const rest = (flushMs: number) => ({ folder, flushMs, unwrittenMax: 100 });

describeEventLog("sqlite", (options) => SqliteEventLog.open({ ...options, ...rest(5) }));

it("finds the last events again after a restart and goes on counting them", async () => {
  const options = { ...eventOptions({ ms: 1_000_000 }), ...rest(60_000) };
  let before: unknown;
  {
    await using log = await SqliteEventLog.open(options);
    for (let i = 0; i < 9; i++) log.record(eventOf(`n${i}`));
    log.record(eventOf("n5"));
    before = log.list();
  }
  await using log = await SqliteEventLog.open(options);
  expect(log.list()).toEqual(before);
  log.record(eventOf("n5"));
  expect(log.list().at(-1)).toMatchObject({ count: 3, involvedObject: { name: "n5" } });
});

it("writes by itself, without being closed", async () => {
  await using log = await SqliteEventLog.open({ ...eventOptions({ ms: 0 }), ...rest(5) });
  log.record(eventOf("a"));
  using file = new EventFile(folder, 5);
  while (file.read().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(file.read()).toEqual(log.list());
});

it("keeps no more of a storm than it may write at once, but every warning", async () => {
  const options = { ...eventOptions({ ms: 0 }), ...rest(60_000), eventsMax: 50, unwrittenMax: 3 };
  {
    await using log = await SqliteEventLog.open(options);
    for (let i = 0; i < 9; i++) log.record(eventOf(`n${i}`));
    log.record({ ...eventOf("bad"), type: "Warning" });
    log.record(eventOf("n1"));
    expect(log.list()).toHaveLength(10);
  }
  using file = new EventFile(folder, 50);
  const kept = file.read().map(({ involvedObject, count }) => `${involvedObject.name} ${count}`);
  expect(kept).toEqual(["n0 1", "n2 1", "bad 1", "n1 2"]);
});
