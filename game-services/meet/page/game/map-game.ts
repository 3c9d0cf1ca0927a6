import { type ColyseusRoom, colyseus } from "../../../client/colyseus.ts";
import type { Seat, SeatChange, SeatState } from "../../../client/seat.ts";
import { seatFrom } from "../../../client/seat-from.ts";
import type { Services } from "../net/services.ts";
import type { Session } from "../net/session.ts";
import { Store } from "../net/store.ts";
import type { PlacedObject, Point } from "../view/grid.ts";
import { type Line, saidLine, whisperedLine, withLine } from "./lines.ts";
import type { MapState, Notice, Refused, Said, Whispered } from "./map-state.ts";
import { seatFailure } from "./seat-failure.ts";
import { type Person, World } from "./world.ts";

type MapRoom = ColyseusRoom<MapState>;

export interface MapGameOptions {
  readonly map: string;
  readonly link: string | undefined;
  readonly session: Session;
  readonly services: Services;
  /** A URL with `{host}` and `{port}`, where game servers are not reached directly. */
  readonly gameEndpoint: string | undefined;
  readonly onRefused: (refused: Refused) => void;
  readonly onNotice: (notice: Notice) => void;
}

/** What the parts of the page show; the canvas looks into the world. */
export interface Seen {
  readonly state: SeatState | "entering";
  readonly because?: unknown;
  readonly me?: string;
  readonly name: string;
  readonly people: readonly Person[];
}

/** The player has come in anew elsewhere; the room or its map is gone. */
const FINAL_CODES = [4101, 4102];
const PORT = "game";

/** One player on one map: enters, comes back by itself, and says what happens. */
export class MapGame {
  readonly world: World = new World();
  readonly seen: Store<Seen> = new Store<Seen>({ state: "entering", name: "", people: [] });
  readonly lines: Store<readonly Line[]> = new Store<readonly Line[]>([]);
  readonly #options: MapGameOptions;
  readonly #left = new AbortController();
  readonly #known = new WeakSet<MapRoom>();
  #seat: Seat<MapRoom> | undefined;

  constructor(options: MapGameOptions) {
    this.#options = options;
    // Tokens do not live as long as players stay: the game is shown each new one.
    const stop = options.session.kept.subscribe(() => this.#showAccess());
    this.#left.signal.addEventListener("abort", stop);
  }

  /** Takes a seat and connects; what goes wrong is seen in `seen`. */
  async enter(): Promise<void> {
    const { signal } = this.#left;
    this.#become({ state: "entering" });
    try {
      this.#seat ??= await this.#takeSeat(signal);
      const again = this.#seat.state === "lost";
      await (again ? this.#seat.reconnect({ signal }) : this.#seat.connect({ signal }));
    } catch (error) {
      if (!signal.aborted) this.#become({ state: "lost", because: error });
    }
  }

  async leave(): Promise<void> {
    this.#left.abort();
    await this.#seat?.leave().catch(() => undefined);
  }

  move({ x, y }: Point): void {
    this.#send("move", { x, y });
  }
  /** False when there is no connection just now: then nothing is said. */
  say(text: string): boolean {
    return this.#send("say", text);
  }
  whisper(to: string, text: string): boolean {
    return this.#send("whisper", { to, text });
  }
  place(object: Omit<PlacedObject, "object_id">): void {
    this.#send("place", object);
  }
  remove(object_id: string): void {
    this.#send("remove", { object_id });
  }
  note(text: string): void {
    this.lines.set(withLine(this.lines.value, { kind: "note", text, isMine: false }));
  }

  async #takeSeat(signal: AbortSignal): Promise<Seat<MapRoom>> {
    const { map, link, services, session } = this.#options;
    const seat = await seatFrom<MapRoom>({
      fleet: "maps",
      signal,
      ask: (ending) =>
        services.enter(map, link, ending).catch((error: unknown) => {
          throw seatFailure(error);
        }),
      connector: colyseus<MapState>({
        roomName: "map",
        finalCodes: FINAL_CODES,
        ...this.#endpoint(),
        joinOptions: () =>
          session.access().then(
            (access) => ({ access }),
            (error: unknown) => {
              throw seatFailure(error);
            },
          ),
      }),
    });
    seat.onState((change) => this.#seeChange(seat, change));
    return seat;
  }

  #endpoint(): Partial<Parameters<typeof colyseus>[0]> {
    const { gameEndpoint } = this.#options;
    if (gameEndpoint === undefined) return {};
    return {
      endpoint: ({ host, ports }) => {
        const port = ports.find(({ name }) => name === PORT)?.port ?? "";
        return gameEndpoint.replaceAll("{host}", host).replaceAll("{port}", String(port));
      },
    };
  }

  #seeChange(seat: Seat<MapRoom>, change: SeatChange): void {
    const { connection } = seat;
    if (change.state === "connected" && connection) this.#listen(connection);
    this.#become(change);
  }

  #listen(room: MapRoom): void {
    if (this.#known.has(room)) return;
    this.#known.add(room);
    const { onRefused, onNotice } = this.#options;
    room.onStateChange((state: MapState) => this.#see(room, state));
    room.onMessage("said", (said: Said) => this.#hear(said));
    room.onMessage("whispered", (said: Whispered) => this.#hearWhisper(said));
    room.onMessage("refused", onRefused);
    room.onMessage("notice", onNotice);
    // What a newer game says that this page does not know is no error.
    room.onMessage("*", () => undefined);
    if (room.state?.players) this.#see(room, room.state);
  }

  #see(room: MapRoom, state: MapState): void {
    this.world.see(state, performance.now());
    const people = [...this.world.walkers.values()].map(({ person }) => person);
    const { value } = this.seen;
    const next = { ...value, me: room.sessionId, name: this.world.name, people };
    if (JSON.stringify(next.people) !== JSON.stringify(value.people) || next.me !== value.me)
      this.seen.set(next);
  }

  #hear(said: Said): void {
    const me = this.#options.session.kept.value?.user_id.toLowerCase() ?? "";
    this.lines.set(withLine(this.lines.value, saidLine(said, me)));
    if (!said.is_old) this.world.hear(said.from, said.text, performance.now());
  }

  #hearWhisper(said: Whispered): void {
    const me = this.#options.session.kept.value?.user_id.toLowerCase() ?? "";
    const nameOf = (user: string): string =>
      this.seen.value.people.find((person) => person.user === user)?.name ?? user;
    this.lines.set(withLine(this.lines.value, whisperedLine(said, me, nameOf)));
  }

  #showAccess(): void {
    const kept = this.#options.session.kept.value;
    if (kept) this.#send("access", kept.access_token);
  }

  #send(type: string, message: unknown): boolean {
    const connection = this.#seat?.connection;
    if (this.#seat?.state !== "connected" || !connection?.connection.isOpen) return false;
    connection.send(type, message);
    return true;
  }

  #become({ state, because }: { state: Seen["state"]; because?: unknown }): void {
    const { because: _, ...rest } = this.seen.value;
    this.seen.set({ ...rest, state, ...(because === undefined ? {} : { because }) });
  }
}
