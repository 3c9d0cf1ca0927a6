import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FleetError } from "../../core/std/errors.ts";
import { silentLogger } from "../../core/std/logger.ts";
import type { Collection } from "../../store/documents/document-store.ts";
import { openDocuments } from "../service/open-documents.ts";
import { ASSETS, type Asset, indexed, USAGES } from "./collections.ts";
import { NO_USE, type Pending, reserve, settle, type Usage } from "./decide-usage.ts";
import { Quota } from "./quota.ts";

const LIMITS = { countMax: 3, bytesMax: 1_000 };
const ONE = { count: 1, bytes: 0, kept_count: 1, kept_bytes: 0 };

interface World extends AsyncDisposable {
  readonly assets: Collection<Asset>;
  readonly usages: Collection<Usage>;
  readonly quota: Quota;
  readonly time: { now: number };
}

async function open(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-quota-"));
  const store = await openDocuments(pathToFileURL(join(folder, "db")).href, "x");
  const assets = await store.collection(ASSETS);
  const usages = await store.collection(USAGES);
  const time = { now: 1_000_000 };
  const now = (): number => time.now;
  const quota = new Quota({ assets, usages, limits: LIMITS, now, logger: silentLogger });
  const end = async (): Promise<void> => {
    await store[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  };
  return { assets, usages, quota, time, [Symbol.asyncDispose]: end };
}

const assetOf = (op: string, thumbnail_bytes = 0): Asset =>
  indexed({
    owner: "ann",
    name: "n",
    name_key: "n",
    category_id: "c",
    thumbnail_bytes,
    price: 0,
    is_delete: false,
    visibility: "private",
    revision: 1,
    created_at: 0,
    updated_at: 0,
    op,
  });

const create = ({ quota, assets }: World, asset: string): Promise<unknown> =>
  quota.count({ owner: "ann", asset, isNew: true, delta: ONE }, (op) =>
    assets.insert(asset, assetOf(op)),
  );

/** What a process leaves that is killed between its note and its end. */
async function leave(world: World, asset: string, pending: Partial<Pending>): Promise<void> {
  const { usages, time } = world;
  const { kept } = await usages.insertOnce("ann", NO_USE);
  const note = { op: "killed", is_new: true, delta: ONE, at: time.now, ...pending };
  await usages.replace("ann", kept.version, reserve(kept.body, asset, note, LIMITS));
}

const usageOf = async ({ usages }: World): Promise<Usage | undefined> =>
  (await usages.get("ann"))?.body;

describe("a change that a killed process left", () => {
  it("counts if it was made, and its note goes with the next change after a minute", async () => {
    await using world = await open();
    await leave(world, "a1", {});
    await world.assets.insert("a1", assetOf("killed"));
    await create(world, "a2");
    expect(await usageOf(world)).toMatchObject({ count: 2, pending: { a1: expect.anything() } });
    world.time.now += 60_000;
    await create(world, "a3");
    expect(await usageOf(world)).toEqual({ ...NO_USE, count: 3, kept_count: 3 });
  });

  it("is counted back if it was not made, so that the user may use the place", async () => {
    await using world = await open();
    for (const asset of ["a1", "a2"]) await create(world, asset);
    await leave(world, "a3", {});
    await expect(create(world, "a4")).rejects.toMatchObject({ code: "FORBIDDEN" });
    world.time.now += 60_000;
    await create(world, "a4");
    expect(await usageOf(world)).toEqual({ ...NO_USE, count: 3, kept_count: 3 });
  });

  it("cannot be made any more after it was counted back", async () => {
    await using world = await open();
    await create(world, "a1");
    const before = await world.assets.get("a1");
    const delta = { count: 0, bytes: 100, kept_count: 0, kept_bytes: 100 };
    await leave(world, "a1", { is_new: false, delta });
    // The next change of the same asset does not wait for a minute.
    await world.quota.count({ owner: "ann", asset: "a1", isNew: false, delta }, async (op) => {
      const found = await world.assets.get("a1");
      await world.assets.replace("a1", found?.version ?? "", assetOf(op, 100));
    });
    await expect(
      world.assets.replace("a1", before?.version ?? "", assetOf("killed", 100)),
    ).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await usageOf(world)).toEqual({
      ...NO_USE,
      count: 1,
      kept_count: 1,
      bytes: 100,
      kept_bytes: 100,
    });
  });
});

it("counts back what failed, and leaves open what nobody knows yet", async () => {
  await using world = await open();
  const failing = (code: "CONFLICT" | "UNAVAILABLE") =>
    world.quota.count({ owner: "ann", asset: `a-${code}`, isNew: true, delta: ONE }, () =>
      Promise.reject(new FleetError(code, "no")),
    );
  await expect(failing("CONFLICT")).rejects.toMatchObject({ code: "CONFLICT" });
  expect(await usageOf(world)).toEqual(NO_USE);
  await expect(failing("UNAVAILABLE")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(await usageOf(world)).toMatchObject({ count: 1 });
});

it("never counts over a limit, and comes back to nothing when nothing was made", () => {
  const anyChanges = fc.array(fc.tuple(fc.integer({ min: -400, max: 400 }), fc.boolean()));
  fc.assert(
    fc.property(anyChanges, (changes) => {
      let usage: Usage = NO_USE;
      let made = 0;
      changes.forEach(([bytes, isMade], i) => {
        const delta = { count: 0, bytes, kept_count: 0, kept_bytes: bytes };
        const pending = { op: `${i}`, is_new: false, delta, at: 0 };
        try {
          usage = reserve(usage, `a${i}`, pending, LIMITS);
        } catch {
          return;
        }
        if (bytes > 0) expect(usage.bytes).toBeLessThanOrEqual(LIMITS.bytesMax);
        usage = settle(usage, `a${i}`, isMade);
        if (isMade) made += bytes;
      });
      expect(usage).toEqual({ ...NO_USE, bytes: made, kept_bytes: made });
    }),
  );
});
