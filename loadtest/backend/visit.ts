import type { PlayerRun } from "../generator/players.ts";
import { StepFailed } from "../generator/tally.ts";
import type { Account } from "./account.ts";
import { type MapPlayer, RawMapPlayer } from "./map-player.ts";
import { type Entered, Maps } from "./maps.ts";
import { Playing } from "./playing.ts";
import { SdkMapPlayer } from "./sdk-map-player.ts";

/** Which maps players go to, and how; plain data, for threads. */
export interface VisitOptions {
  readonly maps: readonly string[];
  /** So many who come one after the other go to one map, the next to the next. */
  readonly groupSize: number;
  /** One in so many plays by Colyseus' SDK and looks at what it sees. */
  readonly sdkEvery: number;
}

type Run = Pick<PlayerRun<unknown>, "n" | "tally" | "signal" | "staySeconds" | "now">;

/** Where this player goes. */
export function mapOf(
  n: number,
  { maps, groupSize }: Pick<VisitOptions, "maps" | "groupSize">,
): string {
  return maps[Math.floor(n / groupSize) % maps.length] ?? "";
}

/** Asks for a seat, comes in, plays for the stay, and leaves. */
export async function visit(run: Run, account: Account, options: VisitOptions): Promise<void> {
  const { n, tally } = run;
  const map = mapOf(n, options);
  const comeIn = n % options.sdkEvery === 0 ? comeInBySdk : comeInRaw;
  const player = await tally.step("seat to joined", () => comeIn(run, account, map));
  await stayAndLeave(run, player);
}

/** Plays for the stay and leaves. */
export async function stayAndLeave(run: Run, player: MapPlayer): Promise<void> {
  const { tally } = run;
  try {
    await tally.step("stay", () => new Playing(run, player).play());
  } catch (error) {
    await player.leave().catch(() => undefined);
    throw error;
  }
  await tally.step("leave", () => player.leave());
}

async function comeInRaw(run: Run, account: Account, map: string): Promise<MapPlayer> {
  const { tally, signal } = run;
  const entered = await ask(run, account, map);
  const { host, token } = entered;
  const joining = { host, port: gamePortOf(entered), token, access: account.access, signal };
  return await tally.step("join", () => RawMapPlayer.join(account.backend.http, joining));
}

async function comeInBySdk(run: Run, account: Account, map: string): Promise<MapPlayer> {
  const { tally, signal } = run;
  let asked = 0;
  const enter = async (): Promise<Entered> => {
    // The client asks again by itself: that went well in the end, and not at once.
    if (asked++ > 0) tally.failed("join", "asked for the seat again");
    return ask(run, account, map);
  };
  const { access, userId: user } = account;
  return SdkMapPlayer.join({ enter, access, map, user, signal });
}

function ask({ tally }: Run, account: Account, map: string): Promise<Entered> {
  return tally.step("ask for a seat", () => new Maps(account).enter(map));
}

function gamePortOf({ ports }: Entered): number {
  const found = ports.find(({ name }) => name === "game");
  if (!found) throw new StepFailed("wrong answer: no port of the game");
  return found.port;
}
