import {
  EMPTY_SECONDS,
  PLAYER_LENGTH_MAX,
  ROOM_ATTRIBUTES_MAX,
  ROOM_CAPACITY,
  ROOM_CAPACITY_MAX,
  SEAT_SECONDS,
} from "../room.ts";
import type { Schema } from "../schema.ts";
import {
  dnsSubdomain,
  flag,
  integer,
  LABEL_KEY,
  LABEL_VALUE_SCHEMA,
  map,
  object,
  oneOf,
  text,
  time,
} from "./build.ts";
import { ADDRESSES, STATUS_PORTS } from "./game-server.ts";

export const FLEET_NAME: Schema = dnsSubdomain("The fleet on whose game servers it is.");
export const ATTRIBUTES: Schema = map(
  "What players look for, such as map and mode.",
  LABEL_VALUE_SCHEMA,
  LABEL_KEY,
  ROOM_ATTRIBUTES_MAX,
);
export const CAPACITY: Schema = integer("Seats.", 1, ROOM_CAPACITY_MAX);
export const OPEN: Schema = flag("Found by those who look for any room like it.");
export const EMPTY: Schema = integer(
  "Seconds that it stays without a seat given.",
  EMPTY_SECONDS.least,
  EMPTY_SECONDS.most,
);
export const PLAYER: Schema = text("Who sits there, as the game reports players.", {
  minLength: 1,
  maxLength: PLAYER_LENGTH_MAX,
  pattern: "^[^\\p{C}\\p{Zl}\\p{Zp}]+$",
  "x-flotilla-form": "printable characters",
});
export const SECONDS_RESERVED: Schema = integer(
  `Seconds that it is kept for the player; ${SEAT_SECONDS.usual} when absent.`,
  SEAT_SECONDS.least,
  SEAT_SECONDS.most,
);

export const ROOM_SPEC: Schema = object(
  "A running instance of play on a game server, with its seats. Made by POST /v1/rooms.",
  {
    fleet: FLEET_NAME,
    attributes: { ...ATTRIBUTES, default: {} },
    capacity: { ...CAPACITY, default: ROOM_CAPACITY },
    open: { ...OPEN, default: true },
    emptySeconds: { ...EMPTY, default: EMPTY_SECONDS.usual },
  },
  { required: ["fleet"] },
);

const SEAT: Schema = object(
  "A place for one player.",
  {
    player: PLAYER,
    state: oneOf("Whether the player is there.", ["Reserved", "Taken"]),
    givenAt: time("When it was given."),
    expiresAt: time("When a reserved one is free again."),
    listed: flag("The player has been in the game server's list of players."),
  },
  { required: ["player", "state", "givenAt"] },
);

export const ROOM_STATUS: Schema = object(
  "Where it is and who sits in it.",
  {
    gameServer: text("The game server that it is on.", { default: "" }),
    gameServerUid: text("That server's uid.", { default: "" }),
    nodeName: text("The node of it.", { default: "" }),
    address: text("Where players reach it.", { default: "" }),
    addresses: ADDRESSES,
    ports: STATUS_PORTS,
    seats: map("Seats that were given, by their ids.", SEAT, text("Id."), ROOM_CAPACITY_MAX, {
      default: {},
    }),
    emptySince: time("Since when no seat is given."),
  },
  {},
);
