import { ROOM_CAPACITY, ROOM_CAPACITY_MAX, SEAT_SECONDS } from "../core/model/room.ts";
import type { Schema } from "../core/model/schema.ts";
import {
  dnsLabel,
  flag,
  integer,
  list,
  object,
  oneOf,
  text,
  time,
} from "../core/model/schemas/build.ts";
import { STATUS_PORTS } from "../core/model/schemas/game-server.ts";
import {
  ATTRIBUTES,
  CAPACITY,
  EMPTY,
  FLEET_NAME,
  OPEN,
  PLAYER,
  SECONDS_RESERVED,
} from "../core/model/schemas/room.ts";

const WAIT: Schema = {
  description: "How long to wait when there is none (10s); without it the answer comes at once.",
  format: "wait",
};
const SEAT_WISH: Schema = object(
  "A seat in it, given in the same commit.",
  { player: PLAYER, seconds: SECONDS_RESERVED },
  { required: ["player"] },
);

export const OPEN_ROOM: Schema = object(
  "The room that is wanted.",
  {
    namespace: dnsLabel("Namespace; `default` when absent."),
    fleet: FLEET_NAME,
    attributes: { ...ATTRIBUTES, description: "Found are rooms with exactly these." },
    capacity: {
      ...CAPACITY,
      description: `Seats. When absent: the fleet's players spread over its rooms, else ${ROOM_CAPACITY}.`,
    },
    find: flag("False: always a new one. True when absent."),
    open: { ...OPEN, description: "Whether others find it. True when absent." },
    emptySeconds: { ...EMPTY, description: "Seconds without a seat given; 60 when absent." },
    seat: SEAT_WISH,
    waitUpTo: WAIT,
  },
  { required: ["fleet"] },
);
export const TAKE_SEAT: Schema = object(
  "Who wants a seat.",
  { player: PLAYER, seconds: SECONDS_RESERVED, waitUpTo: WAIT },
  { required: ["player"] },
);
export const CHANGE_ROOM: Schema = object("What is to be.", { open: OPEN }, { required: ["open"] });
export const NOTHING: Schema = object("Nothing.", {});

const COUNT = (description: string): Schema => integer(description, 0);
export const ROOM_VIEW: Schema = object("A room.", {
  id: text("Its id, the name of the Room."),
  namespace: text("Namespace."),
  fleet: FLEET_NAME,
  attributes: ATTRIBUTES,
  capacity: CAPACITY,
  open: OPEN,
  seats: object("How many there are.", {
    taken: COUNT("Players who are there."),
    reserved: COUNT("Kept for players on their way."),
    free: COUNT("For anybody."),
  }),
  gameServer: object("Where it is.", {
    name: text("The game server."),
    uid: text("Its uid: the audience of join tokens."),
    node: text("Its node."),
    address: text("Where players reach it."),
    ports: STATUS_PORTS,
  }),
  createdAt: time("When it was made."),
});
const SEAT_FIELDS = {
  id: text("Its id."),
  room: text("Id of the room."),
  player: PLAYER,
  state: oneOf("Whether the player is there.", ["Reserved", "Taken"]),
  expiresAt: time(`When a reserved one is free again: after ${SEAT_SECONDS.usual} s, or as asked.`),
  host: text("Where the player reaches the game."),
  ports: STATUS_PORTS,
};
export const SEAT_VIEW: Schema = object("A seat.", SEAT_FIELDS);
export const SEATS: Schema = object("Who has a seat in a room.", {
  seats: list(
    "Those who wait longest first; no tokens.",
    object("A seat.", {
      id: SEAT_FIELDS.id,
      player: PLAYER,
      state: SEAT_FIELDS.state,
      givenAt: time("When it was given."),
      expiresAt: SEAT_FIELDS.expiresAt,
    }),
    ROOM_CAPACITY_MAX,
  ),
});
export const SEAT_WITH_TOKEN: Schema = object("A seat with what opens it.", {
  ...SEAT_FIELDS,
  token: text("Join token: a compact JWT (EdDSA) that the game checks."),
  tokenExpiresAt: time("Until when the token is good, at most a minute."),
});
export const OPENED: Schema = object("The room, and the seat that was asked for.", {
  room: ROOM_VIEW,
  made: flag("True: it is new."),
  seat: SEAT_WITH_TOKEN,
});
export const LEFT: Schema = object("What was left.", { seat: SEAT_VIEW, room: ROOM_VIEW });
export const ROOM_PAGE: Schema = object("Rooms, by namespace and id.", {
  rooms: list("One page.", ROOM_VIEW, 5_000),
  continue: text("Asks for the next page; absent on the last."),
});
export const KEY_SET: Schema = object("A JSON Web Key Set.", {
  keys: list(
    "Public keys.",
    object("One key.", {
      kty: text("OKP."),
      crv: text("Ed25519."),
      x: text("The key."),
      kid: text("Its id."),
      alg: text("EdDSA."),
      use: text("sig."),
    }),
    10,
  ),
});
