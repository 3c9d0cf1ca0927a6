import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import type { InjectOptions } from "fastify";
import { FakeClock } from "../../core/std/fake-clock.ts";
import type { Logger } from "../../core/std/logger.ts";
import { LoginKeys } from "../service/login-keys.fixture.ts";
import type { Method } from "../service/route.ts";
import type { RunningService } from "../service/run-service.ts";
import type { AssetView } from "./asset-view.ts";
import { openAsset } from "./open-asset.ts";
import { type Settings, settingsOf } from "./settings.ts";

export const START: number = Date.UTC(2026, 0, 1);

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
  readonly body: {
    readonly code: number;
    readonly message: never;
    readonly details?: readonly { readonly path: string; readonly message: string }[];
  };
}

export interface Sending {
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An asset service of its own, on a clock that stands still, with everything that it logs. */
export class TestAsset implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly logged: string[] = [];
  readonly settings: Settings;
  readonly keys: LoginKeys;
  readonly folder: string;
  #running: RunningService | undefined;

  private constructor(keys: LoginKeys, changes: Partial<Settings>) {
    this.keys = keys;
    this.clock = new FakeClock(START);
    this.folder = mkdtempSync(join(tmpdir(), "flotilla-asset-"));
    const documents = pathToFileURL(join(this.folder, "asset.db")).href;
    const defaults = settingsOf({ FLOTILLA_STATE: this.folder, LOGIN_URL: keys.url }, 0);
    this.settings = { ...defaults, documents, port: 0, ...changes };
  }

  static async open(changes: Partial<Settings> = {}): Promise<TestAsset> {
    const asset = new TestAsset(await LoginKeys.open(), changes);
    await asset.start();
    return asset;
  }

  get running(): RunningService {
    if (!this.#running) throw new Error("it does not run");
    return this.#running;
  }

  async start(): Promise<void> {
    this.#running = await this.another();
  }

  /** One more service on the same documents and files; the caller ends it. */
  async another(): Promise<RunningService> {
    const note = (fields: object, sentence: string): void => {
      this.logged.push(JSON.stringify([sentence, fields]));
    };
    const logger: Logger = { debug: note, info: note, warn: note, error: note };
    return await openAsset({ settings: this.settings, clock: this.clock, logger });
  }

  async stop(): Promise<void> {
    await this.#running?.[Symbol.asyncDispose]();
    this.#running = undefined;
  }

  token(userId: string): Promise<string> {
    return this.keys.token(userId, this.clock.now(), 86_400);
  }

  /** Every file that lies in the folder of the thumbnails. */
  files(): string[] {
    const found = readdirSync(this.settings.files, { recursive: true, withFileTypes: true });
    return found.filter((one) => one.isFile()).map(({ name }) => name);
  }

  send(method: Method | "HEAD", url: string, sending: Sending = {}): Promise<Answered> {
    return sendTo(this.running, method, url, sending);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.keys[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true });
  }
}

export async function sendTo(
  { app }: RunningService,
  method: Method | "HEAD",
  url: string,
  { body, token, headers }: Sending,
): Promise<Answered> {
  const answer = await app.inject({
    method,
    url,
    headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { payload: body as NonNullable<InjectOptions["payload"]> }),
  });
  const isJson = String(answer.headers["content-type"]).startsWith("application/json");
  const said = (isJson && answer.body !== "" ? answer.json() : {}) as Answered["body"];
  return {
    status: answer.statusCode,
    headers: answer.headers,
    bytes: answer.rawPayload,
    body: said,
  };
}

export const WELL = { name: "Old well", category_id: "furniture", price: 30 } as const;

export async function create(
  asset: TestAsset,
  token: string,
  changes: object = {},
): Promise<AssetView> {
  const answer = await asset.send("POST", "/assets", { token, body: { ...WELL, ...changes } });
  if (answer.status !== 201) throw new Error(`not made: ${told(answer)}`);
  return answer.body.message;
}

/** A whole PNG of one colour. */
export function png(width: number, height: number, shade = 0): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const out = Buffer.alloc(12 + data.length);
    out.writeUInt32BE(data.length, 0);
    out.write(type, 4, "latin1");
    data.copy(out, 8);
    out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc((width + 1) * height, shade);
  for (let y = 0; y < height; y++) rows[y * (width + 1)] = 0;
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  const parts = [
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...parts]);
}

const BOUNDARY = "----boundary-of-the-tests";

/** A form with one file, as a browser sends it. */
export function form(
  bytes: Buffer,
  {
    field = "thumbnail",
    type = "image/png",
    filename = "a.png",
  }: { readonly field?: string; readonly type?: string; readonly filename?: string } = {},
): { readonly body: Buffer; readonly headers: Record<string, string> } {
  const head = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${field}"; filename="${filename}"\r\ncontent-type: ${type}\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
  return { body, headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}` } };
}

/** Status and text of an answer, as one word. */
export const told = ({ status, body }: Answered): string =>
  `${status} ${JSON.stringify(body.message)}`;
