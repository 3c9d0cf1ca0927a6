import { describe, expect, it } from "vitest";
import type { Collection, DocumentQuery, Page } from "../../documents/document-store.ts";
import { type DocumentSuite, expectCode, type Ship } from "./harness.ts";

const ids = ({ items }: Page<Ship>): string[] => items.map(({ id }) => id);
const query = (index: string, more: Partial<DocumentQuery> = {}): DocumentQuery => ({
  index,
  equal: {},
  limit: 7,
  ...more,
});

/** Six ships of two owners; `f` has no size and no owner. */
async function launch(ships: Collection<Ship>): Promise<void> {
  await ships.insert("a", { owner: "j", name: "Zebra", size: 10 });
  await ships.insert("b", { owner: "k", name: "Argo", size: 2 });
  await ships.insert("c", { owner: "j", name: "Écume", size: -1.5 });
  await ships.insert("d", { owner: "j", name: "argo", size: 2 });
  await ships.insert("e", { owner: "k", name: "🚀", size: 100 });
  await ships.insert("f", { name: "\uffee" });
}

/** What a query finds, and in which order. */
export function describeQueries({ adapter, inShips }: DocumentSuite): void {
  describe(`${adapter}: queries`, () => {
    it.each([
      ["everything, by id", query("all"), "abcdef"],
      ["everything, backwards", query("all", { isDescending: true }), "fedcba"],
      ["one owner's", query("ofOwner", { equal: { owner: "j" } }), "acd"],
      ["nobody's", query("ofOwner", { equal: { owner: "x" } }), ""],
      ["by number, equal ones by id", query("bySize"), "cbdae"],
      ["by number, backwards", query("bySize", { isDescending: true }), "eadbc"],
      ["from a number on", query("bySize", { from: 2 }), "bdae"],
      ["up to a number, which is out", query("bySize", { until: 10 }), "cbd"],
      ["between two", query("bySize", { from: 2, until: 100, isDescending: true }), "adb"],
      ["what comes behind the first two", query("bySize", { skip: 2 }), "dae"],
      ["what comes behind them backwards", query("bySize", { skip: 2, isDescending: true }), "dbc"],
      ["nothing behind the last", query("bySize", { skip: 5 }), ""],
      ["by the bytes of a text", query("ofOwnerByName", { equal: { owner: "j" } }), "adc"],
      ["a part of the texts", query("ofOwnerByName", { equal: { owner: "j" }, from: "a" }), "dc"],
    ] as const)("finds %s", (_, asked, expected) =>
      inShips(async (ships) => {
        await launch(ships);
        expect(ids(await ships.find(asked)).join("")).toBe(expected);
      }),
    );

    it("gets many at once in the order that was asked, without those that are not there", () =>
      inShips(async (ships) => {
        await launch(ships);
        const found = await ships.getMany(["d", "nobody", "a", "d"]);
        expect(found.map(({ id }) => id)).toEqual(["d", "a", "d"]);
        expect(await ships.getMany([])).toEqual([]);
      }));

    it("finds a document where its newest body belongs", () =>
      inShips(async (ships) => {
        await launch(ships);
        const a = await ships.get("a");
        await ships.replace("a", a?.version ?? "", { owner: "k", size: 1 });
        expect(ids(await ships.find(query("ofOwner", { equal: { owner: "j" } })))).toEqual([
          "c",
          "d",
        ]);
        expect(ids(await ships.find(query("bySize"))).join("")).toBe("cabde");
      }));
  });
}

/** Page by page. */
export function describePages({ adapter, inShips }: DocumentSuite): void {
  describe(`${adapter}: pages`, () => {
    it.each([
      ["all", false, "abcdef"],
      ["bySize", false, "cbdae"],
      ["bySize", true, "eadbc"],
    ] as const)("shows each document of %s once (backwards: %s)", (index, isDescending, expected) =>
      inShips(async (ships) => {
        await launch(ships);
        for (const [skip, limit] of [
          [0, 1],
          [0, 2],
          [0, 5],
          [3, 1],
        ] as const) {
          let seen = "";
          let token: string | undefined;
          do {
            const next = token === undefined ? { skip } : { continue: token };
            const page = await ships.find(query(index, { isDescending, limit, ...next }));
            expect(page.items.length).toBeLessThanOrEqual(limit);
            seen += ids(page).join("");
            token = page.continue;
          } while (token !== undefined);
          expect(seen).toBe(expected.slice(skip));
        }
      }),
    );

    it("goes on where it was while documents come and go", () =>
      inShips(async (ships) => {
        await launch(ships);
        const first = await ships.find(query("bySize", { limit: 2 }));
        await ships.delete("b");
        await ships.delete("d");
        await ships.insert("before", { size: 1 });
        await ships.insert("behind", { size: 3 });
        const rest = await ships.find(query("bySize", { continue: first.continue ?? "" }));
        expect([ids(first), ids(rest)]).toEqual([
          ["c", "b"],
          ["behind", "a", "e"],
        ]);
      }));

    it.each([
      ["that is none", "rubbish"],
      ["that is long", "x".repeat(5_000)],
      ["that is JSON of something else", Buffer.from('{"a":1}').toString("base64url")],
      ["that is empty", ""],
    ])("refuses a token %s", (_, token) =>
      inShips(async (ships) => {
        await launch(ships);
        await expectCode(ships.find(query("bySize", { continue: token })), "BAD_REQUEST");
      }),
    );

    it("refuses the token of another query", () =>
      inShips(async (ships) => {
        await launch(ships);
        const page = await ships.find(query("bySize", { limit: 1 }));
        const token = { continue: page.continue ?? "" };
        expect(page.continue).toBeTypeOf("string");
        for (const other of [
          query("all", token),
          query("bySize", { ...token, isDescending: true }),
          query("bySize", { ...token, from: 2 }),
        ])
          await expectCode(ships.find(other), "BAD_REQUEST");
      }));
  });
}
