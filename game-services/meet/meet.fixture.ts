import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "../../core/std/logger.ts";
import type { RunningService } from "../service/run-service.ts";
import { openMeet } from "./open-meet.ts";
import { type Settings, settingsOf } from "./settings.ts";

/** Nobody listens on port 1. */
export const AWAY: URL = new URL("http://127.0.0.1:1");
const PAGE = {
  "index.html": '<!doctype html><script src="/page/a-1.js"></script>',
  "page/a-1.js": `console.log("${"hello ".repeat(50)}");`,
  "page/b-2.svg": "<svg/>",
  "notes.txt": "not of the page",
};

/** For tests: the service on a port of its own, with a small page unless it gets one. */
export class TestMeet implements AsyncDisposable {
  readonly logged: string[] = [];
  readonly settings: Settings;
  readonly #folder: string;
  #running: RunningService | undefined;

  private constructor(changes: Partial<Settings>) {
    this.#folder = mkdtempSync(join(tmpdir(), "flotilla-meet-"));
    const page = join(this.#folder, "page");
    mkdirSync(join(page, "page"), { recursive: true });
    for (const [name, text] of Object.entries(PAGE)) writeFileSync(join(page, name), text);
    const services = { login: AWAY, asset: AWAY, room: AWAY };
    const defaults = settingsOf({ FLOTILLA_STATE: this.#folder }, 0);
    this.settings = { ...defaults, page, services, port: 0, ...changes };
  }

  static async open(changes: Partial<Settings> = {}): Promise<TestMeet> {
    const meet = new TestMeet(changes);
    const note = (fields: object, sentence: string): void => {
      meet.logged.push(JSON.stringify([sentence, fields]));
    };
    const logger: Logger = { debug: note, info: note, warn: note, error: note };
    meet.#running = await openMeet({ settings: meet.settings, logger });
    await meet.#running.app.listen({ host: "127.0.0.1", port: 0 });
    return meet;
  }

  get running(): RunningService {
    if (!this.#running) throw new Error("it does not run");
    return this.#running;
  }
  get port(): number {
    return (this.running.app.server.address() as AddressInfo).port;
  }
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }
}
