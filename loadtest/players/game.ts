import { Account } from "../backend/account.ts";
import { Backend, type BackendOptions } from "../backend/backend.ts";
import { type VisitOptions, visit } from "../backend/visit.ts";
import type { Players } from "../generator/players.ts";

export type GameOptions = BackendOptions & VisitOptions;

class World extends Backend {
  readonly visiting: VisitOptions;
  constructor(options: GameOptions) {
    super(options);
    this.visiting = options;
  }
}

/** Logs in, comes to a map, walks, talks and leaves. */
export const players: Players<GameOptions, World> = {
  open: async (options) => new World(options),
  play: async (run) => {
    const { dueMs, tally, world } = run;
    const account = await tally.step("log in", () => Account.byDevice(world, run, "first"), dueMs);
    await tally.step("profile", () => account.profile());
    await visit(run, account, world.visiting);
  },
};
