import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath, pathToFileURL } from "node:url";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { type Logger, silentLogger } from "../../core/std/logger.ts";
import { ASSETS, type Asset, indexed } from "../asset/collections.ts";
import { openAsset } from "../asset/open-asset.ts";
import { settingsOf as assetSettingsOf } from "../asset/settings.ts";
import { LoginKeys } from "../service/login-keys.fixture.ts";
import { openDocuments } from "../service/open-documents.ts";
import type { Method } from "../service/route.ts";
import type { RunningService } from "../service/run-service.ts";
import { AssetProxy } from "./asset-proxy.fixture.ts";
import type { MapObject } from "./collections.ts";
import { openRoom } from "./open-room.ts";
import { type Settings, settingsOf } from "./settings.ts";

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: {
    readonly code: number;
    // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
    readonly message: any;
    readonly details?: readonly { readonly path: string; readonly message: string }[];
  };
}
export interface Sending {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const START: number = Date.UTC(2026, 0, 1);
const TOKEN_SECONDS = 86_400;

/** A room service of its own on a clock that stands still, beside a real asset service with some assets. */
export class TestRoom implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly logged: string[] = [];
  readonly settings: Settings;
  readonly folder: string;
  readonly assets: AssetProxy;
  readonly keys: LoginKeys;
  readonly #beside: AsyncDisposableStack;
  #running: RunningService | undefined;

  private constructor(
    parts: Pick<TestRoom, "clock" | "folder" | "assets" | "keys">,
    beside: AsyncDisposableStack,
    changes: Partial<Settings>,
  ) {
    this.clock = parts.clock;
    this.folder = parts.folder;
    this.assets = parts.assets;
    this.keys = parts.keys;
    this.#beside = beside;
    const defaults = settingsOf({ FLOTILLA_STATE: parts.folder }, 0);
    const documents = pathToFileURL(join(parts.folder, "room.db")).href;
    const urls = { documents, loginUrl: parts.keys.url, assetUrl: parts.assets.url };
    this.settings = { ...defaults, ...urls, port: 0, waitMs: 0, changesPerMinute: 0, ...changes };
  }

  static async open(changes: Partial<Settings> = {}): Promise<TestRoom> {
    await using stack = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), "flotilla-room-"));
    stack.defer(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "allocate.token"), "allocate-token\n");
    const clock = new FakeClock(START);
    const keys = stack.use(await LoginKeys.open());
    const asset = stack.use(await startAssets(folder, clock, keys.url));
    const assets = stack.use(await AssetProxy.open(asset.url));
    const room = new TestRoom({ clock, folder, assets, keys }, stack.move(), changes);
    await room.start();
    return room;
  }

  get running(): RunningService {
    if (!this.#running) throw new Error("it does not run");
    return this.#running;
  }
  get operator(): string {
    return readFileSync(this.settings.tokenFile, "utf8").trim();
  }

  /** An access token of the user's. */
  token(user: string): Promise<string> {
    return this.keys.token(user, this.clock.now(), TOKEN_SECONDS);
  }

  async start(): Promise<void> {
    const note = (fields: object, sentence: string): void => {
      this.logged.push(JSON.stringify([sentence, fields]));
    };
    const logger: Logger = { debug: note, info: note, warn: note, error: note };
    const { settings, clock } = this;
    this.#running = await openRoom({ settings, clock, logger });
  }

  async stop(): Promise<void> {
    await this.#running?.[Symbol.asyncDispose]();
    this.#running = undefined;
  }

  /** How many documents of each kind are kept in the SQLite file. */
  kept(): Readonly<Record<string, number>> {
    using db = this.#file();
    const count = (name: string): number =>
      Number(db.prepare(`SELECT count(*) AS n FROM doc_${name}`).get()?.n);
    const names = ["maps", "map_contents", "map_snapshots"];
    return Object.fromEntries(names.map((name) => [name, count(name)]));
  }

  /** All that is kept of maps and snapshots, but for what the maps show. */
  heads(): readonly (readonly [string, unknown])[] {
    using db = this.#file();
    const rows = ["maps", "map_snapshots"].flatMap((name) =>
      db.prepare(`SELECT id, body FROM doc_${name} ORDER BY id`).all(),
    );
    return rows.map(({ id, body }) => [String(id), JSON.parse(String(body))] as const);
  }

  /** One request of a user, or with another token. */
  async ask(
    who: string | { readonly token: string } | undefined,
    method: Method,
    url: string,
    body?: unknown,
    { key, headers }: Sending = {},
  ): Promise<Answered> {
    const token = typeof who === "string" ? await this.token(who) : who?.token;
    const answer = await this.running.app.inject({
      method,
      url,
      remoteAddress: "127.0.0.1",
      headers: {
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(key === undefined ? {} : { "idempotency-key": key }),
      },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    const isJson = String(answer.headers["content-type"]).startsWith("application/json");
    const said = (isJson && answer.body !== "" ? answer.json() : {}) as Answered["body"];
    return { status: answer.statusCode, headers: answer.headers, body: said };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#beside.disposeAsync();
  }

  #file(): DatabaseSync {
    return new DatabaseSync(fileURLToPath(this.settings.documents), { readOnly: true });
  }
}

const ASSET: Asset = {
  ...{ owner: "zoe", name: "Chair", name_key: "chair", category_id: "furniture" },
  ...{ thumbnail_bytes: 0, price: 1, is_delete: false, visibility: "public", revision: 1 },
  ...{ created_at: START, updated_at: START, op: "op" },
};
/** An id by its first letter and one digit. */
export const idFor = (first: string, digit: number): string => first + String(digit).repeat(24);
/** Everybody may place the first two, only ben the third, and nobody the others: one is deleted, one is none. */
export const ASSET_IDS: Readonly<Record<"one" | "two" | "bens" | "deleted" | "none", string>> = {
  one: idFor("a", 1),
  two: idFor("a", 2),
  bens: idFor("a", 3),
  deleted: idFor("a", 4),
  none: idFor("a", 9),
};
const KNOWN: Readonly<Record<string, Asset>> = {
  [ASSET_IDS.one]: ASSET,
  [ASSET_IDS.two]: ASSET,
  [ASSET_IDS.bens]: { ...ASSET, owner: "ben", visibility: "private" },
  [ASSET_IDS.deleted]: { ...ASSET, is_delete: true },
};

/** The real asset service on a port, with assets whose ids tests know. */
async function startAssets(
  folder: string,
  clock: FakeClock,
  loginUrl: string,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const settings = assetSettingsOf({ FLOTILLA_STATE: folder, LOGIN_URL: loginUrl }, 0);
  {
    await using store = await openDocuments(settings.documents, "flotilla_asset");
    const collection = await store.collection(ASSETS);
    for (const [id, asset] of Object.entries(KNOWN)) await collection.insert(id, indexed(asset));
  }
  const service = await openAsset({ settings, clock, logger: silentLogger });
  await service.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = service.app.server.address() as AddressInfo;
  const dispose = async (): Promise<void> => await service[Symbol.asyncDispose]();
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: dispose };
}

export const HARBOUR = { name: "Harbour", width: 6, height: 4 } as const;
export const CHAIR: Omit<MapObject, "object_id"> = {
  ...{ asset_id: ASSET_IDS.one, x: 1.5, y: 1.5, rotation: 0, layer: 0, solid: false },
};

/** A map of ann's. */
export async function makeMap(room: TestRoom, changes: object = {}): Promise<string> {
  const { status, body } = await room.ask("ann", "POST", "/maps", { ...HARBOUR, ...changes });
  if (status !== 201) throw new Error(`not made: ${JSON.stringify(body)}`);
  return body.message.map_id;
}

/** Status and text of an answer, as one word. */
export const told = ({ status, body }: Answered): string =>
  `${status} ${typeof body.message === "string" ? body.message : JSON.stringify(body.message)}`;
