import type { Overview as WireOverview } from "../../core/model/overview.ts";
import type { RowKind as WireRowKind } from "../../core/model/rows.ts";

/** Kinds that the server tells rows of. */
export type RowKind = WireRowKind;

/** One object as lists show it; which of the numbers are there depends on the kind. */
export interface Row {
  readonly uid: string;
  readonly namespace?: string;
  readonly name: string;
  readonly state: string;
  readonly reason?: string;
  readonly message?: string;
  readonly createdAtMs: number;
  readonly [more: string]: unknown;
}
export interface RowsPage {
  readonly revision: string | number;
  readonly items: readonly Row[];
  readonly total: number;
  readonly next?: string | number;
}

/** The platform at a glance. */
export type Overview = WireOverview;
export type FleetView = Overview["fleets"][number];
export interface SamplesAnswer {
  readonly step: number;
  readonly times: readonly number[];
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
  readonly unit: Readonly<Record<string, string>>;
}

export interface AlertView {
  readonly id: string;
  readonly rule: string;
  readonly severity: "warning" | "critical";
  readonly state: "pending" | "firing" | "resolved";
  readonly subject: { readonly kind: string; readonly namespace?: string; readonly name: string };
  readonly summary: string;
  readonly value?: number;
  readonly threshold?: number;
  readonly pendingAtMs: number;
  readonly firedAtMs?: number;
  readonly resolvedAtMs?: number;
  readonly acknowledged?: { readonly by: string; readonly atMs: number; readonly comment?: string };
  readonly silencedBy?: string;
}
export interface Silence {
  readonly id: string;
  readonly match: {
    readonly rule?: string;
    readonly kind?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly comment: string;
  readonly by: string;
  readonly endsAtMs: number;
}
export interface AlertRule {
  readonly name: string;
  readonly severity: "warning" | "critical";
  readonly summary: string;
  readonly forSeconds: number;
  /** What to do about it. */
  readonly todo?: string;
}

export interface HistoryEntry {
  readonly id: string | number;
  readonly atMs: number;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly fleet?: string;
  readonly node?: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly message?: string;
  readonly by?: string;
}
export interface AuditEntry {
  readonly seq: number;
  readonly atMs: number;
  readonly who: string;
  readonly kind: string;
  readonly from: string;
  readonly action: string;
  readonly target: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly outcome: string;
  readonly message?: string;
}
export interface UserView {
  readonly name: string;
  readonly role: "viewer" | "operator" | "admin";
  readonly disabled: boolean;
  readonly createdAt: string;
  readonly lastSeenAt?: string;
  readonly hasPassword: boolean;
}
export interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly namespaces?: readonly string[];
  readonly createdBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly lastUsedAt?: string;
}
export interface PageOf<T> {
  readonly items: readonly T[];
  readonly next?: string | number;
}
