import { Account } from "../backend/account.ts";
import { Backend, type BackendOptions } from "../backend/backend.ts";
import type { Players } from "../generator/players.ts";

export interface LoginOptions extends BackendOptions {
  /** One in so many signs up with a password, whose hash alone costs 40 ms of a core. */
  readonly passwordEvery: number;
}

class World extends Backend {
  readonly passwordEvery: number;
  constructor(options: LoginOptions) {
    super(options);
    this.passwordEvery = options.passwordEvery;
  }
}

/** Makes an account and comes back to it; few by password, the others by a device's secret. */
export const players: Players<LoginOptions, World> = {
  open: async (options) => new World(options),
  play: async (run) => {
    const { n, dueMs, tally, world } = run;
    if (n % world.passwordEvery === 0) {
      const made = await tally.step("sign up by password", () => Account.signUp(world, run), dueMs);
      await tally.step("log in by password", () => Account.byPassword(world, run));
      await tally.step("profile", () => made.profile());
      return;
    }
    await tally.step("register a device", () => Account.byDevice(world, run, "first"), dueMs);
    const account = await tally.step("log in", () => Account.byDevice(world, run, "again"));
    await tally.step("profile", () => account.profile());
    await tally.step("refresh", () => account.refresh());
    await tally.step("log out", () => account.logOut());
  },
};
