import { writeSync } from "node:fs";
import type { Network } from "../../core/model/network.ts";
import { CONFORMANCE_OPTIONS, network, withSubnet } from "../conformance/harness.ts";
import type { ResourceStore } from "../resource-store.ts";
import { openJournalResourceStore } from "./journal-resource-store.ts";

const WRITERS = 8;

/** Counts up in a resource of its own, says so after each commit, and keeps each number in an answer too. */
async function countUp(store: ResourceStore, name: string): Promise<void> {
  let mine: Network | undefined = store.get("Network", "default", name);
  for (;;) {
    const count = Number(mine?.spec.subnet ?? 0) + 1;
    const writes = mine
      ? [withSubnet(mine, `${count}`)]
      : [{ op: "create" as const, object: network(name, `${count}`) }];
    const answer = { key: name, bodyHash: "", answer: `${count}`, at: 1_000_000 };
    try {
      [mine] = (await store.commit(writes, answer)) as readonly Network[];
      writeSync(1, `${name} ${count}\n`);
    } catch (error) {
      writeSync(1, `refused ${(error as { code: string }).code}\n`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

// Commits until it is killed, in the folder that it is given, as the user that it is given.
const [folder = "", segmentBytes = "65536", user] = process.argv.slice(2);
const store = await openJournalResourceStore({
  ...CONFORMANCE_OPTIONS,
  clock: { ...CONFORMANCE_OPTIONS.clock, monotonic: () => performance.now() },
  folder,
  segmentBytes: Number(segmentBytes),
  unfoldedMax: 2,
  retryMs: 50,
  leaderLookMs: 50,
  snapshotWaitMs: 500,
});
void store.fatal.then((error) => {
  writeSync(1, `fatal ${error.message}\n`);
  process.exit(3);
});
writeSync(1, "open\n");
if (user) {
  process.setgroups?.([]);
  process.setgid?.(Number(user));
  process.setuid?.(Number(user));
}
await Promise.all(Array.from({ length: WRITERS }, (_, i) => countUp(store, `w${i}`)));
