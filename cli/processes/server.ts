import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { AccessParts } from "../../access/access-parts.ts";
import { BrowserGuard } from "../../access/browser.ts";
import { JoinKeys } from "../../access/join-keys.ts";
import { NodeTokens } from "../../access/node-tokens.ts";
import { openTokens, readToken, tokenFileOf } from "../../access/tokens.ts";
import { Allocator } from "../../allocator/allocator.ts";
import { RoomParts } from "../../allocator/rooms/room-parts.ts";
import { SelectorIndexes } from "../../allocator/selector-indexes.ts";
import { WAITING_BOUNDS, WaitingLine } from "../../allocator/waiting-line.ts";
import { API_BOUNDS, type IssueNodeToken } from "../../api/options.ts";
import { readPage } from "../../api/page-files.ts";
import { createApi } from "../../api/server.ts";
import { TlsListener } from "../../api/tls-listener.ts";
import type { AllocationSpec } from "../../core/model/allocation.ts";
import { FLEET_LABEL } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { PLATFORM_API } from "../../core/model/platform-api.ts";
import { type Clock, systemClock } from "../../core/std/clock.ts";
import { LISTEN_BACKLOG } from "../../core/std/listen-backlog.ts";
import type { Logger } from "../../core/std/logger.ts";
import { CONTROLLER_DEFAULTS } from "../../fleet/controller/context.ts";
import { Controllers } from "../../fleet/controller/controllers.ts";
import { World } from "../../fleet/controller/world.ts";
import { Metrics } from "../../monitor/metrics.ts";
import { ResourceGauges } from "../../monitor/resource-gauges.ts";
import { RoomMetrics } from "../../monitor/room-metrics.ts";
import { PlatformSenses } from "../../monitor/samples/platform-senses.ts";
import type { EventLog } from "../../store/event-log.ts";
import {
  JOURNAL_BOUNDS,
  openJournalResourceStore,
} from "../../store/journal/journal-resource-store.ts";
import { SqliteEventLog } from "../../store/journal/sqlite-event-log.ts";
import { EVENT_BOUNDS } from "../../store/live-event-log.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import type { Config } from "../config.ts";
import { processLogger } from "../log.ts";
import type { ChildControl } from "../up/child-control.ts";
import { lockSoon } from "../up/lock-soon.ts";
import { openStateFolder } from "../up/state-folder.ts";
import { packageVersion } from "../version.ts";
import { openAllocation, planAllocation } from "./allocation-service.ts";
import { dropPrivileges } from "./drop-privileges.ts";
import { ownPortsOf } from "./own-ports.ts";
import { roomObserver } from "./room-observer.ts";
import { samplesOf } from "./samples.ts";
import { namesOf, type TlsPlace, tlsPlaceOf } from "./tls.ts";
import { listsOf, openAlerts, openAlertWebhook, openHistory } from "./watching.ts";

/** More than those that requests may wait for: each of them is tried at every change. */
const INDEXES_MAX = 512;
/** Where set-up builds the dashboard, in a clone and in the installed package. */
const PAGE_FOLDER = join(import.meta.dirname, "../../.build/dashboard/page");
const JOIN_KEYS_FILE = "join-keys.json";
const LOCK = { clock: systemClock, patienceMs: 20_000, pauseMs: 20 };
const EVENT_FLUSH_MS = 1_000;
const EVENTS_UNWRITTEN_MAX = 500;

interface Base {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The control plane: opens what is root's, gives up root, and runs until it is told to end. */
export async function runServer(config: Config, control: ChildControl): Promise<void> {
  const base: Base = { clock: systemClock, logger: processLogger("server", config.logLevel) };
  const isRoot = process.getuid?.() === 0;
  const { path } = openStateFolder(config.state, isRoot ? config.serverUid : undefined);
  const tokens = await openTokens(path);
  const agentToken = await readToken(join(path, tokenFileOf("agent")));
  // The server of an `up` that was killed ends by itself, which takes it a moment.
  const before = await lockSoon(join(path, "server"), { ...LOCK, ending: control.ending });
  if (!before) return;
  before[Symbol.dispose]();
  const tls = await tlsPlaceOf(config, path, systemClock.now());
  const planned = await planAllocation(config, path, systemClock.now());
  const webhook = await openAlertWebhook(base, path, config);
  process.chdir(join(path, "server"));
  using senses = new PlatformSenses();
  await using store = await openStore(base, senses.appended);
  await using events = await openEvents(base);
  await using history = await openHistory(base, store, config);
  const now = (): number => systemClock.now();
  using nodeTokens = new NodeTokens({ store, secret: agentToken, now, pin: tls?.authority.pin });
  tokens.also((token) => nodeTokens.principalOf(token));
  await using access = await AccessParts.open({ ...base, folder: ".", tokens });
  const url = tls ? { url: tls.url } : {};
  const issueNodeToken: IssueNodeToken = (life) => ({ ...nodeTokens.issue(life), ...url });
  const controllers = controllersOf(base, store, events, config);
  using indexes = new SelectorIndexes(store, { indexesMax: INDEXES_MAX });
  const metrics = new Metrics();
  using _gauges = new ResourceGauges(store, metrics);
  using line = new WaitingLine({ ...WAITING_BOUNDS, clock: systemClock });
  metrics.showAllocator({ waiting: () => line.size, scans: () => indexes.scans });
  using allocator = allocatorOf({ store, indexes, line, events, controllers });
  const keys = await JoinKeys.open({ file: JOIN_KEYS_FILE, now });
  using roomMetrics = new RoomMetrics(store, metrics);
  using samples = samplesOf({ ...base, store, senses, line, metrics, roomMetrics });
  const watched = { ...base, store, samples, history, metrics, controllers, webhook };
  using alerts = await openAlerts(watched, config);
  const observer = roomObserver({ events, metrics, roomMetrics, controllers });
  using roomParts = new RoomParts({ ...base, store, indexes, line, keys, observer });
  const [{ rooms, keeper }, { link: nodeLink }] = [roomParts, controllers];
  const parts = { store, events, allocator, rooms, line, nodeLink, tokens, metrics, samples };
  const rest = {
    ...listsOf(history, alerts),
    ...{ version: packageVersion(), page: readPage(PAGE_FOLDER), history, alerts },
    guard: new BrowserGuard([PLATFORM_API.name, ...namesOf(config.serverNames)]),
    bounds: API_BOUNDS,
  };
  await using api = await createApi({
    ...base,
    ...{ ...parts, ...rest, access },
    joinKeys: keys,
    issueNodeToken,
    blobFolder: "blobs",
    notReady: () => undefined,
  });
  dropPrivileges(config.serverUid);
  await api.listen({ host: config.listen, port: config.port, backlog: LISTEN_BACKLOG });
  await using _tls = await listenWithTls(api, tls);
  await using _allocation = await openAllocation(planned, { ...base, ...parts, access });
  const running = [controllers, keeper, samples, alerts, ...(webhook ? [webhook] : [])];
  await runUntilTheEnd(running, { config, control, store, logger: base.logger });
}

/** Runs the loops until the process is told to end, or the store cannot go on. */
async function runUntilTheEnd(
  loops: readonly { run(signal: AbortSignal): Promise<void> }[],
  parts: {
    readonly config: Config;
    readonly control: ChildControl;
    readonly store: ResourceStore;
    readonly logger: Logger;
  },
): Promise<void> {
  const { config, control, store, logger } = parts;
  const stop = new AbortController();
  const ended = Promise.all(loops.map((loop) => loop.run(stop.signal)));
  const { listen, port } = config;
  logger.info({ listen, port, revision: store.revision }, "the control plane is up");
  control.say({ say: "ready" });
  const end = await Promise.race([control.ending, store.fatal]);
  if (end instanceof Error) failHard(logger, end);
  stop.abort(new Error("ending"));
  await ended;
}

function openStore(base: Base, onAppended: (ms: number) => void): Promise<ResourceStore> {
  const bounds = { ...STORE_BOUNDS, ...JOURNAL_BOUNDS };
  return openJournalResourceStore({ ...bounds, ...base, folder: ".", onAppended });
}

function openEvents(base: Base): Promise<SqliteEventLog> {
  return SqliteEventLog.open({
    ...EVENT_BOUNDS,
    ...base,
    folder: ".",
    flushMs: EVENT_FLUSH_MS,
    unwrittenMax: EVENTS_UNWRITTEN_MAX,
  });
}

function allocatorOf({
  events,
  controllers,
  ...parts
}: {
  readonly store: ResourceStore;
  readonly indexes: SelectorIndexes;
  readonly line: WaitingLine;
  readonly events: EventLog;
  readonly controllers: Controllers;
}): Allocator {
  const onAllocated = (server: GameServer, problems: readonly string[]): void =>
    recordAllocation(events, server, problems);
  const onMissed = (namespace: string, { selectors }: AllocationSpec, count: number): void =>
    controllers.missed(namespace, selectors, count);
  return new Allocator({ ...parts, clock: systemClock, onAllocated, onMissed });
}

const TLS_CLOSE_GRACE_MS = 1_000;

async function listenWithTls(
  api: FastifyInstance,
  tls: TlsPlace | undefined,
): Promise<TlsListener | undefined> {
  if (!tls) return undefined;
  const { host, port, authority, names } = tls;
  const closeGraceMs = TLS_CLOSE_GRACE_MS;
  return await TlsListener.open(api, { host, port, closeGraceMs, ...authority.certify(names) });
}

function controllersOf(
  base: Base,
  store: ResourceStore,
  events: EventLog,
  config: Config,
): Controllers {
  const { servicePool, nodeLostAfter } = config;
  const world = new World(store, ownPortsOf(config));
  const lostAfterMs = nodeLostAfter * 1_000;
  const nodes = { ...CONTROLLER_DEFAULTS.nodes, lostAfterMs, notReadyAfterMs: lostAfterMs / 3 };
  const options = { ...CONTROLLER_DEFAULTS, servicePool, nodes };
  return new Controllers({ ...base, store, world, events, newUid: randomUUID, options });
}

/** One line per fleet that is counted up: an event per server would drive all others out of the log. */
function recordAllocation(
  events: EventLog,
  { metadata }: GameServer,
  problems: readonly string[],
): void {
  const fleet = metadata.labels?.[FLEET_LABEL];
  if (!fleet) return;
  const subject = { kind: "Fleet", namespace: metadata.namespace, name: fleet };
  for (const message of problems)
    events.record({ type: "Warning", reason: "ActionFailed", message, subject });
  events.record({
    type: "Normal",
    reason: "Allocated",
    message: "handed out a game server",
    subject,
  });
}

/** Nothing is retried on a medium that lost a write: what is in memory may be more than what is kept. */
function failHard(logger: Logger, error: Error): never {
  logger.error({ error: error.message }, "the store failed, the control plane ends at once");
  process.exit(1);
}
