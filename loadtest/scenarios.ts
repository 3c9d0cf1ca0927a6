import { faults } from "./faults/faults.ts";
import { scaling } from "./scaling/scaling.ts";
import type { Scenario } from "./scenario.ts";
import { allocation } from "./scenarios/allocation.ts";
import { serviceScenario } from "./scenarios/backend.ts";
import { baseline } from "./scenarios/baseline.ts";
import { playingScenario } from "./scenarios/playing.ts";
import { sockets } from "./swarm/sockets/sockets-scenario.ts";
import { udp } from "./swarm/udp/udp-scenario.ts";

/** One in so many has a password, whose hash alone costs 40 ms of a core. */
const PASSWORD_EVERY = 50;

/** What `npm run loadtest -- NAME` knows. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  login: serviceScenario("login", "accounts by device and by password, tokens", ["login"], {
    passwordEvery: PASSWORD_EVERY,
  }),
  asset: serviceScenario("asset", "things with pictures: made, shown, found, deleted", [
    "login",
    "asset",
  ]),
  room: serviceScenario("room", "maps: made, built on, undone, found, deleted", [
    "login",
    "asset",
    "room",
    "maps",
  ]),
  game: playingScenario("game", "a seat, a WebSocket, walking, talking, leaving"),
  allocation,
  journey: playingScenario("journey", "a player's whole way: login, assets, map, seat, game"),
  baseline,
  scaling,
  faults,
  udp,
  sockets,
};
