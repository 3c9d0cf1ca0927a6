import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Report } from "../../core/model/link.ts";
import { FleetError } from "../../core/std/errors.ts";
import { ControllerBench, NODE, subjectOf, TEMPLATE, until } from "./controllers.fixture.ts";

let bench: ControllerBench;

beforeEach(async () => {
  bench = new ControllerBench();
  await bench.controllers.link.heartbeat("a", NODE);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await bench.close();
});

it("looks at nodes again after a disk that was full refused what a look found", async () => {
  const full = new FleetError("STORAGE_FULL", "no space is left");
  const kept = bench.store.commit.bind(bench.store);
  let refused = 0;
  // From before there is something to be found: no look may have written it already.
  const commit = vi.spyOn(bench.store, "commit").mockImplementation((writes, ...rest) => {
    const isOfNode = writes.some((one) => one.op === "update" && one.object.kind === "Node");
    if (!isOfNode) return kept(writes, ...rest);
    refused += 1;
    return Promise.reject(full);
  });
  await bench.create("GameServer", "agones.dev/v1", "one", TEMPLATE.spec);
  await until(() => bench.servers("Starting").length === 1);
  const before = refused;
  await expect.poll(() => refused, { timeout: 20_000 }).toBeGreaterThan(before);
  commit.mockRestore();
  const used = (): number | undefined => bench.store.get("Node", "", "a")?.status.used?.containers;
  await expect.poll(used, { timeout: 20_000 }).toBe(1);
});

it("answers the other items of a batch when one meets a bug, and none when the disk is broken", async () => {
  const { link } = bench.controllers;
  const server = await bench.create("GameServer", "agones.dev/v1", "one", TEMPLATE.spec);
  await until(() => bench.servers("Starting").length === 1);
  const subject = subjectOf(server);
  const absurd = { verb: "reserve", seconds: 1e15, subject, id: "1" } as const;
  const ready = { verb: "ready", subject, id: "2" } as const;
  const results = await link.sdk("a", [absurd, ready]);
  expect(results).toMatchObject([{ ok: false, code: "INTERNAL" }, { ok: true }]);
  vi.spyOn(bench.store, "commit").mockRejectedValue(new Error("the disk is broken"));
  const exited: Report = { subject, seen: "exited", id: "1", exitCode: 1 };
  await expect(link.reports("a", [exited])).rejects.toThrow("the disk is broken");
});
