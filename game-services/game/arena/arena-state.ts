import { type MapSchema, type Schema, schema, t } from "@colyseus/schema";

/** A player as Colyseus sends it to everybody; changed in place. */
export interface PlayerState extends Schema {
  name: string;
  number: number;
  x: number;
  y: number;
  connected: boolean;
}
export const PlayerState: new () => PlayerState = schema(
  { name: t.string(), number: t.uint16(), x: t.float32(), y: t.float32(), connected: t.boolean() },
  "Player",
);
export interface ArenaState extends Schema {
  players: MapSchema<PlayerState>;
}
export const ArenaState: new () => ArenaState = schema({ players: t.map(PlayerState) }, "Arena");

/** What clients see of a player; `number` names it in UDP packets. */
export interface PlayerView {
  readonly name: string;
  readonly number: number;
  readonly x: number;
  readonly y: number;
  readonly connected: boolean;
}
/** What clients see of the arena: players by their session ids. */
export interface ArenaView {
  readonly players: ReadonlyMap<string, PlayerView>;
}

/** What the client is told on request `udp`: its token, and its number in packets. */
export interface UdpTicket {
  readonly token: string;
  readonly number: number;
}
export interface ChatLine {
  readonly from: string;
  readonly name: string;
  readonly text: string;
}
