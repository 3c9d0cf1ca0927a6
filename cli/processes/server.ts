import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { BrowserGuard } from "../../access/browser.ts";
import { NodeTokens } from "../../access/node-tokens.ts";
import { openTokens, readToken, tokenFileOf } from "../../access/tokens.ts";
import { Allocator } from "../../allocator/allocator.ts";
import { SelectorIndexes } from "../../allocator/selector-indexes.ts";
import { API_BOUNDS, type IssueNodeToken } from "../../api/options.ts";
import { createApi } from "../../api/server.ts";
import type { AllocationSpec } from "../../core/model/allocation.ts";
import { FLEET_LABEL } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { type Clock, systemClock } from "../../core/std/clock.ts";
import type { Logger } from "../../core/std/logger.ts";
import { CONTROLLER_DEFAULTS } from "../../fleet/controller/context.ts";
import { Controllers } from "../../fleet/controller/controllers.ts";
import { World } from "../../fleet/controller/world.ts";
import { Metrics } from "../../monitor/metrics.ts";
import { ResourceGauges } from "../../monitor/resource-gauges.ts";
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
import { openStateFolder } from "../up/state-folder.ts";
import { packageVersion } from "../version.ts";
import { dropPrivileges } from "./drop-privileges.ts";

const INDEXES_MAX = 256;
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
  process.chdir(join(path, "server"));
  await using store = await openJournalResourceStore({
    ...STORE_BOUNDS,
    ...JOURNAL_BOUNDS,
    ...base,
    folder: ".",
  });
  await using events = await SqliteEventLog.open({
    ...EVENT_BOUNDS,
    ...base,
    folder: ".",
    flushMs: EVENT_FLUSH_MS,
    unwrittenMax: EVENTS_UNWRITTEN_MAX,
  });
  const now = (): number => systemClock.now();
  using nodeTokens = new NodeTokens({ store, secret: agentToken, now, pin: undefined });
  tokens.also((token) => nodeTokens.principalOf(token));
  const issueNodeToken: IssueNodeToken = (seconds) => nodeTokens.issue(seconds);
  const controllers = controllersOf(base, store, events, config);
  using indexes = new SelectorIndexes(store, { indexesMax: INDEXES_MAX });
  const metrics = new Metrics();
  using _gauges = new ResourceGauges(store, metrics);
  const onAllocated = (server: GameServer): void => recordAllocation(events, server);
  const onMissed = (namespace: string, { selectors }: AllocationSpec): void =>
    controllers.missed(namespace, selectors);
  const hooks = { onAllocated, onMissed };
  const allocator = new Allocator({ store, indexes, clock: systemClock, ...hooks });
  const parts = { store, events, allocator, nodeLink: controllers.link, tokens, metrics };
  const rest = { version: packageVersion(), guard: new BrowserGuard([]), bounds: API_BOUNDS };
  await using api = await createApi({
    ...base,
    ...parts,
    ...rest,
    issueNodeToken,
    blobFolder: "blobs",
    notReady: () => undefined,
  });
  dropPrivileges(config.serverUid);
  await api.listen({ host: config.listen, port: config.port });
  const stop = new AbortController();
  const loops = controllers.run(stop.signal);
  const { listen, port } = config;
  base.logger.info({ listen, port, revision: store.revision }, "the control plane is up");
  control.say({ say: "ready" });
  const end = await Promise.race([control.ending, store.fatal]);
  if (end instanceof Error) failHard(base.logger, end);
  stop.abort(new Error("ending"));
  await loops;
}

function controllersOf(
  base: Base,
  store: ResourceStore,
  events: EventLog,
  { servicePool, nodeLostAfter }: Config,
): Controllers {
  const world = new World(store);
  const lostAfterMs = nodeLostAfter * 1_000;
  const nodes = { ...CONTROLLER_DEFAULTS.nodes, lostAfterMs, notReadyAfterMs: lostAfterMs / 3 };
  const options = { ...CONTROLLER_DEFAULTS, servicePool, nodes };
  return new Controllers({ ...base, store, world, events, newUid: randomUUID, options });
}

/** One line per fleet that is counted up: an event per server would drive all others out of the log. */
function recordAllocation(events: EventLog, { metadata }: GameServer): void {
  const fleet = metadata.labels?.[FLEET_LABEL];
  if (!fleet) return;
  const subject = { kind: "Fleet", namespace: metadata.namespace, name: fleet };
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
