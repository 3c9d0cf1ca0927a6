import type { Client } from "@colyseus/core";
import type { JoinOptions } from "../entrance.ts";
import { chatOf, echoed, type Point, pointOf } from "../input.ts";
import { PlayedRoom, type Present, type RoomShared } from "../played-room.ts";
import { type Bucket, CHAT_RATE, fullBucket, taken } from "../rate.ts";
import type { Seat, Step } from "../seat.ts";
import type { UdpChannel } from "../udp.ts";
import { ArenaState, type ChatLine, PlayerState, type UdpTicket } from "./arena-state.ts";
import { ARENA, stepTowards } from "./rules.ts";

export interface ArenaShared extends RoomShared {
  readonly udp: UdpChannel;
}
interface Here extends Present<PlayerState> {
  chat: Bucket;
}

const PATCH_MS = 50;

/** One arena: players with positions, and a chat. */
export class ArenaRoom extends PlayedRoom<ArenaState, PlayerState, Here> {
  override maxClients: number = ARENA.playersMax;
  override patchRate: number = PATCH_MS;
  override state: ArenaState = new ArenaState();
  protected readonly step: Step = stepTowards;
  readonly #udp: UdpChannel;

  constructor(shared: ArenaShared) {
    super(shared, ARENA.playersMax);
    this.#udp = shared.udp;
  }

  override onCreate(options: JoinOptions): void {
    this.onMessage("move", (client, wanted: unknown) => this.#move(client, wanted));
    this.onMessage("say", (client, text: unknown) => this.#say(client, text));
    this.onMessage("echo", (_client: Client, value: unknown) => echoed(value));
    this.onMessage("udp", (client: Client) => this.#ticket(client));
    this.setSimulationInterval(() => this.#tick(), PATCH_MS);
    this.claim(options);
  }

  override onBeforeShutdown(): void {
    this.broadcast("ending", { because: "the game server stops" });
    super.onBeforeShutdown();
  }

  protected placeFor(): Point {
    return { x: ARENA.width / 2, y: ARENA.height / 2 };
  }

  protected playerOf(name: string, { position, number }: Seat): PlayerState {
    return Object.assign(new PlayerState(), { ...position, name, number, connected: true });
  }

  protected hereOf(present: Present<PlayerState>): Here {
    return { ...present, chat: fullBucket(CHAT_RATE, this.shared.now()) };
  }

  #tick(): void {
    this.#udp.sendPositions(this.showPositions());
    this.cutTheDeaf();
  }

  #move(client: Client, value: unknown): void {
    const wanted = pointOf(value);
    if (wanted) this.present.get(client.sessionId)?.seat.move(wanted, this.shared.now());
  }

  #say(client: Client, value: unknown): void {
    const present = this.present.get(client.sessionId);
    const text = chatOf(value);
    if (!present || text === undefined) return;
    const left = taken(present.chat, CHAT_RATE, this.shared.now());
    if (!left) return void client.send("refused", { what: "say", because: "too many lines" });
    present.chat = left;
    const line: ChatLine = { from: client.sessionId, name: present.player.name, text };
    this.broadcast("chat", line);
  }

  #ticket(client: Client): UdpTicket | undefined {
    const seat = this.present.get(client.sessionId)?.seat;
    return seat && { token: seat.token, number: seat.number };
  }
}
