/** What the control plane's rooms API says and takes, as `/openapi/v3` describes it. */
export interface Port {
  readonly name: string;
  readonly port: number;
}
export type Attributes = Readonly<Record<string, string>>;
/** Seconds as a number, or a text such as "10s", "500ms", "1m". */
export type Duration = number | string;

export interface RoomView {
  readonly id: string;
  readonly namespace: string;
  readonly fleet: string;
  readonly attributes: Attributes;
  readonly capacity: number;
  readonly open: boolean;
  readonly seats: { readonly taken: number; readonly reserved: number; readonly free: number };
  readonly gameServer: {
    readonly name: string;
    readonly uid: string;
    readonly node: string;
    readonly address: string;
    readonly ports: readonly Port[];
  };
  readonly createdAt: string;
}

export type SeatState = "Reserved" | "Taken";

/** A seat as others see it. */
export interface SeatOfRoom {
  readonly id: string;
  readonly player: string;
  readonly state: SeatState;
  readonly givenAt: string;
  /** Until when it is kept for a player who is not there yet. */
  readonly expiresAt?: string;
}
export interface SeatView {
  readonly id: string;
  readonly room: string;
  readonly player: string;
  readonly state: SeatState;
  /** Until when it is kept for a player who is not there yet. */
  readonly expiresAt?: string;
  readonly host: string;
  readonly ports: readonly Port[];
  readonly token: string;
  readonly tokenExpiresAt: string;
}

/** Which room, or what the new one is to be like. */
export interface RoomWanted {
  readonly fleet: string;
  readonly namespace?: string | undefined;
  /** A room is found when all of these are the same. */
  readonly attributes?: Attributes | undefined;
  readonly capacity?: number | undefined;
  /** False makes a new room even when there is one with a free seat. */
  readonly find?: boolean | undefined;
  /** False makes a room that others do not find. */
  readonly open?: boolean | undefined;
  /** How long it stays without anybody. */
  readonly emptySeconds?: number | undefined;
  /** How long to wait in line when nothing is free; 0: the first answer counts. */
  readonly waitUpTo?: Duration | undefined;
}
export interface RoomMade {
  readonly room: RoomView;
  readonly made: boolean;
  readonly seat?: SeatView;
}

/** What is wanted of a seat. */
export interface SeatWanted {
  readonly player: string;
  /** How long it is kept for the player who is not there yet. */
  readonly seconds?: number | undefined;
  /** How long to wait in line when none is free; 0: the first answer counts. */
  readonly waitUpTo?: Duration | undefined;
}
/** A room that is there. */
export interface RoomPlace {
  readonly room: string;
  readonly namespace?: string | undefined;
}
export interface RoomFilter {
  readonly namespace?: string | undefined;
  readonly fleet?: string | undefined;
  readonly attributes?: Attributes | undefined;
  /** Only rooms with a free seat. */
  readonly free?: boolean | undefined;
  /** Only rooms in which this player has a seat. */
  readonly player?: string | undefined;
  /** How many in one answer. */
  readonly limit?: number | undefined;
}

export function roomPath(namespace: string, room: string, below = ""): string {
  return `/v1/rooms/${encodeURIComponent(room)}${below}?namespace=${encodeURIComponent(namespace)}`;
}

/** Milliseconds of a duration; 0 for what is none, which the control plane refuses by itself. */
export function durationMs(duration: Duration | undefined): number | undefined {
  if (duration === undefined) return undefined;
  if (typeof duration === "number") return Math.max(0, duration * 1000) || 0;
  const [, amount = "0", unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(duration) ?? [];
  return Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS];
}
const UNITS_MS = { ms: 1, s: 1000, m: 60_000 } as const;
