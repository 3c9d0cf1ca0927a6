import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { withLock, withSharedLock } from "./folder-lock.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-lock-"));
});
afterEach(() => rm(folder, { recursive: true }));

const options = { clock: systemClock, waitMs: 15_000, retryMs: 2 };
const path = (): string => join(folder, "index.lock");

it("lets one work at a time, and all of them in the end", async () => {
  let inside = 0;
  const seen: number[] = [];
  const work = async (): Promise<void> => {
    seen.push(++inside);
    await systemClock.sleep(3);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 8 }, () => withLock(path(), options, work)));
  expect(seen).toEqual(Array.from({ length: 8 }, () => 1));
});

it("says who waits for what when it takes too long, and goes on after a failure", async () => {
  const outer = withLock(path(), options, async () => {
    const inner = withLock(path(), { ...options, waitMs: 10 }, async () => "never");
    await expect(inner).rejects.toMatchObject({ code: "UNAVAILABLE" });
    throw new Error("work failed");
  });
  await expect(outer).rejects.toThrow("work failed");
  expect(await withLock(path(), options, async () => "next")).toBe("next");
});

it("is free again when its holder was killed", async () => {
  const at = (file: string): string => JSON.stringify(join(import.meta.dirname, file));
  const script = `
    const { withLock } = await import(${at("folder-lock.ts")});
    const { systemClock: clock } = await import(${at("../../core/std/clock.ts")});
    const options = { clock, waitMs: 0, retryMs: 1 };
    await withLock(${JSON.stringify(path())}, options, async () => {
      console.log("held");
      await clock.sleep(60_000);
    });
  `;
  const holder = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(holder.stdout, "data");
  const early = withLock(path(), { ...options, waitMs: 10 }, async () => "too early");
  await expect(early).rejects.toMatchObject({ code: "UNAVAILABLE" });
  holder.kill("SIGKILL");
  expect(await withLock(path(), options, async () => "free")).toBe("free");
});

it("is shared by any number who ask for a share, and by none beside one who has it alone", async () => {
  const both = Promise.withResolvers<void>();
  let inside = 0;
  const share = async (): Promise<void> => {
    inside += 1;
    if (inside === 2) both.resolve();
    await both.promise;
    const alone = withLock(path(), { ...options, waitMs: 10 }, async () => "too early");
    await expect(alone).rejects.toMatchObject({ code: "UNAVAILABLE" });
  };
  await Promise.all([
    withSharedLock(path(), options, share),
    withSharedLock(path(), options, share),
  ]);
  const seen = await withLock(path(), options, async () => {
    const late = withSharedLock(path(), { ...options, waitMs: 10 }, async () => "too early");
    await expect(late).rejects.toMatchObject({ code: "UNAVAILABLE" });
    return "alone";
  });
  expect(seen).toBe("alone");
});
