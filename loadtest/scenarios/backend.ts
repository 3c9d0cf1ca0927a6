import { randomBytes } from "node:crypto";
import { Account } from "../backend/account.ts";
import { Backend, type BackendOptions } from "../backend/backend.ts";
import { Maps } from "../backend/maps.ts";
import type { VisitOptions } from "../backend/visit.ts";
import { generate } from "../generator/generate.ts";
import { peakOf } from "../generator/schedule.ts";
import type { GamePart } from "../platform/game-folder.ts";
import type { LoadPlatform } from "../platform/load-platform.ts";
import { type Arriving, arrivingOf } from "../profiles.ts";
import type { Scenario } from "../scenario.ts";

/** The services one by one, at their own addresses. */
export function directly(platform: LoadPlatform, parts: readonly GamePart[]): BackendOptions {
  const url = (part: GamePart): string => (parts.includes(part) ? platform.url(part) : "");
  const urls = { loginUrl: url("login"), assetUrl: url("asset"), roomUrl: url("room") };
  return { ...urls, ...common(platform) };
}

/** As the page of players reaches them: through the meet service. */
export function throughMeet(platform: LoadPlatform): BackendOptions {
  const meet = platform.url("meet");
  const urls = { loginUrl: `${meet}/login`, assetUrl: `${meet}/asset`, roomUrl: `${meet}/room` };
  return { ...urls, ...common(platform) };
}

const common = ({ allowed }: LoadPlatform): Pick<BackendOptions, "run" | "allowed"> => ({
  ...{ run: randomBytes(6).toString("hex"), allowed },
});

/** A group fills most of a map's room, which has fifty seats. */
const GROUP_SIZE = 40;
const SDK_EVERY = 10;
const SPARE_MAPS = 4;
/** From the first request of a player to its last, beside the stay. */
const COMING_SECONDS = 5;
/** Whoever makes the maps is none of the players. */
const HOST = 65_535;

/** How many maps there are for as many players as may be there at once. */
export function mapsFor({ stages, staySeconds }: Arriving): number {
  const atOnce = peakOf(stages) * (staySeconds + COMING_SECONDS);
  return Math.ceil(atOnce / GROUP_SIZE) + SPARE_MAPS;
}

/** So many maps, made by one user and open to all. */
export async function makeMaps(
  options: BackendOptions,
  count: number,
  signal: AbortSignal,
): Promise<VisitOptions> {
  await using backend = new Backend(options);
  const maps = new Maps(await Account.byDevice(backend, { n: HOST, signal }, "first"));
  const made: string[] = [];
  for (let i = 0; i < count; i++) {
    const id = await maps.make(`Harbour ${i}`);
    await maps.publish(id);
    made.push(id);
  }
  return { maps: made, groupSize: GROUP_SIZE, sdkEvery: SDK_EVERY };
}

type ServiceName = "login" | "asset" | "room";

/** One service of the backend, with what its players need beside it. */
export function serviceScenario(
  name: ServiceName,
  about: string,
  parts: readonly GamePart[],
  more: object = {},
): Scenario {
  return {
    about,
    parts,
    images: [],
    async run(platform, load, progress, signal) {
      const arriving = arrivingOf(name, load);
      const options = { ...directly(platform, parts), ...more };
      const onSecond = progress.second.bind(progress);
      const asked = { players: name, options, arriving, threads: 1, onSecond, signal };
      const { steps, seconds } = await generate(asked);
      return { steps, seconds, settings: { arriving, ...more } };
    },
  };
}
