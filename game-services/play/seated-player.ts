import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { FlotillaClient } from "../client/flotilla-client.ts";
import type { ArenaView } from "../game/arena/arena-state.ts";
import { type ArenaSeat, Player } from "./players.ts";
import { live } from "./script.ts";

/**
 * One player with a seat as a process: `node seated-player.ts API TOKEN-FILE FLEET NAME INDEX`. It says `joined` when it
 * is in the game and plays until its input ends or says `end`; then it prints what it saw as one line of JSON, and leaves. On
 * `break` its connection breaks in a way that Colyseus does not mend.
 */
const [url = "", tokenFile = "", fleet = "", name = "", index] = process.argv.slice(2);
const UDP_ECHO_EVERY_MS = 20;
/** Not waited for where all is answered: a game that stands still for a while has lost nothing. */
const SETTLE_MS = 10_000;

async function main(): Promise<void> {
  const token = readFileSync(tokenFile, "utf8").trim();
  const client = new FlotillaClient<ArenaView>({ url, token, roomName: "arena" });
  const seat = await client.join({ fleet, player: name });
  const states: string[] = [];
  seat.onState(({ state }) => states.push(state));
  await using player = await Player.sit(seat);
  console.log("joined");
  const input = createInterface({ input: process.stdin });
  const over = Promise.withResolvers<void>();
  let isOver = false;
  input.on("line", (line) => (line === "break" ? breakOff(seat) : over.resolve()));
  input.once("close", () => over.resolve());
  void over.promise.then(() => (isOver = true));
  const echoes = setInterval(() => player.echoUdp(), UDP_ECHO_EVERY_MS);
  await live(player, Number(index), () => isOver);
  clearInterval(echoes);
  await player.settle(SETTLE_MS);
  const { heard, webSocketRtts, udpRtts, ...stats } = player.stats();
  const names = [...new Set(heard.map((line) => line.name))];
  const counts = { webSocketEchoes: webSocketRtts.count, udpEchoes: udpRtts.count };
  const { id, room } = seat;
  console.log(JSON.stringify({ ...stats, heard: names, ...counts, seat: id, room, states }));
  input.close();
}

function breakOff({ connection: room }: ArenaSeat): void {
  if (!room) return;
  room.reconnection.enabled = false;
  room.connection.close(4010);
}

// Colyseus' client leaves timers behind that would keep this process.
main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
