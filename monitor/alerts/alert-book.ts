import type { Alert, AlertSubject, Silence } from "../../core/model/alert.ts";
import type { RuleName } from "./rules.ts";

/** Something that a rule has found. What is only `between` its two bounds keeps an alert, and begins none. */
export interface Finding {
  readonly rule: RuleName;
  readonly subject: AlertSubject;
  readonly level: "over" | "between";
  readonly summary: string;
  readonly value?: number;
  readonly threshold?: number;
}

/** An alert with what is remembered about it. */
export interface BookedAlert extends Alert {
  readonly rule: RuleName;
  /** Since when nothing is found any more. */
  readonly wellSinceMs?: number;
  /** How often it came back soon after it was resolved. */
  readonly flaps: number;
  /** Somebody was told that it fires: then the end is told, too. */
  readonly told: boolean;
}

/** All that is known of alerts; a plain value, which is kept over restarts. */
export interface AlertBook {
  /** Pending and firing. */
  readonly open: readonly BookedAlert[];
  /** Newest last. */
  readonly resolved: readonly BookedAlert[];
  readonly silences: readonly Silence[];
  /** Counts alerts and silences: a part of their ids. */
  readonly made: number;
}

export const EMPTY_BOOK: AlertBook = { open: [], resolved: [], silences: [], made: 0 };

/** What is to be told to people. */
export interface AlertAction {
  readonly do: "tell";
  readonly event: "firing" | "resolved";
  readonly alert: BookedAlert;
}

/** A book that somebody has changed, and what is answered. */
export interface AlertEdit<T> {
  readonly book: AlertBook;
  readonly answer: T;
}

/** `OutOfMemory Fleet/default/arena`: one alert at a time has it. */
export function alertKeyOf({
  rule,
  subject,
}: {
  readonly rule: string;
  readonly subject: AlertSubject;
}): string {
  const { kind, namespace = "", name } = subject;
  return `${rule} ${kind}/${namespace}/${name}`;
}

/** The alert without what is only remembered. */
export function alertView(booked: BookedAlert): Alert {
  const { wellSinceMs: _w, flaps: _f, told: _t, ...alert } = booked;
  return alert;
}
