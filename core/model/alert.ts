/** What an alert is about. `namespace` is absent for what belongs to none. */
export interface AlertSubject {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

export type AlertSeverity = "warning" | "critical";
export const ALERT_STATES = ["pending", "firing", "resolved"] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** Somebody has seen it. */
export interface Acknowledgement {
  readonly by: string;
  readonly atMs: number;
  readonly comment?: string;
}

/** An alert as the API shows it. Times are milliseconds since 1970. */
export interface Alert {
  readonly id: string;
  readonly rule: string;
  readonly severity: AlertSeverity;
  readonly state: AlertState;
  readonly subject: AlertSubject;
  /** One sentence with its numbers. */
  readonly summary: string;
  readonly value?: number;
  readonly threshold?: number;
  readonly pendingAtMs: number;
  readonly firedAtMs?: number;
  readonly resolvedAtMs?: number;
  readonly acknowledged?: Acknowledgement;
  /** The silence that keeps it quiet. */
  readonly silencedBy?: string;
}

/** What a silence fits: everything that it names must be so. */
export interface AlertMatch {
  readonly rule?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Alerts that fit are shown, and told to nobody, until it ends. */
export interface Silence {
  readonly id: string;
  readonly match: AlertMatch;
  readonly comment: string;
  readonly by: string;
  readonly atMs: number;
  readonly endsAtMs: number;
}

/** A built-in rule as the API shows it. */
export interface AlertRuleView {
  readonly name: string;
  readonly severity: AlertSeverity;
  /** When it fires. */
  readonly summary: string;
  /** How long it must be so before it fires. */
  readonly forSeconds: number;
  /** How long it must be well before it is resolved. */
  readonly resolveSeconds: number;
  /** What to do about it. */
  readonly todo: string;
}

/** What a webhook is sent, as JSON. */
export interface AlertMessage {
  /** The same for every try: who has seen it may pass over it. */
  readonly id: string;
  readonly event: "firing" | "resolved";
  readonly atMs: number;
  readonly alert: Alert;
  readonly todo: string;
}
