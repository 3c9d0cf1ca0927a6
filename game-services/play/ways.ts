import { isFlotillaError } from "../client/errors.ts";
import { FlotillaClient } from "../client/flotilla-client.ts";
import type { ArenaView } from "../game/arena/arena-state.ts";
import { allocate } from "./allocate.ts";
import { type ArenaAddress, Player } from "./players.ts";

/** How players get in, one after the other; each call lets one in. */
export type Entrances = readonly (() => Promise<Player>)[];

export interface Where {
  readonly api: string;
  readonly token: string;
  readonly namespace: string;
  readonly fleet: string;
}

/** Who tries this out wants to hear soon that nobody is there. */
const TRIES_MAX = 2;

/** All in one room of the fleet, each by a seat of its own; `say` hears where. */
export async function bySeats(
  { api, token, namespace, fleet }: Where,
  names: readonly string[],
  say: (line: string) => void,
): Promise<Entrances> {
  const options = { url: api, token, namespace, roomName: "arena", triesMax: TRIES_MAX };
  const client = new FlotillaClient<ArenaView>(options);
  const seats = await client.joinTogether({ fleet, players: names }).catch((error) => {
    const hint = isFlotillaError(error, "NETWORK") ? "; is it up? (npm start)" : "";
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`no seats in a room of fleet ${fleet}: ${message}${hint}`);
  });
  const [first] = seats;
  if (first) {
    const { gameServer } = await client.room(first.room);
    const port = (wanted: string) => first.ports.find(({ name }) => name === wanted)?.port;
    const where = `WebSocket ${first.host}:${port("game")}, UDP ${first.host}:${port("udp")}`;
    say(`${seats.length} seats in room ${first.room} on ${gameServer.name}: ${where}`);
  }
  return seats.map((seat) => () => Player.sit(seat));
}

/** All in a game server that is allocated for them, as any matchmaker of Agones' does it. */
export async function byAllocation(
  where: Where,
  names: readonly string[],
  say: (line: string) => void,
): Promise<Entrances> {
  const found = await allocate(where);
  const { gameServer, host, webSocketPort, udpPort } = found;
  say(`allocated ${gameServer}: WebSocket ${host}:${webSocketPort}, UDP ${host}:${udpPort}`);
  return byAddress(found, names);
}

export function byAddress(address: ArenaAddress, names: readonly string[]): Entrances {
  return names.map((name) => () => Player.join(address, name));
}
