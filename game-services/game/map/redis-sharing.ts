import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Sharing } from "../colyseus-server.ts";
import { log } from "../log.ts";
import { OutlivingDriver } from "./outliving-driver.ts";
import { OutlivingPresence } from "./outliving-presence.ts";

const CONNECT_MS = 5000;
/** Nothing orders the starts of a game server and its Redis. */
const START_MS = 15_000;
const AGAIN_MS = 200;
/** A command that waits for a connection fails after so many tries: players are told to come again. */
const TRIES_MAX = 3;

/** What the processes of one game server share through Redis: which rooms there are, where, and used join tokens. */
export class RedisSharing implements Sharing {
  readonly presence: OutlivingPresence;
  readonly driver: OutlivingDriver;
  readonly publicAddress: string;
  readonly #client: Redis;

  private constructor(client: Redis, presence: Redis, publicAddress: string) {
    this.#client = client;
    this.driver = new OutlivingDriver(client);
    this.presence = new OutlivingPresence(presence);
    this.publicAddress = publicAddress;
  }

  /** Resolves when Redis answers, which may be started just then, too. Colyseus closes the connections when it ends. */
  static async open(url: string, publicAddress: string): Promise<RedisSharing> {
    const client = new Redis(url, { maxRetriesPerRequest: TRIES_MAX, connectTimeout: CONNECT_MS });
    let said = "";
    client.on("error", ({ message }: Error) => {
      if (message !== said) log("Redis is away", { error: message });
      said = message;
    });
    client.on("ready", () => {
      said = "";
    });
    await untilItAnswers(client);
    outliveLostCommands();
    return new RedisSharing(client, client.duplicate(), publicAddress);
  }

  /** Marks a join token as used; false when another process did so before. */
  async claim(jti: string, seconds: number): Promise<boolean> {
    return (await this.#client.set(`flotilla:join:${jti}`, "1", "EX", seconds, "NX")) === "OK";
  }
}

async function untilItAnswers(client: Redis): Promise<void> {
  for (const until = Date.now() + START_MS; ; await sleep(AGAIN_MS)) {
    const isThere = await client.ping().then(
      () => true,
      (error: unknown) => {
        if (Date.now() > until) throw error;
        return false;
      },
    );
    if (isThere) return;
  }
}

/** What a command fails with that Redis did not take in time. */
const LOST = ["MaxRetriesPerRequestError", "Connection is closed."];

/**
 * Colyseus does not wait for all of its commands: when Redis does not take such a one, nobody hears of it, and Node would
 * end the process and everybody's game with it. That Redis is away is told already.
 */
function outliveLostCommands(): void {
  process.on("unhandledRejection", (error) => {
    const { name, message } = error instanceof Error ? error : { name: "", message: "" };
    if (!LOST.includes(name) && !LOST.includes(message)) throw error;
  });
}
