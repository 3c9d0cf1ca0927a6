import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { BrowserGuard } from "../../access/browser.ts";
import { openTokens } from "../../access/tokens.ts";
import { Allocator } from "../../allocator/allocator.ts";
import { SelectorIndexes } from "../../allocator/selector-indexes.ts";
import { API_BOUNDS } from "../../api/options.ts";
import { createApi } from "../../api/server.ts";
import { systemClock } from "../../core/std/clock.ts";
import { CONTROLLER_DEFAULTS, type ControllerContext } from "../../fleet/controller/context.ts";
import { Controllers } from "../../fleet/controller/controllers.ts";
import { World } from "../../fleet/controller/world.ts";
import { Metrics } from "../../monitor/metrics.ts";
import { ResourceGauges } from "../../monitor/resource-gauges.ts";
import {
  JOURNAL_BOUNDS,
  openJournalResourceStore,
} from "../../store/journal/journal-resource-store.ts";
import { SqliteEventLog } from "../../store/journal/sqlite-event-log.ts";
import { EVENT_BOUNDS } from "../../store/live-event-log.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import type { Config } from "../config.ts";
import { processLogger } from "../log.ts";
import type { ChildControl } from "../up/child-control.ts";
import { openStateFolder } from "../up/state-folder.ts";
import { packageVersion } from "../version.ts";
import { dropPrivileges } from "./drop-privileges.ts";

const INDEXES_MAX = 256;
const EVENT_FLUSH_MS = 1_000;

/** The control plane: opens what is root's, gives up root, and runs until it is told to end. */
export async function runServer(config: Config, control: ChildControl): Promise<void> {
  const logger = processLogger("server", config.logLevel);
  const isRoot = process.getuid?.() === 0;
  const { path } = openStateFolder(config.state, isRoot ? config.serverUid : undefined);
  const tokens = await openTokens(path);
  process.chdir(join(path, "server"));
  const base = { clock: systemClock, logger };
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
  });
  const world = new World(store);
  const context: ControllerContext = {
    ...base,
    store,
    world,
    events,
    newUid: randomUUID,
    options: CONTROLLER_DEFAULTS,
  };
  const controllers = new Controllers(context);
  using indexes = new SelectorIndexes(store, { indexesMax: INDEXES_MAX });
  const metrics = new Metrics();
  using _gauges = new ResourceGauges(store, metrics);
  const allocator = new Allocator({
    store,
    indexes,
    clock: systemClock,
    onAllocated: () => undefined,
  });
  await using api = await createApi({
    ...base,
    store,
    events,
    allocator,
    nodeLink: controllers.link,
    tokens,
    metrics,
    version: packageVersion(),
    guard: new BrowserGuard([]),
    bounds: API_BOUNDS,
    notReady: () => undefined,
  });
  dropPrivileges(config.serverUid);
  await api.listen({ host: config.listen, port: config.port });
  const stop = new AbortController();
  const loops = controllers.run(stop.signal);
  logger.info(
    { listen: config.listen, port: config.port, revision: store.revision },
    "the control plane is up",
  );
  control.say({ say: "ready" });
  const end = await Promise.race([control.ending, store.fatal]);
  if (end instanceof Error) {
    logger.error(
      { error: end.message },
      "the store failed: ending at once, nothing is retried on a medium that lost a write",
    );
    process.exit(1);
  }
  stop.abort(new Error("ending"));
  await loops;
}
