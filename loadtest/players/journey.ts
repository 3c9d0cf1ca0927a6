import { Account } from "../backend/account.ts";
import { Assets } from "../backend/assets.ts";
import { Backend } from "../backend/backend.ts";
import { Maps } from "../backend/maps.ts";
import { mapOf, type VisitOptions, visit } from "../backend/visit.ts";
import { expectThat } from "../generator/http-client.ts";
import type { Players } from "../generator/players.ts";
import type { GameOptions } from "./game.ts";

class World extends Backend {
  readonly visiting: VisitOptions;
  constructor(options: GameOptions) {
    super(options);
    this.visiting = options;
  }
}

/** Everything that a player does: from the first login until everything is over. */
export const players: Players<GameOptions, World> = {
  open: async (options) => new World(options),
  play: async (run) => {
    const { n, dueMs, tally, world, now } = run;
    const account = await tally.step("log in", () => Account.byDevice(world, run, "first"), dueMs);
    await tally.step("profile", () => account.profile());
    const assets = new Assets(account, n);
    const id = await tally.step("make asset", () => assets.make());
    const digest = await tally.step("upload picture", () => assets.picture(id));
    await tally.step("publish asset", () => assets.publish(id));
    await tally.step("list assets", () => assets.list(id, digest));
    await tally.step("open map", async () => {
      const map = await new Maps(account).read(mapOf(n, world.visiting));
      expectThat(map.published, "a map that is not published");
    });
    await visit(run, account, world.visiting);
    tally.took("journey", now() - dueMs);
  },
};
