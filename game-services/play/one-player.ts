import { createInterface } from "node:readline";
import { Player } from "./players.ts";
import { live } from "./script.ts";

/**
 * One player as a process, so that each may be on a machine (a network namespace) of its own:
 * `node one-player.ts HOST WS-PORT UDP-PORT NAME INDEX`. It says `joined`, plays until its input ends or says a line, and
 * then prints what it saw as one line of JSON.
 */
const [host = "", webSocketPort, udpPort, name = "", index] = process.argv.slice(2);
const UDP_ECHO_EVERY_MS = 20;
/** Not waited for where all is answered: a game that stands still for a while has lost nothing. */
const SETTLE_MS = 10_000;

async function main(): Promise<void> {
  const address = { host, webSocketPort: Number(webSocketPort), udpPort: Number(udpPort) };
  await using player = await Player.join(address, name);
  console.log("joined");
  let isOver = false;
  const input = createInterface({ input: process.stdin });
  input.once("line", () => (isOver = true));
  input.once("close", () => (isOver = true));
  const echoes = setInterval(() => player.echoUdp(), UDP_ECHO_EVERY_MS);
  await live(player, Number(index), () => isOver);
  clearInterval(echoes);
  await player.settle(SETTLE_MS);
  const { heard, webSocketRtts, udpRtts, ...stats } = player.stats();
  const names = [...new Set(heard.map((line) => line.name))];
  const counts = { webSocketEchoes: webSocketRtts.count, udpEchoes: udpRtts.count };
  console.log(JSON.stringify({ ...stats, heard: names, ...counts }));
  input.close();
}

// Colyseus' client leaves timers behind that would keep this process.
main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
