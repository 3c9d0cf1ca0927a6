import { describe, expect, it } from "vitest";
import type { CollectionSpec } from "../../documents/document-store.ts";
import { type DocumentSuite, expectCode, expectTaken, SHIPS, type Ship } from "./harness.ts";

interface Vessel {
  readonly title: string;
  readonly tons: number;
}

/** The next release: other names, an index on what did not exist, and a rule that is gone. */
const VESSELS: CollectionSpec<Vessel> = {
  name: "ships",
  fields: { title: "string", tons: "number" },
  unique: { title: ["title"] },
  indexes: { all: { equal: [] }, bySize: { equal: [], order: "tons" } },
  migrations: [
    ({ name = "", size = 0, ...rest }) => ({ ...rest, title: name, size }),
    ({ title = "", size = 0 }) => ({ title, tons: Number(size) * 10 }),
  ],
};

/** One storage and the releases that come to it. */
export function describeReleases({ adapter, makeHarness }: DocumentSuite): void {
  describe(`${adapter}: releases`, () => {
    it("brings every document to the new schema, and finds it by new fields", async () => {
      await using harness = await makeHarness();
      {
        await using old = await harness.open();
        const ships = await old.collection(SHIPS);
        for (let i = 0; i < 20; i++) await ships.insert(`s${i}`, { name: `n${i}`, size: 20 - i });
      }
      await using store = await harness.open();
      const vessels = await store.collection(VESSELS);
      expect((await vessels.get("s3"))?.body).toEqual({ title: "n3", tons: 170 });
      const { items } = await vessels.find({ index: "bySize", equal: {}, until: 40, limit: 7 });
      expect(items.map(({ id }) => id)).toEqual(["s19", "s18", "s17"]);
      await expectTaken(vessels.insert("x", { title: "n19", tons: 1 }), "title");
    });

    it("migrates what a process of the release before still writes, when it is read", async () => {
      await using harness = await makeHarness();
      await using old = await harness.open();
      const ships = await old.collection(SHIPS);
      await using store = await harness.open();
      const vessels = await store.collection(VESSELS);
      await ships.insert("late", { name: "late", size: 4 });
      const late = await vessels.get("late");
      expect(late?.body).toEqual({ title: "late", tons: 40 });
      await vessels.replace("late", late?.version ?? "", { title: "late", tons: 41 });
      await expectCode(ships.get("late"), "FAILED_PRECONDITION");
    });

    it("refuses documents of a newer release", async () => {
      await using harness = await makeHarness();
      {
        await using store = await harness.open();
        await (await store.collection(VESSELS)).insert("a", { title: "a", tons: 1 });
      }
      await using store = await harness.open();
      await expectCode(store.collection(SHIPS), "FAILED_PRECONDITION");
    });

    it("adds a field, an index and a rule to documents that are there", async () => {
      await using harness = await makeHarness();
      const bare: CollectionSpec<Ship> = { ...SHIPS, fields: {}, unique: {}, indexes: {} };
      {
        await using store = await harness.open();
        const ships = await store.collection(bare);
        await ships.insert("a", { name: "Argo", size: 2 });
        await ships.insert("b", { name: "Beagle", size: 1 });
      }
      await using store = await harness.open();
      const ships = await store.collection(SHIPS);
      const { items } = await ships.find({ index: "bySize", equal: {}, limit: 7 });
      expect(items.map(({ id }) => id)).toEqual(["b", "a"]);
      await expectTaken(ships.insert("c", { name: "Argo" }), "name");
    });

    it("names the rule that documents of before break", async () => {
      await using harness = await makeHarness();
      {
        await using store = await harness.open();
        const ships = await store.collection({ ...SHIPS, unique: {} });
        for (const id of ["a", "b"]) await ships.insert(id, { name: "Argo" });
      }
      await using store = await harness.open();
      await expect(store.collection(SHIPS)).rejects.toMatchObject({
        code: "FAILED_PRECONDITION",
        details: { key: "name" },
      });
    });
  });
}

/** Several stores on one storage, and the end of one. */
export function describeSharing({ adapter, inShips }: DocumentSuite): void {
  describe(`${adapter}: sharing`, () => {
    it("shares one storage among several stores: what one has answered, all know", () =>
      inShips(async (ships, _store, harness) => {
        await using second = await harness.open();
        const others = await second.collection(SHIPS);
        const a = await ships.insert("a", { name: "Argo" });
        expect(await others.get("a")).toEqual(a);
        await expectTaken(others.insert("b", { name: "Argo" }), "name");
        await others.replace("a", a.version, { name: "Beagle" });
        await expectCode(ships.replace("a", a.version, {}), "CONFLICT");
      }));

    it("says that it is there, and refuses everything once it is closed", () =>
      inShips(async (ships, store) => {
        await store.ping();
        await store[Symbol.asyncDispose]();
        await expectCode(store.ping(), "UNAVAILABLE");
        await expectCode(ships.get("a"), "UNAVAILABLE");
        await expectCode(ships.insert("a", {}), "UNAVAILABLE");
      }));
  });
}
