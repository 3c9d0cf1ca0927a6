import { Account } from "../backend/account.ts";
import { Assets } from "../backend/assets.ts";
import { Backend, type BackendOptions } from "../backend/backend.ts";
import { Maps } from "../backend/maps.ts";
import { expectThat } from "../generator/http-client.ts";
import type { Players } from "../generator/players.ts";

/** Makes a map, builds on it, takes that back, and deletes it. Nobody plays there: `game` and `journey` do. */
export const players: Players<BackendOptions, Backend> = {
  open: async (options) => new Backend(options),
  play: async (run) => {
    const { n, dueMs, tally, world } = run;
    const account = await tally.step("log in", () => Account.byDevice(world, run, "first"), dueMs);
    const assetId = await tally.step("make asset", () => new Assets(account, n).make());
    const maps = new Maps(account);
    const id = await tally.step("make map", () => maps.make(`Harbour ${n}`));
    const objectId = await tally.step("place object", () => maps.place(id, assetId));
    await tally.step("read map", async () => {
      const { objects } = await maps.read(id);
      expectThat(objects[0]?.object_id === objectId, "the map lacks what was placed");
    });
    await tally.step("undo", () => maps.undo(id));
    await tally.step("publish map", () => maps.publish(id));
    await tally.step("list maps", () => maps.list(id));
    await tally.step("delete map", () => maps.delete(id));
  },
};
