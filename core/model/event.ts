import type { Reason } from "./reason.ts";
import type { ObjectMeta } from "./resource.ts";

export interface EventSubject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
}
/** What happened and why, as it is recorded; equal ones within ten minutes are counted, not repeated. */
export interface EventInput {
  readonly type: "Normal" | "Warning";
  readonly reason: Reason;
  readonly message: string;
  readonly subject: EventSubject;
}
/** An event as the API shows it. Read-only. */
export interface Event {
  readonly apiVersion: string;
  readonly kind: "Event";
  readonly metadata: ObjectMeta;
  readonly type: "Normal" | "Warning";
  readonly reason: Reason;
  readonly message: string;
  readonly involvedObject: EventSubject;
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
}
