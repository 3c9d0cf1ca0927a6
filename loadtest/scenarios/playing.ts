import { setTimeout as sleep } from "node:timers/promises";
import { generate } from "../generator/generate.ts";
import type { LoadPlatform } from "../platform/load-platform.ts";
import { arrivingOf } from "../profiles.ts";
import type { ThresholdResult } from "../report/run-result.ts";
import type { Scenario } from "../scenario.ts";
import { makeMaps, mapsFor, throughMeet } from "./backend.ts";

const GAME = ["login", "asset", "room", "meet", "maps"] as const;
const SEATS_BACK_WITHIN_MS = 20_000;

/** Players who come to maps: the whole way, or the game alone. */
export function playingScenario(name: "game" | "journey", about: string): Scenario {
  return {
    about,
    parts: GAME,
    images: [],
    async run(platform, load, progress, signal) {
      const arriving = arrivingOf(name, load);
      const backend = throughMeet(platform);
      const visiting = await makeMaps(backend, mapsFor(arriving), signal);
      progress.say(`${visiting.maps.length} maps are open`);
      const onSecond = progress.second.bind(progress);
      const options = { ...backend, ...visiting };
      const asked = { players: name, options, arriving, threads: 1, onSecond, signal };
      const { steps, seconds } = await generate(asked);
      const { maps, ...shown } = visiting;
      return {
        ...{ steps, seconds },
        settings: { arriving, maps: maps.length, ...shown },
        thresholds: [await seatsLeft(platform)],
      };
    },
  };
}

interface RoomsShown {
  readonly rooms: readonly {
    readonly seats: { readonly taken: number; readonly reserved: number };
  }[];
}

/** Everybody has left: no seat stays taken. */
async function seatsLeft(platform: LoadPlatform): Promise<ThresholdResult> {
  let seen = 0;
  for (const until = Date.now() + SEATS_BACK_WITHIN_MS; Date.now() < until; await sleep(250)) {
    const { rooms } = (await platform.request("GET", "/v1/rooms?fleet=maps")) as RoomsShown;
    seen = rooms.reduce((sum, { seats }) => sum + seats.taken + seats.reserved, 0);
    if (seen === 0) break;
  }
  return { name: "seats taken when all have left", limit: 0, seen, passed: seen === 0 };
}
