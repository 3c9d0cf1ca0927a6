import { expect, it } from "vitest";
import type { Kept } from "../../store/documents/document-store.ts";
import { GroupedReads } from "./grouped-reads.ts";

/** Documents that change between reads; each read waits until it is let go. */
class Shelf {
  value = 0;
  readonly asked: (readonly string[])[] = [];
  readonly #held: (() => void)[] = [];

  readonly getMany = async (ids: readonly string[]): Promise<readonly Kept<{ n: number }>[]> => {
    this.asked.push(ids);
    await new Promise<void>((resolve) => this.#held.push(resolve));
    if (ids.includes("bad")) throw new Error("away");
    const there = ids.filter((id) => id !== "none");
    return there.map((id) => ({ id, version: `${this.value}`, body: { n: this.value } }));
  };

  async letGo(): Promise<void> {
    this.#held.shift()?.();
    await new Promise(setImmediate);
  }
}

/** Everything of one turn goes out together; a read begins with the next one. */
const turn = (): Promise<void> =>
  new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

it("reads soon, together what came meanwhile, and never what is older than the question", async () => {
  const shelf = new Shelf();
  const reads = new GroupedReads({ collection: shelf, groupMax: 2 });
  const first = reads.get("a");
  await turn();
  const behind = ["a", "b", "a", "none"].map((id) => reads.get(id));
  expect(shelf.asked).toEqual([["a"]]);
  await shelf.letGo();
  expect((await first)?.body.n).toBe(0);
  shelf.value = 7;
  await shelf.letGo();
  await shelf.letGo();
  expect((await Promise.all(behind)).map((kept) => kept?.body.n)).toEqual([7, 7, 7, undefined]);
  expect(shelf.asked).toEqual([["a"], ["a", "b"], ["none"]]);
});

it("tells everybody of a group that it failed, and goes on", async () => {
  const shelf = new Shelf();
  const reads = new GroupedReads({ collection: shelf, groupMax: 9 });
  const first = reads.get("a");
  await turn();
  const bad = Promise.allSettled([reads.get("bad"), reads.get("b")]);
  await shelf.letGo();
  await first;
  await shelf.letGo();
  expect((await bad).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const next = reads.get("b");
  await turn();
  await shelf.letGo();
  expect((await next)?.id).toBe("b");
});
