import { expect, it } from "vitest";
import { CONFORMANCE_OPTIONS, network } from "../conformance/harness.ts";
import { describeResourceStore } from "../conformance/resource-store.ts";
import { MemoryCommitLog } from "./memory-commit-log.ts";
import { openMemoryResourceStore } from "./memory-resource-store.ts";

describeResourceStore("memory", async () => {
  const log = new MemoryCommitLog({ keep: true });
  return {
    open: async (options) => openMemoryResourceStore(options, log),
    setFull: async (full) => log.fail(full ? "full" : "none"),
    [Symbol.asyncDispose]: async () => undefined,
  };
});

it("puts all commits that wait into one append, up to the bounds", async () => {
  const log = new MemoryCommitLog({ keep: false });
  await using store = openMemoryResourceStore(CONFORMANCE_OPTIONS, log);
  const release = log.hold();
  const create = (i: number) => store.commit([{ op: "create", object: network(`n${i}`) }]);
  const first = create(0);
  await new Promise((resolve) => setImmediate(resolve));
  const rest = Array.from({ length: 32 }, (_, i) => create(i + 1));
  release();
  await Promise.all([first, ...rest]);
  expect(log.appends).toBe(3);
});

it("reports a broken medium once, refuses everything after it, and does not settle", async () => {
  const log = new MemoryCommitLog({ keep: false });
  await using store = openMemoryResourceStore(CONFORMANCE_OPTIONS, log);
  log.fail("broken");
  const lost = store.commit([{ op: "create", object: network("a") }]);
  await expect(lost).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect((await store.fatal).message).toContain("told to break");
  log.fail("none");
  const late = store.commit([{ op: "create", object: network("b") }]);
  await expect(late).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await expect(store.settled()).rejects.toMatchObject({ code: "UNAVAILABLE" });
});
