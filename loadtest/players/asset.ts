import { Account } from "../backend/account.ts";
import { Assets } from "../backend/assets.ts";
import { Backend, type BackendOptions } from "../backend/backend.ts";
import type { Players } from "../generator/players.ts";

/** Makes a thing with a picture, shows it to everybody, looks for it, and deletes it. */
export const players: Players<BackendOptions, Backend> = {
  open: async (options) => new Backend(options),
  play: async (run) => {
    const { n, dueMs, tally, world } = run;
    const account = await tally.step("log in", () => Account.byDevice(world, run, "first"), dueMs);
    const assets = new Assets(account, n);
    const id = await tally.step("make asset", () => assets.make());
    const digest = await tally.step("upload picture", () => assets.picture(id));
    await tally.step("publish asset", () => assets.publish(id));
    await tally.step("list assets", () => assets.list(id, digest));
    await tally.step("read picture", () => assets.readPicture(digest));
    await tally.step("delete asset", () => assets.delete(id));
  },
};
