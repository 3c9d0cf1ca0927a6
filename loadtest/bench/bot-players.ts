import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** What bots lived through since they came. */
export interface BotReport {
  readonly echoes: number;
  /** Connections that ended before their bots left. */
  readonly disconnects: number;
  /** Lines that were not said back. */
  readonly lostEchoes: number;
  /** Answers that were not the next line of their bot, or from another version. */
  readonly wrongEchoes: number;
  readonly longestEchoMs: number;
}

const LINE_EVERY_MS = 1_000;
/** For echoes that are still under way when the bots stop. */
const LAST_ECHO_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 20;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Says a line a second and expects it back, with the version of the game that it came to. */
class Bot {
  readonly #socket: Socket;
  readonly #version: string;
  readonly #saidAt: number[] = [];
  #rest = "";
  #talking: NodeJS.Timeout | undefined;
  #hasLeft = false;
  isCutOff = false;
  echoes = 0;
  wrongEchoes = 0;
  longestEchoMs = 0;

  constructor(port: number, version: string) {
    this.#version = version;
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.setEncoding("utf8").on("data", (text: string) => this.#hear(text));
    this.#socket.on("error", () => this.#end()).on("close", () => this.#end());
  }

  async join(firstInMs: number): Promise<void> {
    if (this.#socket.connecting) await once(this.#socket, "connect");
    await pause(firstInMs);
    this.#say();
    this.#talking = setInterval(() => this.#say(), LINE_EVERY_MS);
  }

  /** Lines that are not answered yet. */
  get waiting(): number {
    return this.#saidAt.length - this.echoes;
  }

  stopTalking(): void {
    clearInterval(this.#talking);
  }

  leave(): void {
    this.#hasLeft = true;
    this.stopTalking();
    this.#socket.destroy();
  }

  #say(): void {
    this.#socket.write(`${this.#saidAt.length}\n`);
    this.#saidAt.push(performance.now());
  }

  #hear(text: string): void {
    const lines = `${this.#rest}${text}`.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line !== `${this.echoes} ${this.#version}`) this.wrongEchoes++;
      const took = performance.now() - (this.#saidAt[this.echoes] ?? 0);
      this.longestEchoMs = Math.max(this.longestEchoMs, took);
      this.echoes++;
    }
  }

  #end(): void {
    if (!this.#hasLeft) this.isCutOff = true;
    this.stopTalking();
  }
}

/** Bot players over TCP, spread evenly over game servers. */
export class BotPlayers implements Disposable {
  readonly #bots: readonly Bot[];

  private constructor(bots: readonly Bot[]) {
    this.#bots = bots;
  }

  /** So many, who talk when this resolves; not all in the same moment of a second. */
  static async join(count: number, ports: readonly number[], version: string): Promise<BotPlayers> {
    const bots = Array.from(
      { length: count },
      (_, i) => new Bot(ports[i % ports.length] ?? 0, version),
    );
    await Promise.all(bots.map((bot, i) => bot.join((i / count) * LINE_EVERY_MS)));
    return new BotPlayers(bots);
  }

  /** They fall silent and hear what is still under way; what they lived through by then. */
  async report(): Promise<BotReport> {
    for (const bot of this.#bots) bot.stopTalking();
    const until = performance.now() + LAST_ECHO_WITHIN_MS;
    const sum = (of: (bot: Bot) => number): number =>
      this.#bots.reduce((all, bot) => all + of(bot), 0);
    while (sum((bot) => bot.waiting) > 0 && performance.now() < until) await pause(LOOK_EVERY_MS);
    return {
      echoes: sum((bot) => bot.echoes),
      disconnects: sum((bot) => Number(bot.isCutOff)),
      lostEchoes: sum((bot) => bot.waiting),
      wrongEchoes: sum((bot) => bot.wrongEchoes),
      longestEchoMs: Math.round(Math.max(...this.#bots.map((bot) => bot.longestEchoMs))),
    };
  }

  [Symbol.dispose](): void {
    for (const bot of this.#bots) bot.leave();
  }
}

/** Tells the game server at this port to end by the SDK; one that is gone already is missed by its bots. */
export function sayShutdown(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => socket.destroy());
  socket.resume().end("shutdown\n");
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
