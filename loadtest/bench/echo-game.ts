import { Agent, request } from "node:http";
import { createServer } from "node:net";

/*
 * The game server of the rollout bench and of load tests of allocation: says each line back with the version that it is of;
 * the line `shutdown` ends it by the SDK. Who was given it says `take`, which answers `taken`, or `busy` when somebody else
 * has it, and at the end `give`, which answers `given` when the server is Ready again. It speaks the SDK's REST by hand and loads nothing else, so that a hundred of them fit on a small machine.
 */
const { AGONES_SDK_HTTP_PORT: sdkPort = "9358", VERSION = "" } = process.env;
const HEALTH_MS = 2_000;
const agent = new Agent({ keepAlive: true });

/** One verb of the SDK; the status of its answer. */
function sdk(verb: "ready" | "health" | "shutdown"): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const options = { host: "127.0.0.1", port: sdkPort, method: "POST", agent, headers };
    const asked = request({ ...options, path: `/${verb}` }, (answer) => {
      answer.resume().once("end", () => resolve(answer.statusCode ?? 0));
    });
    asked.once("error", reject);
    asked.end("{}");
  });
}

const AGAIN_MS = 100;
const TRIES_MAX = 100;

/** Says Ready until somebody hears it. Who breaks off in between may have heard it: then nobody knows, and it is not said again. */
async function becomeReady(): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      return (await sdk("ready")) === 200;
    } catch (error) {
      const isUnheard = (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
      if (!isUnheard || tries === TRIES_MAX) return false;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

let isTaken = false;

/** What a line is answered with; nothing where it ends the game. */
async function answerTo(line: string): Promise<string | undefined> {
  if (line === "shutdown") return void (await sdk("shutdown"));
  if (line === "take") {
    if (isTaken) return "busy";
    isTaken = true;
    return "taken";
  }
  if (line !== "give") return `${line} ${VERSION}`;
  isTaken = false;
  return (await becomeReady()) ? "given" : "kept";
}

const server = createServer((socket) => {
  let rest = "";
  socket.on("error", () => socket.destroy());
  socket.setEncoding("utf8").on("data", (text: string) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines)
      void answerTo(line).then((answer) => answer !== undefined && socket.write(`${answer}\n`));
  });
});
process.on("SIGTERM", () => process.exit(0));
server.listen(7654, async () => {
  const status = await sdk("ready");
  if (status !== 200) throw new Error(`Ready was answered with ${status}`);
  // One that is not heard is followed by the next.
  setInterval(() => sdk("health").catch(() => undefined), HEALTH_MS);
});
