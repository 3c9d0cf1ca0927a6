import { RedisDriver } from "@colyseus/redis-driver";
import { RedisPresence } from "@colyseus/redis-presence";
import { Redis } from "ioredis";
import type { Sharing } from "../colyseus-server.ts";
import { log } from "../log.ts";

const CONNECT_MS = 5000;
/** A command that waits for a connection fails after so many tries: players are told to come again. */
const TRIES_MAX = 3;

/** What the processes of one game server share through Redis: which rooms there are, where, and used join tokens. */
export class RedisSharing implements Sharing {
  readonly presence: RedisPresence;
  readonly driver: RedisDriver;
  readonly publicAddress: string;
  readonly #client: Redis;

  private constructor(client: Redis, presence: Redis, publicAddress: string) {
    this.#client = client;
    this.driver = new RedisDriver(client);
    this.presence = new RedisPresence(presence);
    this.publicAddress = publicAddress;
  }

  /** Resolves when Redis answers. Colyseus closes the connections when it ends. */
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
    await client.ping();
    outliveLostCommands();
    return new RedisSharing(client, client.duplicate(), publicAddress);
  }

  /** Marks a join token as used; false when another process did so before. */
  async claim(jti: string, seconds: number): Promise<boolean> {
    return (await this.#client.set(`flotilla:join:${jti}`, "1", "EX", seconds, "NX")) === "OK";
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
