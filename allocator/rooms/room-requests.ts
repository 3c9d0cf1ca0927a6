import type { RoomWish } from "../decide/room-make.ts";
import type { RoomView, SeatView } from "../decide/room-views.ts";
import type { Idempotency } from "../once.ts";
import type { SeatWish } from "./room-maker.ts";

/** What every request may carry. */
export interface Asking {
  readonly idempotency?: Idempotency;
  /** Who asked has gone. */
  readonly signal?: AbortSignal;
  /** How long it waits for a room or a seat. */
  readonly waitMs: number;
}
export interface OpenRequest extends Asking {
  /** Without a capacity it follows from the fleet's template. */
  readonly wish: Omit<RoomWish, "capacity"> & { readonly capacity?: number };
  /** True: a room like it with a free seat is as good. */
  readonly find: boolean;
  readonly seat?: SeatWish;
}
export interface SeatRequest extends Asking {
  readonly namespace: string;
  readonly id: string;
  readonly seat: SeatWish;
}
export interface Opened {
  readonly room: RoomView;
  readonly made: boolean;
  readonly seat?: SeatView;
}
export interface Seated {
  readonly isNew: boolean;
  readonly seat: SeatView;
}
