import { BareGame } from "../baseline/bare-game.ts";
import { ratioOf, sidesOf, stepsOf, type Turn } from "../baseline/decide-ratios.ts";
import { BareServer } from "../bench/bare-server.ts";
import { type GenerateOptions, generate } from "../generator/generate.ts";
import { arrivingOf } from "../profiles.ts";
import type { BaselineRecord } from "../report/run-result.ts";
import type { Scenario } from "../scenario.ts";
import { makeMaps, mapsFor, throughMeet } from "./backend.ts";

const TURNS = { smoke: 1, load: 4, spike: 4 } as const;
/** So far apart are the numbers of the players of two turns. */
const PLAYERS_PER_TURN = 10_000;
/** Steps that both sides have, and what stands beside what. */
const COMPARED: Readonly<Record<string, string>> = {
  profile: "through meet and login, two containers each; bare fastify, which answers the same size",
  join: "a game server in a container, by its host port; the same game as a process",
  reply: "a message to the game and back, in a container; the same game as a process",
  chat: "a line until its speaker hears it, in a container; the same game as a process",
};

/** The game on the platform and bare, in turns: what the platform costs. */
export const baseline: Scenario = {
  about: "the game on the platform and bare on the host, in turns: what the platform costs",
  parts: ["login", "asset", "room", "meet", "maps"],
  images: [],
  async run(platform, load, progress, signal) {
    const arriving = arrivingOf("baseline", load);
    const backend = throughMeet(platform);
    // Positions are looked at by Colyseus' SDK, which the bare side does without: here everybody does.
    const visiting = {
      ...(await makeMaps(backend, mapsFor(arriving), signal)),
      sdkEvery: PLAYERS_PER_TURN * 100,
    };
    await using fastify = await BareServer.start();
    const { groupSize, maps } = visiting;
    await using game = await BareGame.start(platform.url("login"), maps.length, groupSize);
    const bareOptions = { ...backend, ...game.options, bareUrl: fastify.url };
    const common = { arriving, threads: 1, onSecond: progress.second.bind(progress), signal };
    const sides: Readonly<Record<keyof Turn, Pick<GenerateOptions, "players" | "options">>> = {
      platform: { players: "game", options: { ...backend, ...visiting } },
      bare: { players: "bare-game", options: bareOptions },
    };
    const turns: Turn[] = [];
    for (let turn = 0; turn < TURNS[load.profile]; turn++) {
      const seen: { -readonly [side in keyof Turn]: Turn[side] } = { platform: {}, bare: {} };
      for (const [n, side] of sidesOf(turn).entries()) {
        progress.say(`turn ${turn + 1}: ${side}`);
        const firstPlayer = 1 + (2 * turn + n) * PLAYERS_PER_TURN;
        seen[side] = (await generate({ ...sides[side], ...common, firstPlayer })).steps;
      }
      turns.push(seen);
    }
    const steps = stepsOf(turns);
    const [first] = Object.values(steps);
    return {
      steps,
      seconds: (first?.perSecond.length ?? 0) * 2,
      settings: { arriving, turns: TURNS[load.profile], maps: maps.length, groupSize },
      baselines: baselinesOf(turns),
      notes: [
        "percentiles of a whole run are medians over the turns",
        "who goes first changes from turn to turn",
      ],
    };
  },
};

function baselinesOf(turns: readonly Turn[]): Readonly<Record<string, BaselineRecord>> {
  const found = Object.entries(COMPARED).flatMap(([step, about]) => {
    const record = ratioOf(step, about, turns);
    return record ? [[step, record] as const] : [];
  });
  return Object.fromEntries(found);
}
