import { describe, expect, it } from "vitest";
import { changeDocument } from "../../documents/change-document.ts";
import {
  DOCUMENT_TEST_BOUNDS,
  type DocumentSuite,
  expectCode,
  expectTaken,
  SHIPS,
} from "./harness.ts";

const RACERS = 16;

/** What came of many tries at once. */
async function outcomes(tries: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const result of await Promise.allSettled(tries)) {
    const word = result.status === "fulfilled" ? "done" : String(result.reason.code);
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

/** Bodies come back as they were, and ids and fields are checked. */
export function describeBodies({ adapter, inShips }: DocumentSuite): void {
  describe(`${adapter}: bodies`, () => {
    it("gives back any JSON as it was written, also from a store that is opened later", () =>
      inShips(async (ships, _store, harness) => {
        const more = {
          "": [],
          "a.b": { $set: -0.5, 한글: "日\u2028\u0000🚀", list: [[1, [2]], {}, null] },
          big: Number.MAX_SAFE_INTEGER,
          small: 5e-324,
          isFine: false,
        };
        const kept = await ships.insert("a/한 글", { name: "q\"\\\n'", more });
        expect(await ships.get("a/한 글")).toEqual(kept);
        await using again = await harness.open();
        expect(await (await again.collection(SHIPS)).get("a/한 글")).toEqual(kept);
      }));

    it("refuses a body that is too large, and takes one that just fits", () =>
      inShips(async (ships) => {
        const fits = { more: "x".repeat(DOCUMENT_TEST_BOUNDS.bodyCharsMax - '{"more":""}'.length) };
        await ships.insert("a", fits);
        await expectCode(ships.insert("b", { more: `${fits.more}x` }), "TOO_LARGE");
        expect(await ships.get("b")).toBeUndefined();
      }));

    it.each([
      ["an empty id", "", {}],
      ["a long id", "x".repeat(257), {}],
      ["an id with half a character", "\ud83d", {}],
      ["an id with a NUL", "a\0b", {}],
      ["a number where a text is looked up", "a", { owner: 1 }],
      ["a text where a number is looked up", "a", { size: "1" }],
      ["a number that is none", "a", { size: Number.NaN }],
      ["a text too long to be looked up", "a", { owner: "x".repeat(513) }],
    ] as const)("refuses %s", (_, id, body) =>
      inShips(async (ships) => {
        await expectCode(ships.insert(id, body as object), "INVALID");
        expect((await ships.find({ index: "all", equal: {}, limit: 1 })).items).toEqual([]);
      }),
    );
  });
}

/** One winner of every race, and words that say who lost why. */
export function describeSwaps({ adapter, inShips }: DocumentSuite): void {
  describe(`${adapter}: compare-and-swap`, () => {
    it("replaces what was expected, and says what is there instead", () =>
      inShips(async (ships) => {
        const first = await ships.insert("a", { size: 1 });
        const second = await ships.replace("a", first.version, { size: 2 });
        expect(second.version).not.toBe(first.version);
        await expectCode(ships.replace("a", first.version, { size: 3 }), "CONFLICT");
        await expectCode(ships.replace("b", first.version, { size: 3 }), "NOT_FOUND");
        expect(await ships.get("a")).toEqual(second);
      }));

    it("deletes what was expected, or whatever is there", () =>
      inShips(async (ships) => {
        const { version } = await ships.insert("a", {});
        await expectCode(ships.delete("a", "another"), "CONFLICT");
        await ships.delete("a", version);
        await expectCode(ships.delete("a", version), "NOT_FOUND");
        await ships.insert("a", {});
        await ships.delete("a");
        expect(await ships.get("a")).toBeUndefined();
      }));

    it("knows a document that was deleted and made anew from the one before", () =>
      inShips(async (ships) => {
        const { version } = await ships.insert("a", { size: 1 });
        await ships.delete("a");
        await ships.insert("a", { size: 1 });
        await expectCode(ships.replace("a", version, { size: 2 }), "CONFLICT");
        await expectCode(ships.delete("a", version), "CONFLICT");
      }));

    it("has one winner among many who replace the same version", () =>
      inShips(async (ships) => {
        const { version } = await ships.insert("a", { size: 0 });
        const tries = Array.from({ length: RACERS }, (_, size) =>
          ships.replace("a", version, { size }),
        );
        expect(await outcomes(tries)).toEqual({ done: 1, CONFLICT: RACERS - 1 });
      }));

    it("loses no change of many who read, decide and swap", () =>
      inShips(async (ships) => {
        await ships.insert("a", { size: 0 });
        const decide = ({ size = 0 }) => ({ size: size + 1 });
        const change = () => changeDocument({ collection: ships, id: "a", decide, triesMax: 50 });
        await Promise.all(Array.from({ length: RACERS }, change));
        expect((await ships.get("a"))?.body.size).toBe(RACERS);
      }));
  });
}

/** No two documents under one key. */
export function describeRules({ adapter, inShips }: DocumentSuite): void {
  describe(`${adapter}: unique rules`, () => {
    it("names the rule that a document would break, and changes nothing", () =>
      inShips(async (ships) => {
        await ships.insert("a", { name: "Argo", owner: "j", size: 1 });
        await expectTaken(ships.insert("a", { name: "other" }), "id");
        await expectTaken(ships.insert("b", { name: "Argo" }), "name");
        await expectTaken(ships.insert("b", { owner: "j", size: 1 }), "ownerSize");
        const b = await ships.insert("b", { name: "argo", owner: "j", size: 2 });
        await expectTaken(ships.replace("b", b.version, { name: "Argo" }), "name");
        expect(await ships.get("b")).toEqual(b);
      }));

    it("frees a document that lacks a field of the rule", () =>
      inShips(async (ships) => {
        await ships.insert("a", { owner: "j" });
        await ships.insert("b", { owner: "j" });
        await ships.insert("c", {});
        expect((await ships.find({ index: "all", equal: {}, limit: 7 })).items).toHaveLength(3);
      }));

    it("frees a key that was given up, by a replacement or a delete", () =>
      inShips(async (ships) => {
        const a = await ships.insert("a", { name: "Argo" });
        await ships.replace("a", a.version, { name: "Beagle" });
        await ships.insert("b", { name: "Argo" });
        await ships.delete("a");
        await ships.insert("c", { name: "Beagle" });
        expect((await ships.getBy("name", ["Beagle"]))?.id).toBe("c");
        expect(await ships.getBy("name", ["nobody's"])).toBeUndefined();
      }));

    it("has one winner among many who want the same key", () =>
      inShips(async (ships) => {
        const tries = Array.from({ length: RACERS }, (_, i) =>
          ships.insert(`s${i}`, { name: "A" }),
        );
        expect(await outcomes(tries)).toEqual({ done: 1, ALREADY_EXISTS: RACERS - 1 });
      }));

    it("creates once, whoever asks again gets what is there", () =>
      inShips(async (ships) => {
        const tries = Array.from({ length: RACERS }, (_, size) =>
          ships.insertOnce("a", { name: "Argo", size }),
        );
        const made = await Promise.all(tries);
        expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
        expect(new Set(made.map(({ kept }) => kept.version)).size).toBe(1);
        await expectTaken(ships.insertOnce("b", { name: "Argo" }), "name");
      }));
  });
}
