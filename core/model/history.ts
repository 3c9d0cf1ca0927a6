import type { Reason } from "./reason.ts";

/** One change of state of one resource: what it was, what it became, why, and who or what caused it. */
export interface HistoryRow {
  /** Grows with time; a page continues below the last one that was seen. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly kind: HistoryKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly fleet?: string;
  readonly node?: string;
  /** Empty for what was just made. */
  readonly from: string;
  /** `Gone` for what was taken away. */
  readonly to: string;
  readonly reason: Reason;
  readonly message?: string;
  /** `user alice`, `token ci`, `fleet arena`, `autoscaler arena`, `game`, `node a`, `allocation`, `controller`. */
  readonly by: string;
}

/** Kinds whose changes are kept; `History` is a line about the history itself. */
export const HISTORY_KINDS = [
  "GameServer",
  "Container",
  "Service",
  "Fleet",
  "Node",
  "Room",
  "History",
] as const;
export type HistoryKind = (typeof HISTORY_KINDS)[number];

export const GONE = "Gone";

/** What a reader may ask for; each of them narrows. Times are milliseconds since 1970, `fromMs` included, `toMs` not. */
export interface HistoryFilter {
  readonly kind?: string;
  /** One of these. */
  readonly namespaces?: readonly string[];
  readonly name?: string;
  readonly fleet?: string;
  readonly node?: string;
  /** The state that it became. */
  readonly state?: string;
  readonly reason?: string;
  /** The whole word (`user alice`), or what follows the first space (`alice`). */
  readonly by?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** Newest first. `before` is the id that the last page ended with. */
export interface HistoryPage {
  readonly limit: number;
  readonly before?: number;
}
