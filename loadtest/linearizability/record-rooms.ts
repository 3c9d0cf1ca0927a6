import type { Random } from "../../core/std/random.ts";
import type { Answer, Caller } from "./caller.ts";
import { type Counts, type RecordOptions, recordClients } from "./clients.ts";
import { HistoryRecorder, type Operation } from "./history.ts";
import { type KilledServer, pause } from "./killed-server.ts";
import type { RoomSeatsInput, RoomSeatsOutput } from "./room-seats.ts";

export const ROOM_FLEET = "rooms";
const HOLD_MS_MAX = 30;
const PATH = "/v1/rooms";
const FULL = 429;
const GONE = 404;
/** Longer than any history: neither a seat nor a room ends by itself. */
const SEAT_SECONDS = 600;
const EMPTY_SECONDS = 3_600;

interface Seated {
  readonly room: { readonly id: string };
  readonly made: boolean;
  readonly seat: { readonly id: string };
}

/** Players that find rooms, sit for a while and leave. `name` is of this history alone. */
export async function recordRooms(
  server: KilledServer,
  random: Random,
  options: RecordOptions & { readonly name: string; readonly capacity: number },
): Promise<Counts & { readonly history: readonly Operation<RoomSeatsInput, RoomSeatsOutput>[] }> {
  const recorder = new HistoryRecorder<RoomSeatsInput, RoomSeatsOutput>();
  const counts = await recordClients(
    server,
    recorder,
    random,
    options,
    async (caller, client, turn) => {
      const player = `${client}-${turn}`;
      const key = `${options.name}-rooms-${player}`;
      let seated: Seated | undefined;
      const found = await recorder.record(client, { do: "find", player }, async () => {
        const answer = await find(caller, key, player, options);
        if (answer === undefined) return undefined;
        if (isNone(answer)) return "none";
        seated = JSON.parse(answer.text) as Seated;
        return { room: seated.room.id, made: seated.made };
      });
      if (!seated || typeof found !== "object") return;
      await pause(random.integer(0, HOLD_MS_MAX));
      const path = `${PATH}/${found.room}/seats/${seated.seat.id}`;
      const input = { do: "leave", room: found.room, player } as const;
      await recorder.record(client, input, () => leave(caller, path, key));
    },
  );
  return { ...counts, history: recorder.operations };
}

/** Ends all rooms, those too that nobody learned of. */
export async function closeRooms(server: KilledServer): Promise<void> {
  const { url } = server.now;
  const headers = { authorization: `Bearer ${server.now.token("admin")}` };
  const answer = await fetch(`${url}${PATH}?fleet=${ROOM_FLEET}`, { headers });
  const { rooms } = (await answer.json()) as { rooms: readonly { id: string }[] };
  for (const { id } of rooms) await fetch(`${url}${PATH}/${id}`, { method: "DELETE", headers });
}

function find(
  caller: Caller,
  key: string,
  player: string,
  { name, capacity }: { readonly name: string; readonly capacity: number },
): Promise<Answer | undefined> {
  const seat = { player, seconds: SEAT_SECONDS };
  const like = { fleet: ROOM_FLEET, attributes: { history: name }, capacity };
  const body = { ...like, emptySeconds: EMPTY_SECONDS, seat };
  return caller.call({ method: "POST", path: PATH, key, body, isNone });
}

async function leave(caller: Caller, path: string, key: string): Promise<"left"> {
  const call = { method: "DELETE", path, key, body: {}, isNone: () => false } as const;
  const answer = await caller.call(call);
  // Left by a call whose answer was lost with the control plane.
  const isDone = answer?.status === 200 || answer?.status === GONE;
  if (!isDone) throw new Error(`leaving a seat was answered ${answer?.status}: ${answer?.text}`);
  return "left";
}

function isNone({ status, text }: Answer): boolean {
  if (status === FULL) return true;
  if (status === 200 || status === 201) return false;
  throw new Error(`finding a room was answered ${status}: ${text}`);
}
