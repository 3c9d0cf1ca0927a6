import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { FakeClock } from "../../core/std/fake-clock.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { RunningService } from "../service/run-service.ts";
import { openLogin } from "./open-login.ts";
import type { Tokens } from "./sessions.ts";
import { type Settings, settingsOf } from "./settings.ts";

/** Cheap enough for tests; the real cost is a constant beside the hash. */
const TEST_COST = { memoryKiB: 64, passes: 1 };
export const START: number = Date.UTC(2026, 0, 1);

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: {
    readonly code: number;
    readonly message: never;
    readonly tokens: Tokens;
    readonly details: readonly { readonly path: string }[];
  };
}

export interface Sending {
  readonly token?: string;
  readonly address?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A login service of its own, on a clock that stands still, with everything that it logs. */
export class TestLogin implements AsyncDisposable {
  readonly clock: FakeClock = new FakeClock(START);
  readonly logged: string[] = [];
  readonly settings: Settings;
  readonly #folder: string;
  #running: RunningService | undefined;

  private constructor(changes: Partial<Settings>) {
    this.#folder = mkdtempSync(join(tmpdir(), "flotilla-login-"));
    const documents = pathToFileURL(join(this.#folder, "login.db")).href;
    const defaults = settingsOf({ FLOTILLA_STATE: this.#folder }, 0);
    const free = { addressPerMinute: 0, accountPerMinute: 0 };
    this.settings = { ...defaults, documents, port: 0, ...free, ...changes };
  }

  static async open(changes: Partial<Settings> = {}): Promise<TestLogin> {
    const login = new TestLogin(changes);
    await login.start();
    return login;
  }

  get running(): RunningService {
    if (!this.#running) throw new Error("it does not run");
    return this.#running;
  }

  async start(): Promise<void> {
    const note = (fields: object, sentence: string): void => {
      this.logged.push(JSON.stringify([sentence, fields]));
    };
    const logger: Logger = { debug: note, info: note, warn: note, error: note };
    const { settings, clock } = this;
    this.#running = await openLogin({ settings, passwordCost: TEST_COST, clock, logger });
  }

  async stop(): Promise<void> {
    await this.#running?.[Symbol.asyncDispose]();
    this.#running = undefined;
  }

  post(url: string, body: unknown, sending: Sending = {}): Promise<Answered> {
    return this.#send("POST", url, body, sending);
  }

  get(url: string, sending: Sending = {}): Promise<Answered> {
    return this.#send("GET", url, undefined, sending);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true });
  }

  async #send(
    method: "GET" | "POST",
    url: string,
    body: unknown,
    sending: Sending,
  ): Promise<Answered> {
    const { token, address = "127.0.0.1", key, headers } = sending;
    const answer = await this.running.app.inject({
      method,
      url,
      remoteAddress: address,
      headers: {
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(key === undefined ? {} : { "idempotency-key": key }),
      },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    const isJson = String(answer.headers["content-type"]).startsWith("application/json");
    const said = (isJson ? answer.json() : {}) as Answered["body"];
    return { status: answer.statusCode, headers: answer.headers, body: said };
  }
}

export const ANN = {
  user_id: "Ann",
  user_pw: "correct horse",
  nickname: "앤",
  email: "ann@example.org",
} as const;

export async function signUp(login: TestLogin, changes: object = {}): Promise<Tokens> {
  const { status, body } = await login.post("/signup", { ...ANN, ...changes });
  if (status !== 201) throw new Error(`not signed up: ${JSON.stringify(body)}`);
  return body.tokens;
}

/** Status and text of an answer, as one word. */
export const told = ({ status, body }: Answered): string =>
  `${status} ${JSON.stringify(body.message)}`;
