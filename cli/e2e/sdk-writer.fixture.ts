import { request } from "node:http";
import { createInterface } from "node:readline";

/**
 * Runs in the network of a game server and uses the SDK over REST there, as the game itself may: a watch, and labels one
 * after the other until its input says a line. Then it prints the last label that was answered, how many answers and
 * refusals came, and how often the watch broke.
 */
const SDK = { host: "127.0.0.1", port: 9358 };
const PAUSE_MS = 20;
let isOver = false;
let answered = 0;
let refused = 0;
let breaks = 0;
let watched = 0;
let last = "";

function put(path: string, body: object): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const asked = request({ ...SDK, path, method: "PUT" }, (answer) => {
    answer.resume();
    answer.once("end", () => resolve(answer.statusCode ?? 0));
    answer.once("error", () => resolve(0));
  });
  asked.once("error", () => resolve(0));
  asked.end(JSON.stringify(body));
  return promise;
}

/** One life of the watch; resolves when it has ended. */
function watchOnce(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const asked = request({ ...SDK, path: "/watch/gameserver" }, (answer) => {
    answer.on("data", () => (watched += 1));
    answer.once("close", resolve);
    answer.once("error", () => resolve());
  });
  asked.once("error", () => resolve());
  asked.end();
  return promise;
}

async function watch(): Promise<void> {
  for (;;) {
    await watchOnce();
    breaks += 1;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

const input = createInterface({ input: process.stdin });
input.once("line", () => (isOver = true));
input.once("close", () => (isOver = true));
void watch();
console.log("writing");
for (let n = 1; !isOver; n++) {
  const status = await put("/metadata/label", { key: "step", value: String(n) });
  if (status === 200) {
    answered += 1;
    last = String(n);
  } else refused += 1;
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
console.log(JSON.stringify({ last, answered, refused, breaks, watched }));
process.exit(0);
