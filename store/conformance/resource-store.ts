import { describeAnswers } from "./answers.ts";
import type { StoreHarness, Suite } from "./harness.ts";
import { CONFORMANCE_OPTIONS } from "./harness.ts";
import { describeRestarts } from "./restarts.ts";
import { describeSpace } from "./space.ts";
import { describeIndexes, describeWatches, describeWatchFailures } from "./watches.ts";
import { describeSwaps, describeWriteBounds } from "./writes.ts";

/** What every adapter of `ResourceStore` holds. */
export function describeResourceStore(
  adapter: string,
  makeHarness: () => Promise<StoreHarness>,
): void {
  const inStore: Suite["inStore"] = async (use, options = {}) => {
    await using harness = await makeHarness();
    await using store = await harness.open({ ...CONFORMANCE_OPTIONS, ...options });
    await use(store, harness);
  };
  const suite: Suite = { adapter, makeHarness, inStore };
  describeSwaps(suite);
  describeWriteBounds(suite);
  describeWatches(suite);
  describeWatchFailures(suite);
  describeIndexes(suite);
  describeAnswers(suite);
  describeSpace(suite);
  describeRestarts(suite);
}
