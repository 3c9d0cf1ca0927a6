import fc from "fast-check";
import { describe, it } from "vitest";
import { describePages, describeQueries } from "./finds.ts";
import { type DocumentHarness, type DocumentSuite, SHIPS } from "./harness.ts";
import { anyStep, Stories } from "./model.ts";
import { describeReleases, describeSharing } from "./releases.ts";
import { describeBodies, describeRules, describeSwaps } from "./writes.ts";

/** What every adapter of `DocumentStore` holds; `runs` are the stories that are compared with a map. */
export function describeDocumentStore(
  adapter: string,
  makeHarness: () => Promise<DocumentHarness>,
  runs: number,
): void {
  const inShips: DocumentSuite["inShips"] = async (use) => {
    await using harness = await makeHarness();
    await using store = await harness.open();
    await use(await store.collection(SHIPS), store, harness);
  };
  const suite: DocumentSuite = { adapter, makeHarness, inShips };
  describeBodies(suite);
  describeSwaps(suite);
  describeRules(suite);
  describeQueries(suite);
  describePages(suite);
  describeReleases(suite);
  describeSharing(suite);
  describe(`${adapter}: any story`, () => {
    it("ends as it would on a map, also after the storage was opened again", {
      timeout: 60_000,
    }, async () => {
      await using harness = await makeHarness();
      await using store = await harness.open();
      const stories = new Stories(store);
      const anyStory = fc.array(anyStep(), { maxLength: 30 });
      await fc.assert(
        fc.asyncProperty(anyStory, (steps) => stories.tell(steps)),
        { numRuns: runs },
      );
      await store[Symbol.asyncDispose]();
      await using later = await harness.open();
      await stories.compare(later);
    });
  });
}
