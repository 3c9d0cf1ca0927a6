import { randomUUID } from "node:crypto";
import { admit } from "../../core/model/admit.ts";
import { FLEET_LABEL } from "../../core/model/fleet.ts";
import type { GameServer, GameServerStatus } from "../../core/model/game-server.ts";
import type { Resource } from "../../core/model/resource.ts";
import type { Room } from "../../core/model/room.ts";
import type { Clock } from "../../core/std/clock.ts";
import { mergePatch } from "../../core/std/json.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { seededRandom } from "../../core/std/random.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import { openMemoryResourceStore } from "../../store/memory/memory-resource-store.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { SelectorIndexes } from "../selector-indexes.ts";
import { WAITING_BOUNDS, WaitingLine } from "../waiting-line.ts";
import type { JoinSigner } from "./join-tokens.ts";
import { RoomBook } from "./room-book.ts";
import { RoomKeeper, type TurningKeys } from "./room-keeper.ts";
import type { RoomObserver } from "./room-observer.ts";
import type { Opened, OpenRequest, Seated } from "./room-requests.ts";
import { Rooms } from "./rooms.ts";

const NOW = "2026-01-01T00:00:00Z";
const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
const GAME = {
  ports: [{ name: "game", containerPort: 7654 }],
  template: { spec: { containers: [{ name: "game", image: "arena" }] } },
};

/** Shows what it signs; real keys are in `access`, a neighbour of this folder. */
export class OpenSigner implements JoinSigner, TurningKeys {
  publicText = "[1]";
  /** Set: the next turn publishes these. */
  next: string | undefined;
  sign(claims: object): string {
    return JSON.stringify(claims);
  }
  async rotate(): Promise<boolean> {
    if (this.next === undefined) return false;
    this.publicText = this.next;
    this.next = undefined;
    return true;
  }
}

/** Counts what it is told. */
export class CountingObserver implements RoomObserver {
  readonly told: Record<string, number> = {};
  made(_room: Room, opened: GameServer | undefined): void {
    this.#count("made");
    if (opened) this.#count("opened");
  }
  missed(): void {
    this.#count("missed");
  }
  waited(what: "room" | "seat", got: boolean): void {
    this.#count(`waited for a ${what}: ${got}`);
  }
  closed(_room: Room, because: string): void {
    this.#count(because);
  }
  cameBack(): void {
    this.#count("cameBack");
  }
  expired(_room: Room, seats: number): void {
    this.#count("expired", seats);
  }
  #count(what: string, by = 1): void {
    this.told[what] = (this.told[what] ?? 0) + by;
  }
}

/** Rooms over a store of the test's own; the test is the fleet, the machines and the games. */
export class RoomBench implements AsyncDisposable {
  readonly store: ResourceStore;
  readonly book: RoomBook;
  readonly rooms: Rooms;
  readonly line: WaitingLine;
  readonly signer: OpenSigner = new OpenSigner();
  readonly observer: CountingObserver = new CountingObserver();
  readonly #indexes: SelectorIndexes;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(clock: Clock, store?: ResourceStore, seed = 1) {
    this.store = store ?? openMemoryResourceStore({ ...STORE_BOUNDS, clock, logger: silentLogger });
    this.line = new WaitingLine({ ...WAITING_BOUNDS, clock });
    this.#indexes = new SelectorIndexes(this.store, { indexesMax: 10 });
    this.book = new RoomBook(this.store, () => this.line.wake());
    const random = seededRandom(seed);
    const letters = (count: number): string =>
      Array.from({ length: count }, () => LETTERS[random.integer(0, 35)]).join("");
    const { store: kept, book, line, signer, observer } = this;
    this.rooms = new Rooms({
      ...{ store: kept, book, line, signer, observer, clock, letters, newUid: randomUUID },
      indexes: this.#indexes,
      newJti: () => letters(22),
    });
    const keeper = new RoomKeeper({
      ...{ store: kept, book, keys: signer, clock, observer, logger: silentLogger },
    });
    this.#running = keeper.run(this.#stop.signal);
  }

  /** Ends the loop; a store of the caller's own stays open. */
  async stop(): Promise<void> {
    this.line[Symbol.dispose]();
    this.#stop.abort(new Error("the test is over"));
    await this.#running;
    this.book[Symbol.dispose]();
    this.#indexes[Symbol.dispose]();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.store[Symbol.asyncDispose]();
  }

  async fleet(name: string, spec: object = {}): Promise<void> {
    await this.#create("Fleet", {
      metadata: { name },
      spec: { replicas: 1, template: { spec: { ...GAME, ...spec } } },
    });
  }
  /** Ready servers of a fleet, `<fleet>-0` on. */
  async ready(fleet: string, count: number, spec: object = {}): Promise<void> {
    const from = this.store.list("GameServer").length;
    for (let i = from; i < from + count; i++)
      await this.#create(
        "GameServer",
        {
          metadata: { name: `${fleet}-${i}`, labels: { [FLEET_LABEL]: fleet } },
          spec: { ...GAME, ...spec },
        },
        {
          state: "Ready",
          address: "127.0.0.1",
          nodeName: "a",
          ports: [{ name: "game", port: 7_000 + i }],
        },
      );
  }
  server(name: string): GameServer {
    const found = this.store.get("GameServer", "default", name);
    if (!found) throw new Error(`there is no server ${name}`);
    return found;
  }
  servers(state?: string): GameServer[] {
    const all = this.store.list("GameServer");
    return all.filter(({ status }) => state === undefined || status.state === state);
  }
  all(): Room[] {
    return this.store.list("Room");
  }
  /** What a game, a machine or a controller does to a server. */
  async patch(name: string, delta: object): Promise<void> {
    const server = this.server(name);
    const expected = server.metadata.resourceVersion;
    const object = mergePatch(server, delta);
    await this.store.commit([{ op: "update", object, expected, delta }]);
  }
  /** The game reports the players that are there. */
  async players(name: string, ...values: string[]): Promise<void> {
    await this.patch(name, { status: { lists: { players: { values } } } });
  }
  open(
    more: { readonly wish?: object } & Partial<Omit<OpenRequest, "wish">> = {},
  ): Promise<Opened> {
    const { wish, ...rest } = more;
    const whole = { namespace: "default", fleet: "arena", attributes: {}, open: true };
    return this.rooms.open({
      wish: { ...whole, emptySeconds: 60, ...wish },
      find: true,
      waitMs: 0,
      ...rest,
    });
  }
  sit(id: string, player: string, more: object = {}): Promise<Seated> {
    const seat = { player, seconds: 30 };
    return this.rooms.seat({ namespace: "default", id, seat, waitMs: 0, ...more });
  }

  async #create(
    kind: "Fleet" | "GameServer",
    input: object,
    status: Partial<GameServerStatus> = {},
  ): Promise<void> {
    const { object } = admit(input, {
      kind,
      now: NOW,
      uid: randomUUID(),
      fieldValidation: "Strict",
    });
    const whole = { ...object, status: { ...object.status, ...status } } as Resource;
    await this.store.commit([{ op: "create", object: whole }]);
  }
}

/** The template of a server of so many rooms, and players. */
export function roomsOf(capacity: number, players?: number): object {
  return {
    counters: { rooms: { count: 0, capacity } },
    ...(players === undefined ? {} : { lists: { players: { capacity: players } } }),
  };
}
