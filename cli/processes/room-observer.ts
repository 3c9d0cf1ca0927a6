import type { RoomObserver } from "../../allocator/rooms/room-observer.ts";
import type { EventInput } from "../../core/model/event.ts";
import { FLEET_LABEL } from "../../core/model/fleet.ts";
import type { Reason } from "../../core/model/reason.ts";
import type { Room } from "../../core/model/room.ts";
import type { Controllers } from "../../fleet/controller/controllers.ts";
import type { Metrics } from "../../monitor/metrics.ts";
import type { RoomMetrics } from "../../monitor/room-metrics.ts";
import type { EventLog } from "../../store/event-log.ts";

export interface RoomObserverOptions {
  readonly events: EventLog;
  readonly metrics: Metrics;
  readonly roomMetrics: RoomMetrics;
  readonly controllers: Controllers;
}

const MESSAGES = {
  RoomClosed: "closed a room: somebody asked for it",
  RoomEmpty: "closed a room: it has stood empty for its time",
  RoomServerEnded: "closed a room: its game server has ended or was taken back by its game",
} as const satisfies Partial<Record<Reason, string>>;

/** What becomes of rooms as events, metrics and demand. Events are one line per fleet that is counted up. */
export function roomObserver(options: RoomObserverOptions): RoomObserver {
  const { events, metrics, roomMetrics, controllers } = options;
  const record = (
    subject: EventInput["subject"],
    reason: Reason,
    message: string,
    type: EventInput["type"] = "Normal",
  ): void => events.record({ type, reason, message, subject });
  return {
    made: (room, opened, tookMs) => {
      roomMetrics.made(opened ? "ready" : "open");
      record(fleetOf(room), "RoomMade", "made a room");
      if (!opened) return;
      metrics.allocated("Allocated", tookMs / 1_000);
      record(fleetOf(room), "Allocated", "handed out a game server");
    },
    missed: (namespace, fleet, count) =>
      controllers.missed(namespace, [{ matchLabels: { [FLEET_LABEL]: fleet } }], count),
    waited: (what, got, tookMs) => {
      roomMetrics.waited(what, got);
      if (what === "room" && !got) metrics.allocated("UnAllocated", tookMs / 1_000);
    },
    closed: (room, because) => {
      roomMetrics.closed(because);
      const message = MESSAGES[because as keyof typeof MESSAGES];
      record(fleetOf(room), because, message, because === "RoomServerEnded" ? "Warning" : "Normal");
    },
    cameBack: ({ kind, metadata: { namespace, name, uid } }) =>
      record(
        { kind, namespace, name, uid },
        "RoomsEnded",
        "its rooms have ended: it is Ready again",
      ),
    expired: (room, seats) => {
      roomMetrics.expired(seats);
      const { namespace, name, uid } = room.metadata;
      const subject = { kind: room.kind, namespace, name, uid };
      record(subject, "SeatExpired", "a reserved seat is free again: its player did not come");
    },
  };
}

function fleetOf({ metadata, spec }: Room): EventInput["subject"] {
  return { kind: "Fleet", namespace: metadata.namespace, name: spec.fleet };
}
