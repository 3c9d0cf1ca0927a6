import { type Client, ErrorCode, ServerError } from "@colyseus/core";
import { isFleetError, messageOf } from "../../../core/std/errors.ts";
import { isObject } from "../../../core/std/json.ts";
import { type Access, type Admission, type JoinOptions, refusal } from "../entrance.ts";
import { chatOf, echoed, type Point, pointOf } from "../input.ts";
import { JoinRefused } from "../join-tokens.ts";
import { log } from "../log.ts";
import { PlayedRoom, type Present, ROOM_GONE, type RoomShared } from "../played-room.ts";
import { type Bucket, CHAT_RATE, fullBucket, type Rate, taken } from "../rate.ts";
import type { Seat, Step } from "../seat.ts";
import type { UdpChannel } from "../udp.ts";
import type { AccessTokens } from "./access-tokens.ts";
import type { Said, Whispered } from "./chat.ts";
import { EditLimit, Refused } from "./editing.ts";
import { mayEdit, maySee } from "./map-document.ts";
import { MapLife, type MapWorld } from "./map-life.ts";
import { AvatarState, MapState } from "./map-state.ts";
import type { RefusedWhat } from "./metrics.ts";
import type { Avatar } from "./snapshot.ts";
import type { Ticker } from "./ticker.ts";
import { walk } from "./walk.ts";

export interface MapShared extends RoomShared, MapWorld {
  readonly udp: UdpChannel;
  readonly access: AccessTokens;
  readonly ticker: Ticker;
}
interface Here extends Present<AvatarState> {
  readonly user: string;
  access: Access;
  chat: Bucket;
  renewals: Bucket;
  readonly edits: EditLimit;
}
/** What players are told besides the state. */
export interface Notice {
  readonly what: "AccessEnded" | "AccessRenewed" | "Ending" | "MapGone" | "RoomClosed";
  readonly text: string;
}

const RENEW_RATE: Rate = { perSecond: 0.2, burst: 3 };
const PLAYERS_MAX = 1000;
/** The ticker sends the patches: Colyseus' own interval is never to come. */
const NEVER_MS = 2 ** 31 - 1;

/** A map that players walk on, talk on and build on. */
export class MapRoom extends PlayedRoom<MapState, AvatarState, Here> {
  override patchRate: number = NEVER_MS;
  override state: MapState = new MapState();
  protected readonly step: Step = (from, to, ms) => walk(this.#life.map.ground, from, to, ms);
  readonly #shared: MapShared;
  #opened: MapLife | undefined;
  #endTicks: () => void = () => undefined;
  /** Lines that go out with the next tick: at most two a second of each player. */
  #unsaid: Said[] = [];
  #isGone = false;

  constructor(shared: MapShared) {
    super(shared, PLAYERS_MAX);
    this.#shared = shared;
  }

  override async onCreate(options: JoinOptions & { readonly map?: unknown }): Promise<void> {
    const { service, ticker } = this.#shared;
    const read = await MapLife.read(service, String(options.map)).catch((error: Error) => {
      log("map not read", { map: options.map, because: messageOf(error) });
      throw refusal(new JoinRefused(isFleetError(error, "NOT_FOUND") ? "MapGone" : "MapAway"));
    });
    this.claim(options);
    this.#opened = new MapLife({
      ...this.#shared,
      ...read,
      room: this.roomId,
      state: this.state,
      standing: () => this.#standing(),
      onGround: () => this.#makeRoom(),
      onGone: () => this.#mapIsGone(),
    });
    this.#endTicks = ticker.add(() => this.#tick());
    this.#listen();
  }

  override onJoin(client: Client, options: JoinOptions, admission: Admission): void {
    const user = admission.access?.user ?? "";
    if (!maySee(this.#life.map.document, user)) throw refusal(new JoinRefused("MapGone"));
    super.onJoin(client, options, admission);
    for (const line of this.#life.chat.lines) client.send("said", { ...line, is_old: true });
  }

  override onBeforeShutdown(): void {
    this.#notice({ what: "Ending", text: "the game server stops" });
    this.#opened?.keeper.seal();
    super.onBeforeShutdown();
  }

  override async onDispose(): Promise<void> {
    this.#endTicks();
    this.#tellLines();
    this.#opened?.[Symbol.dispose]();
    if (!this.#isGone) await this.#opened?.keeper.end();
    await super.onDispose();
  }

  /** A bug in the answer to one player is nobody else's; what is refused is none. */
  override onUncaughtException(error: Error, method: string): void {
    if (error.cause instanceof ServerError) return;
    this.#shared.metrics.failed();
    log("failed", { room: this.roomId, method, error: String(error.cause ?? error) });
  }

  override endForGood(): void {
    this.#notice({ what: "RoomClosed", text: "the room was closed" });
    this.#opened?.keeper.seal();
    super.endForGood();
  }

  #mapIsGone(): void {
    this.#isGone = true;
    this.#notice({ what: "MapGone", text: "the map is gone" });
    super.endForGood();
  }

  protected placeFor(user: string): Point {
    return this.#life.placeFor(user);
  }

  protected playerOf(name: string, { position, number }: Seat, { access }: Admission): AvatarState {
    const user = access?.user ?? "";
    const can_edit = mayEdit(this.#life.map.document, user);
    const shown = { ...position, user, name, number, connected: true, can_edit };
    return Object.assign(new AvatarState(), shown);
  }

  protected hereOf(present: Present<AvatarState>, { access }: Admission): Here {
    if (!access) throw new ServerError(ErrorCode.AUTH_FAILED, "join refused: NoAccess");
    const now = this.shared.now();
    return {
      ...present,
      user: access.user,
      access,
      chat: fullBucket(CHAT_RATE, now),
      renewals: fullBucket(RENEW_RATE, now),
      edits: new EditLimit(now),
    };
  }

  get #life(): MapLife {
    if (!this.#opened) throw new Error("a room has its map before anybody comes in");
    return this.#opened;
  }

  #listen(): void {
    const on = (
      what: string,
      does: (here: Here, value: unknown, client: Client) => unknown,
    ): void => {
      this.onMessage(what, (client, value: unknown) => {
        const here = this.present.get(client.sessionId);
        return here && does(here, value, client);
      });
    };
    on("move", (here, value) => {
      const wanted = pointOf(value);
      if (wanted) here.seat.move(wanted, this.shared.now());
    });
    on("say", (here, value) => this.#say(here, value));
    on("whisper", (here, value) => this.#whisper(here, value));
    on("place", (here, value) =>
      this.#edit("place", here, () => this.#life.editing.place(value, here.access)),
    );
    on("remove", (here, value) =>
      this.#edit("remove", here, () => this.#life.editing.remove(value, here.access)),
    );
    on("access", (here, value) => this.#renew(here, value));
    on("echo", (_, value) => echoed(value));
    on("udp", ({ seat: { token, number } }) => ({ token, number }));
    // Anything else is counted, and nobody is told.
    this.onMessage("*", () => this.#shared.metrics.refused("message"));
  }

  #say(here: Here, value: unknown): void {
    const line = this.#lineOf("say", here, value);
    if (line) this.#unsaid.push(line);
  }

  /** What was said since the last tick; who comes in later finds it among the old lines. */
  #tellLines(): void {
    for (const line of this.#unsaid.splice(0)) {
      this.#life.chat.add(line);
      this.broadcast("said", line);
    }
  }

  #whisper(here: Here, value: unknown): void {
    const { to, text } = isObject(value) ? value : ({} as Record<string, unknown>);
    const session = typeof to === "string" ? this.sessionOf(to) : undefined;
    const listener = this.present.get(session ?? "");
    if (!listener) return void this.#refuse(here, "whisper", "nobody of that name is here");
    const line = this.#lineOf("whisper", here, text);
    if (!line) return;
    const whispered: Whispered = { ...line, to: listener.user };
    listener.client.send("whispered", whispered);
    if (listener !== here) here.client.send("whispered", whispered);
  }

  #lineOf(what: "say" | "whisper", here: Here, value: unknown): Said | undefined {
    const text = chatOf(value);
    if (text === undefined) return void this.#refuse(here, what, "a line has 1 to 200 characters");
    const left = taken(here.chat, CHAT_RATE, this.shared.now());
    if (!left) return void this.#refuse(here, what, "too many lines");
    here.chat = left;
    const { user, player, client } = here;
    const at = new Date(this.#shared.wallNow()).toISOString();
    return { from: client.sessionId, user, name: player.name, text, at };
  }

  async #edit(what: "place" | "remove", here: Here, work: () => Promise<void>): Promise<void> {
    try {
      await here.edits.within(this.shared.now(), work);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#refuse(here, what, error.message);
    }
  }

  async #renew(here: Here, value: unknown): Promise<void> {
    const left = taken(here.renewals, RENEW_RATE, this.shared.now());
    if (!left) return this.#refuse(here, "access", "too many tokens");
    here.renewals = left;
    try {
      const access = await this.#shared.access.check(value);
      if (access.user !== here.user) throw new JoinRefused("OtherUser");
      if (access.until > here.access.until) here.access = access;
      here.client.send("notice", { what: "AccessRenewed", text: "the access token is renewed" });
    } catch (error) {
      if (!(error instanceof JoinRefused)) throw error;
      this.#refuse(here, "access", error.reason);
    }
  }

  #tick(): void {
    const { udp, metrics } = this.#shared;
    const now = this.#shared.wallNow();
    for (const here of this.present.values()) this.#showRights(here, now);
    udp.sendPositions(this.showPositions());
    if (this.broadcastPatch()) metrics.patched();
    // With the patch, in one packet to each: a busy room talks as often as it walks.
    this.#tellLines();
    this.cutTheDeaf();
    this.#life.keeper.look();
  }

  #showRights(here: Here, now: number): void {
    const { player, access, client } = here;
    if (!maySee(this.#life.map.document, here.user)) return void this.#closeTo(here);
    const isGood = now < access.until;
    const canEdit = isGood && mayEdit(this.#life.map.document, here.user);
    if (player.can_edit === canEdit) return;
    player.can_edit = canEdit;
    if (isGood) return;
    const text = "the access token has expired: play on, but send a new one before you build";
    client.send("notice", { what: "AccessEnded", text });
  }

  /** To who may not see the map any more, it is as if it were gone. */
  #closeTo(here: Here): void {
    const text = "the map is not open to you any more";
    here.client.send("notice", { what: "MapGone", text });
    this.sendAway(here, ROOM_GONE, text);
  }

  #standing(): Avatar[] {
    return [...this.present.values()].map(({ user, seat: { position } }) => {
      return { user, x: position.x, y: position.y };
    });
  }

  /** Nobody stays in what was made solid elsewhere. */
  #makeRoom(): void {
    const { ground } = this.#life.map;
    for (const { seat } of this.present.values()) seat.position = ground.freeNear(seat.position);
  }

  #notice(notice: Notice): void {
    this.#tellLines();
    this.broadcast("notice", notice);
  }

  #refuse({ client }: Here, what: RefusedWhat, because: string): void {
    this.#shared.metrics.refused(what);
    client.send("refused", { what, because });
  }
}
