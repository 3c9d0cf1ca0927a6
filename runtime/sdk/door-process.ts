import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { MemoryLink, startedGameServer } from "./memory-link.ts";
import { DOOR_MAXIMA, SdkDoor } from "./sdk-door.ts";

// A door as a process of its own, for tests that kill it: `node door-process.ts <peers folder> <name of the game server>`.
// It prints each call that it passes on, and then the health it sees, one JSON line each.
const [peersFolder = "", name = ""] = process.argv.slice(2);
const link = new MemoryLink();
link.put(startedGameServer(name));
const say = (fields: object): void => void process.stdout.write(`${JSON.stringify(fields)}\n`);
const door = await SdkDoor.open({
  peersFolder,
  link: {
    get: (subject) => link.get(subject),
    onChange: (key, listener) => link.onChange(key, listener),
    connected: () => true,
    sdk: (call) => {
      say(call);
      return link.sdk(call);
    },
  },
  node: "a",
  clock: systemClock,
  logger: silentLogger,
  maxima: { ...DOOR_MAXIMA, healthTickMs: 50 },
});
say({ health: door.health().get(name) });
process.once("SIGTERM", () => void door[Symbol.asyncDispose]().then(() => process.exit(0)));
