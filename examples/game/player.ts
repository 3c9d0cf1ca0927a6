import { once } from "node:events";
import { type ColyseusRoom, colyseus } from "../../game-services/client/colyseus.ts";
import { FlotillaError } from "../../game-services/client/errors.ts";
import type { Seat } from "../../game-services/client/seat.ts";
import { seatFrom } from "../../game-services/client/seat-from.ts";

/**
 * A player as a program: signs up, makes a thing and a map, or goes to somebody's map, enters, walks and says hello. Says
 * what it saw when its input has a line.
 *
 *   node examples/game/player.ts ann
 *   node examples/game/player.ts ben ann
 */
const [user = "", host] = process.argv.slice(2);
const {
  LOGIN_URL = "http://127.0.0.1:8711",
  ASSET_URL = "http://127.0.0.1:8712",
  ROOM_URL = "http://127.0.0.1:8713",
} = process.env;
const SIDE = 12;
const STEP_MS = 50;
const PASSWORD = "correct horse battery";

interface Avatar {
  readonly user: string;
  readonly x: number;
  readonly y: number;
}
interface MapState {
  readonly map_id: string;
  readonly players: { forEach(see: (one: Avatar) => void): void };
  readonly objects: { readonly size: number };
}
type MapRoom = ColyseusRoom<MapState>;

let access = "";

/** One call of a service; the envelope's message. */
async function call<T>(url: string, body?: object): Promise<T> {
  const answer = await fetch(url, {
    method: body ? "POST" : "GET",
    headers: { authorization: `Bearer ${access}`, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const { code, message, tokens } = (await answer.json()) as {
    readonly code: number;
    readonly message: T;
    readonly tokens?: { readonly access_token: string };
  };
  if (code !== 1)
    throw new FlotillaError(answer.status === 503 ? "UNAVAILABLE" : "INVALID", String(message));
  access = tokens?.access_token ?? access;
  return message;
}

/** The new player's own map, with a thing on it, for everybody to enter. */
async function ownMap(): Promise<string> {
  const thing = { name: "Old well", category_id: "furniture", price: 30 };
  const { asset_id } = await call<{ asset_id: string }>(`${ASSET_URL}/assets`, thing);
  const tiles = Array.from({ length: SIDE }, () => ".".repeat(SIDE));
  const land = { name: `${user}'s harbour`, width: SIDE, height: SIDE, tiles, access: "public" };
  const { map_id } = await call<{ map_id: string }>(`${ROOM_URL}/maps`, land);
  const place = { asset_id, x: 9.5, y: 9.5, rotation: 0, layer: 0, solid: true };
  await call(`${ROOM_URL}/maps/${map_id}/objects`, place);
  await call(`${ROOM_URL}/maps/${map_id}/publish`, {});
  return map_id;
}

async function mapOf(creator: string): Promise<string> {
  const query = new URLSearchParams({ creator, limit: "1" });
  const { items } = await call<{ items: readonly { map_id: string }[] }>(
    `${ROOM_URL}/maps?${query}`,
  );
  const [newest] = items;
  if (newest) return newest.map_id;
  throw new FlotillaError("NOT_FOUND", `${creator} has no map that everybody may enter`);
}

interface Entered {
  readonly room: string;
  readonly seat: string;
  readonly player: string;
  readonly host: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly token: string;
}

function seatOn(map: string): Promise<Seat<MapRoom>> {
  return seatFrom<MapRoom>({
    fleet: "maps",
    ask: async () => {
      const { seat, ...rest } = await call<Entered>(`${ROOM_URL}/maps/${map}/enter`, {});
      return { id: seat, ...rest };
    },
    connector: colyseus<MapState>({ roomName: "map", joinOptions: () => ({ access }) }),
  });
}

function avatars(room: MapRoom): readonly Avatar[] {
  const found: Avatar[] = [];
  room.state.players?.forEach(({ user, x, y }) => {
    found.push({ user, x, y });
  });
  return found;
}

/** Asks for the way until it is there; the game decides how far each step goes. */
async function walkTo(room: MapRoom, x: number, y: number): Promise<void> {
  for (;;) {
    const me = avatars(room).find((one) => one.user === user);
    if (me && Math.hypot(me.x - x, me.y - y) < 0.5) return;
    room.send("move", { x, y });
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

/** Makes the account, or takes the one of a run before. */
async function logIn(): Promise<void> {
  const [user_id, user_pw, email] = [user, PASSWORD, `${user}@example.org`];
  await call(`${LOGIN_URL}/signup`, { user_id, user_pw, nickname: user, email }).catch(() =>
    call(`${LOGIN_URL}/login`, { user_id, user_pw }),
  );
}

await logIn();
const map = host === undefined ? await ownMap() : await mapOf(host);
const seat = await seatOn(map);
const room = await seat.connect();
const heard: string[] = [];
room.onMessage("said", (said: { user: string; text: string }) => {
  heard.push(`${said.user}: ${said.text}`);
});
for (const other of ["whispered", "refused", "notice"]) room.onMessage(other, () => undefined);
await walkTo(room, host === undefined ? 3.5 : 5.5, 3.5);
room.send("say", `hello from ${user}`);
console.log(`${user} walks on ${map}`);
await Promise.race([once(process.stdin, "data"), once(process.stdin, "end")]);
const objects = room.state.objects.size;
console.log(JSON.stringify({ user, map, room: seat.room, sees: avatars(room), objects, heard }));
await seat.leave();
process.exit(0);
