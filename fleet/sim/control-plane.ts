import { Allocator } from "../../allocator/allocator.ts";
import { RoomBook } from "../../allocator/rooms/room-book.ts";
import { RoomKeeper } from "../../allocator/rooms/room-keeper.ts";
import { Rooms } from "../../allocator/rooms/rooms.ts";
import { SelectorIndexes } from "../../allocator/selector-indexes.ts";
import { WAITING_BOUNDS, WaitingLine } from "../../allocator/waiting-line.ts";
import { LinkFanOut } from "../../api/link-fan-out.ts";
import type { Event } from "../../core/model/event.ts";
import { FleetError, isFleetError } from "../../core/std/errors.ts";
import { type Logger, silentLogger } from "../../core/std/logger.ts";
import { EVENT_BOUNDS } from "../../store/live-event-log.ts";
import { LiveStore, STORE_BOUNDS } from "../../store/live-store.ts";
import { openMemoryEventLog } from "../../store/memory/memory-event-log.ts";
import type { ResourceStore, StoreEvent } from "../../store/resource-store.ts";
import { CONTROLLER_DEFAULTS } from "../controller/context.ts";
import { Controllers } from "../controller/controllers.ts";
import { World } from "../controller/world.ts";
import { SimCommitLog, type SimDisk } from "./disk.ts";
import { KEYS, RoomTeller } from "./room-teller.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface ControlPlaneOptions {
  readonly time: VirtualTime;
  readonly disk: SimDisk;
  readonly newUid: () => string;
  /** A failure that nobody expected: an assertion, a type error. */
  readonly onBug: (message: string) => void;
  readonly onStored: (event: StoreEvent) => void;
  readonly onEvent: (event: Event) => void;
  readonly onFatal: () => void;
}

/** The fan-out sends bookmarks by a timer of the real world: once in 24 days, that is never. */
const NEVER_MS = 2 ** 31 - 1;
const INDEXES_MAX = 16;
/** A story lasts for half a minute: what takes longer in life is quicker here. */
const ERROR_DELAY_MS = 3_000;
const NODE_BOUNDS = {
  notReadyAfterMs: 5_000,
  lostAfterMs: 10_000,
  settleMs: 1_000,
  settleMaxMs: 10_000,
};

/** One life of the control plane: the real store, controllers, allocator and fan-out over what the disk holds. */
export class ControlPlane {
  readonly store: ResourceStore;
  readonly controllers: Controllers;
  readonly allocator: Allocator;
  readonly rooms: Rooms;
  readonly fanOut: LinkFanOut;
  readonly #died: Promise<never>;
  readonly #die: (error: Error) => void;
  readonly #stop = new AbortController();
  readonly #line: WaitingLine;
  readonly #keeper: RoomKeeper;
  #isAlive = true;

  constructor({ time: clock, disk, newUid, ...tell }: ControlPlaneOptions) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    this.#died = promise;
    this.#die = reject;
    const logger = this.#logger(tell.onBug);
    const base = { clock, logger };
    const log = new SimCommitLog(disk, () => this.#isAlive);
    this.store = new LiveStore(log, { ...STORE_BOUNDS, ...base });
    const { store } = this;
    const events = openMemoryEventLog({ ...EVENT_BOUNDS, ...base });
    events.onEvent((event) => this.#isAlive && tell.onEvent(event));
    store.watch(store.revision, (event) => this.#isAlive && tell.onStored(event));
    const options = { ...CONTROLLER_DEFAULTS, errorDelayMs: ERROR_DELAY_MS, nodes: NODE_BOUNDS };
    const world = new World(store, new Map());
    this.controllers = new Controllers({ ...base, store, world, events, newUid, options });
    this.#line = new WaitingLine({ ...WAITING_BOUNDS, clock });
    const indexes = new SelectorIndexes(store, { indexesMax: INDEXES_MAX });
    this.allocator = new Allocator({
      store,
      indexes,
      line: this.#line,
      clock,
      onAllocated: () => undefined,
      onMissed: (namespace, { selectors }, count) =>
        this.controllers.missed(namespace, selectors, count),
    });
    const line = this.#line;
    const book = new RoomBook(store, () => line.wake());
    const observer = new RoomTeller(events, this.controllers);
    const letters = (count: number): string => newUid().replaceAll("-", "").slice(-count);
    const rest = { signer: KEYS, observer, newUid, letters, newJti: newUid };
    this.rooms = new Rooms({ ...{ store, indexes, book, line, clock }, ...rest });
    this.#keeper = new RoomKeeper({ ...base, store, book, keys: KEYS, observer });
    this.fanOut = new LinkFanOut({ store, bookmarkEveryMs: NEVER_MS });
    void store.fatal.then(() => this.#isAlive && tell.onFatal());
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  run(): void {
    void this.controllers.run(this.#stop.signal);
    void this.#keeper.run(this.#stop.signal);
  }

  /** The end of the process: nothing that was begun comes to an end, and who waits for an answer gets none. */
  kill(): void {
    this.#isAlive = false;
    this.#die(new FleetError("UNAVAILABLE", "the connection broke"));
    this.#stop.abort(new Error("killed"));
    this.#line[Symbol.dispose]();
    this.fanOut[Symbol.dispose]();
  }

  /** Calls `act` when the process ends. */
  onDeath(act: () => void): void {
    this.#died.catch(act);
  }

  /** What `work` gives, unless the process ends before. */
  answerOf<T>(work: (plane: ControlPlane) => Promise<T>): Promise<T> {
    return Promise.race([work(this), this.#died]);
  }

  #logger(onBug: (message: string) => void): Logger {
    const look = (fields: object, sentence: string): void => {
      if (!this.#isAlive) return;
      const { error, because } = fields as { error?: unknown; because?: string };
      if (error === undefined && because === undefined) return;
      if (isFleetError(error)) return;
      onBug(`${sentence}: ${error instanceof Error ? error.stack : (because ?? String(error))}`);
    };
    return { ...silentLogger, warn: look, error: look };
  }
}
