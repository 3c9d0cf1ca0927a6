import { describe, expect, it } from "vitest";
import { made } from "../core/model/admit-inputs.ts";
import type { Room, RoomSpec, RoomStatus } from "../core/model/room.ts";
import { roomsText, seatsText, waitingText } from "./describe-rooms.ts";

const NOW = Date.parse("2026-01-01T00:01:00Z");
const lines = (text: string): string[] => text.trimEnd().split("\n");

function room(status: Partial<RoomStatus>, spec: Partial<RoomSpec> = {}): Room {
  const one = made("Room", { spec: { fleet: "arena", capacity: 4, ...spec } });
  return {
    ...one,
    status: { gameServer: "a-0", address: "127.0.0.1", ports: [], seats: {}, ...status },
  } as Room;
}

const GIVEN = "2026-01-01T00:00:50Z";
const SEATS = {
  s2: { player: "ben", state: "Reserved", givenAt: GIVEN, expiresAt: "2026-01-01T00:01:21Z" },
  s1: { player: "ann", state: "Taken", givenAt: "2026-01-01T00:00:00Z", listed: true },
  s3: { player: "cid\u001B", state: "Taken", givenAt: GIVEN },
} as const;

describe("the seats of a room", () => {
  it("stand in the order of giving, each with why it is given still", () => {
    expect(lines(seatsText(room({ seats: SEATS }), NOW))).toEqual([
      "Seats: 2 taken, 1 reserved, 1 free",
      "  SEAT   PLAYER   STATE      GIVEN     WHY",
      "  s1     ann      Taken      60s ago   the game lists the player",
      "  s2     ben      Reserved   10s ago   kept 21s more for the player to come",
      "  s3     cid\uFFFD     Taken      10s ago   confirmed over the API, not listed by the game",
    ]);
  });

  it("tell when the room ends while none is given", () => {
    const empty = room({ emptySince: GIVEN });
    expect(seatsText(empty, NOW)).toBe("Seats: 4 free; the room ends in 50s unless one is given\n");
    expect(seatsText(empty, NOW + 60_000)).toBe("Seats: 4 free; the room ends\n");
  });
});

describe("the rooms of a fleet", () => {
  it("are summed up, and the first ten are shown", () => {
    const rooms = Array.from({ length: 12 }, (_, i) =>
      room({ seats: i === 0 ? SEATS : {} }, { open: i > 1 }),
    );
    const shown = lines(roomsText(rooms, "-l agones.dev/fleet=arena", NOW));
    expect(shown[0]).toBe("Rooms: 12, 3 of 48 seats given, 1 of them reserved, 2 closed to others");
    expect(shown[1]).toMatch(/^ {2}NAME +FLEET +SEATS +OPEN +GAMESERVER/);
    expect(shown.filter((line) => / \d\/4 +(yes|no) +a-0 /.test(line))).toHaveLength(10);
    expect(shown.at(-1)).toBe("  2 more: flotilla get rooms -l agones.dev/fleet=arena");
  });

  it("are not spoken of when there are none", () => {
    expect(roomsText([], "", NOW)).toBe("");
  });
});

it("sums up who waits for a fleet by what they wait for", () => {
  const some = { fleets: ["arena"], requests: 2, oldestSeconds: 5 };
  const waiting = [
    { ...some, what: "room" },
    { ...some, what: "gameserver", oldestSeconds: 200 },
    { ...some, what: "room", fleets: [], oldestSeconds: 1 },
  ] as const;
  expect(waitingText(waiting)).toBe(
    "Waiting: 2 for a game server (the first for 3m20s), 4 for a room (the first for 5s)\n",
  );
  expect(waitingText([])).toBe("");
});
