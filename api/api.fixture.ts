import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { AccessParts } from "../access/access-parts.ts";
import { BrowserGuard } from "../access/browser.ts";
import { JoinKeys } from "../access/join-keys.ts";
import { NodeTokens } from "../access/node-tokens.ts";
import { type FileScope, TOKEN_SCOPES, Tokens } from "../access/tokens.ts";
import { Allocator } from "../allocator/allocator.ts";
import type { RoomObserver } from "../allocator/rooms/room-observer.ts";
import { RoomParts, type RoomPartsOptions } from "../allocator/rooms/room-parts.ts";
import { SelectorIndexes } from "../allocator/selector-indexes.ts";
import { WAITING_BOUNDS, WaitingLine } from "../allocator/waiting-line.ts";
import { admit } from "../core/model/admit.ts";
import type { HistoryRow } from "../core/model/history.ts";
import type { Kind, Kinds, Resource } from "../core/model/resource.ts";
import { type Clock, systemClock } from "../core/std/clock.ts";
import type { JsonObject } from "../core/std/json.ts";
import { silentLogger } from "../core/std/logger.ts";
import { CONTROLLER_DEFAULTS } from "../fleet/controller/context.ts";
import { NodeLink } from "../fleet/controller/node-link.ts";
import { World } from "../fleet/controller/world.ts";
import { Metrics } from "../monitor/metrics.ts";
import { ResourceGauges } from "../monitor/resource-gauges.ts";
import { LiveSamples, SAMPLE_BOUNDS } from "../monitor/samples/live-samples.ts";
import { PlatformSenses } from "../monitor/samples/platform-senses.ts";
import { showSamples } from "../monitor/samples/sample-gauges.ts";
import type { EventLog } from "../store/event-log.ts";
import { EVENT_BOUNDS } from "../store/live-event-log.ts";
import { STORE_BOUNDS } from "../store/live-store.ts";
import { MemoryCommitLog } from "../store/memory/memory-commit-log.ts";
import { openMemoryEventLog } from "../store/memory/memory-event-log.ts";
import { openMemoryResourceStore } from "../store/memory/memory-resource-store.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import type { AlertDesk } from "./alert-routes.ts";
import type { HistoryReader } from "./history-routes.ts";
import { API_BOUNDS, type ApiBounds, type ApiOptions } from "./options.ts";
import type { PageFile } from "./page-files.ts";
import { createApi } from "./server.ts";
import { EMPTY_LIST } from "./stream/list-topic.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: JsonObject;
}
export interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  /** Sent as it is, instead of JSON. */
  readonly text?: string;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}
/** A whole API on a real socket, over the memory store, with the real allocator and the real end of the link. */
export interface ApiHarness extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly url: string;
  readonly store: ResourceStore;
  readonly log: MemoryCommitLog;
  readonly events: EventLog;
  readonly metrics: Metrics;
  /** Makes no points by itself: `tick` does. */
  readonly samples: LiveSamples;
  readonly line: WaitingLine;
  readonly tokens: Readonly<Record<FileScope, string>>;
  readonly access: AccessParts;
  /** What `/readyz` says stands in the way. */
  wait(reason: string | undefined): void;
  ask(path: string, ask?: Ask): Promise<Answer>;
  /** Puts a resource into the store as the API would, then with `status` on it. */
  put<K extends Kind>(
    kind: K,
    input: object,
    status?: Partial<Kinds[K]["status"]>,
  ): Promise<Kinds[K]>;
}

/** The same for every API of one process, so that one can stand in for another. */
const TEST_TOKENS = Object.fromEntries(
  TOKEN_SCOPES.map((scope) => [scope, randomBytes(32).toString("base64url")]),
) as Record<FileScope, string>;

const NO_ALERTS = { firing: 0, pending: 0 };
const nothing = (): void => undefined;
/** Nobody is told: events and metrics of rooms are the command line's. */
class QuietObserver implements RoomObserver {
  readonly made = nothing;
  readonly missed = nothing;
  readonly waited = nothing;
  readonly closed = nothing;
  readonly cameBack = nothing;
  readonly expired = nothing;
}

/** Nothing was kept: tests of the history bring one. */
class EmptyHistory implements HistoryReader {
  async read(): Promise<readonly HistoryRow[]> {
    return [];
  }
}

/** Nothing is wrong: tests of the alerts bring real ones. */
class NoAlerts implements AlertDesk {
  readonly list = (): [] => [];
  readonly silences = (): [] => [];
  readonly acknowledge = (): Promise<never> => Promise.reject(new Error("no alerts here"));
  readonly silence = (): Promise<never> => Promise.reject(new Error("no alerts here"));
  readonly unsilence = (): Promise<never> => Promise.reject(new Error("no alerts here"));
}

interface ApiParts
  extends Partial<Pick<ApiOptions, "history" | "alerts" | "alertList" | "historyList">> {
  /** Whose time wrong logins are forgiven by. */
  readonly accessClock?: Clock;
}

/** For tests and benches. */
export async function openApi(
  bounds: Partial<ApiBounds> = {},
  historyMax: number = STORE_BOUNDS.historyMax,
  port = 0,
  page: readonly PageFile[] = [],
  { accessClock = systemClock, ...parts }: ApiParts = {},
): Promise<ApiHarness> {
  const clock = systemClock;
  const logger = silentLogger;
  const log = new MemoryCommitLog({ keep: false });
  const store = openMemoryResourceStore({ ...STORE_BOUNDS, historyMax, clock, logger }, log);
  const events = openMemoryEventLog({ ...EVENT_BOUNDS, clock, logger });
  const metrics = new Metrics();
  const world = new World(store, new Map());
  const options = CONTROLLER_DEFAULTS;
  const context = { store, world, events, clock, logger, newUid: randomUUID, options };
  const indexes = new SelectorIndexes(store, { indexesMax: 100 });
  const line = new WaitingLine({ ...WAITING_BOUNDS, clock });
  const allocator = new Allocator({ store, indexes, line, clock, onAllocated: () => undefined });
  const tokens = TEST_TOKENS;
  const roomParts = await openRooms({ store, indexes, line, clock, logger });
  const blobFolder = await mkdtemp(join(tmpdir(), "flotilla-blobs-"));
  const nodeTokens = new NodeTokens({
    ...{ store, secret: tokens.agent, now: () => clock.now(), pin: undefined },
  });
  const known = knownTokens(nodeTokens);
  const access = await openAccess(known, accessClock);
  const { samples, senses } = openSamples(store, metrics, line);
  let reason: string | undefined;
  const app = await createApi({
    ...{ store, events, allocator, rooms: roomParts.rooms, line, metrics, samples, clock, logger },
    joinKeys: roomParts.keys,
    nodeLink: new NodeLink(context),
    ...{ tokens: known, access: access.parts },
    blobFolder,
    issueNodeToken: (seconds) => nodeTokens.issue(seconds),
    guard: new BrowserGuard([]),
    ...{ alertCounts: () => NO_ALERTS, alertList: EMPTY_LIST, historyList: EMPTY_LIST },
    ...{ version: "0.0.0", page },
    notReady: () => reason,
    bounds: { ...API_BOUNDS, ...bounds },
    history: new EmptyHistory(),
    alerts: new NoAlerts(),
    ...parts,
  });
  await app.listen({ port, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return {
    ...{ app, url, store, log, events, metrics, samples, line, tokens, access: access.parts },
    wait: (why) => {
      reason = why;
    },
    ask: (path, ask) => request(url, tokens.admin, path, ask),
    put: (kind, input, status) => put(store, kind, input, status),
    [Symbol.asyncDispose]: async () => {
      line[Symbol.dispose]();
      senses[Symbol.dispose]();
      await roomParts.close();
      await app.close();
      await access.close();
      await rm(blobFolder, { recursive: true });
      await store[Symbol.asyncDispose]();
    },
  };
}

function openSamples(store: ResourceStore, metrics: Metrics, line: WaitingLine) {
  const senses = new PlatformSenses();
  metrics.onAllocated = senses.allocated;
  const parts = { store, clock: systemClock, logger: silentLogger, bounds: SAMPLE_BOUNDS };
  const samples = new LiveSamples({
    ...parts,
    platform: (seconds) => ({ ...senses.take(seconds), waiting: line.size }),
    roomsOf: () => 0,
  });
  showSamples(samples, store, metrics);
  new ResourceGauges(store, metrics);
  return { samples, senses };
}

/** People and the audit log, in a folder of their own; hashes are as cheap as they can be. */
async function openAccess(tokens: Tokens, clock: Clock) {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-access-"));
  const passwords = { memoryKiB: 64, passes: 1, runningMax: 2, waitingMax: 32 };
  const common = { clock, logger: silentLogger };
  const parts = await AccessParts.open({ ...common, folder, tokens, passwords });
  const close = async (): Promise<void> => {
    await parts[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  };
  return { parts, close };
}

function knownTokens(nodeTokens: NodeTokens): Tokens {
  const known = new Tokens(
    TOKEN_SCOPES.map((scope) => ({
      token: TEST_TOKENS[scope],
      principal: { kind: "file", scope, name: scope },
    })),
  );
  known.also((token) => nodeTokens.principalOf(token));
  return known;
}

async function openRooms(parts: Omit<RoomPartsOptions, "keys" | "observer">) {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-keys-"));
  const file = join(folder, "join-keys.json");
  const keys = await JoinKeys.open({ file, now: () => parts.clock.now() });
  const { rooms, keeper } = new RoomParts({ ...parts, keys, observer: new QuietObserver() });
  const stop = new AbortController();
  const keeping = keeper.run(stop.signal);
  const close = async (): Promise<void> => {
    stop.abort(new Error("the test is over"));
    await keeping;
    await rm(folder, { recursive: true });
  };
  return { rooms, keys, close };
}

async function request(url: string, admin: string, path: string, ask: Ask = {}): Promise<Answer> {
  const { method = "GET", body, text, token = admin, headers } = ask;
  const payload = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(payload === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(payload === undefined ? {} : { body: payload }),
  });
  const answer = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  const json = isJson && answer !== "" ? (JSON.parse(answer) as JsonObject) : {};
  return { status: response.status, headers: response.headers, text: answer, body: json };
}

async function put<K extends Kind>(
  store: ResourceStore,
  kind: K,
  input: object,
  status: Partial<Kinds[K]["status"]> = {},
): Promise<Kinds[K]> {
  const now = "2026-01-01T00:00:00Z";
  const context = { kind, now, uid: randomUUID(), fieldValidation: "Strict" } as const;
  const { object } = admit(input, context);
  const whole = { ...object, status: { ...object.status, ...status } } as Resource;
  const [kept] = await store.commit([{ op: "create", object: whole }]);
  return kept as Kinds[K];
}

/** The smallest spec of a game server. */
export const GAME_SPEC: object = {
  ports: [{ name: "default", containerPort: 7654 }],
  template: { spec: { containers: [{ name: "game", image: "arena" }] } },
};
