import { Account } from "../backend/account.ts";
import { Backend, type BackendOptions } from "../backend/backend.ts";
import { RawMapPlayer } from "../backend/map-player.ts";
import { mapOf, stayAndLeave } from "../backend/visit.ts";
import { type BareGameOptions, JoinSigner } from "../baseline/bare-game.ts";
import type { Players } from "../generator/players.ts";

export interface BarePlayersOptions extends BackendOptions, BareGameOptions {
  /** Of the bare fastify. */
  readonly bareUrl: string;
}

class World extends Backend {
  readonly bare: BarePlayersOptions;
  readonly signer: JoinSigner;
  constructor(options: BarePlayersOptions, signer: JoinSigner) {
    super(options);
    this.bare = options;
    this.signer = signer;
  }
}

/** What `game` does, with a bare fastify in place of the services and a bare Colyseus in place of the platform. */
export const players: Players<BarePlayersOptions, World> = {
  open: async (options) => new World(options, await JoinSigner.of(options.joinKey)),
  play: async (run) => {
    const { n, dueMs, tally, world, signal } = run;
    const { bare, http, signer } = world;
    const account = await tally.step("log in", () => Account.byDevice(world, run, "first"), dueMs);
    const asked = { method: "POST", body: { user: account.userId }, status: 201, signal } as const;
    await tally.step("profile", () => http.json(bare.bareUrl, asked));
    const token = await signer.sign(account.userId, mapOf(n, bare));
    const joining = { host: "127.0.0.1", port: bare.gamePort, token, access: account.access };
    const player = await tally.step("join", () => RawMapPlayer.join(http, { ...joining, signal }));
    await stayAndLeave(run, player);
  },
};
