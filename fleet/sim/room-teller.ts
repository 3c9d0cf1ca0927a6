import type { JoinSigner } from "../../allocator/rooms/join-tokens.ts";
import type { TurningKeys } from "../../allocator/rooms/room-keeper.ts";
import type { RoomObserver } from "../../allocator/rooms/room-observer.ts";
import { FLEET_LABEL } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { EventLog } from "../../store/event-log.ts";
import type { Controllers } from "../controller/controllers.ts";

/** Nobody checks tokens here: they say what they say. */
export const KEYS: JoinSigner & TurningKeys = {
  publicText: "[]",
  sign: (claims) => JSON.stringify(claims),
  rotate: async () => false,
};

const nothing = (): void => undefined;

/** Of what becomes of rooms, fleets hear of requests that they had nothing for, and people of servers that came back. */
export class RoomTeller implements RoomObserver {
  readonly #events: EventLog;
  readonly #controllers: Controllers;
  readonly made: () => void = nothing;
  readonly waited: () => void = nothing;
  readonly closed: () => void = nothing;
  readonly expired: () => void = nothing;

  constructor(events: EventLog, controllers: Controllers) {
    this.#events = events;
    this.#controllers = controllers;
  }

  missed(namespace: string, fleet: string, count: number): void {
    this.#controllers.missed(namespace, [{ matchLabels: { [FLEET_LABEL]: fleet } }], count);
  }

  cameBack({ kind, metadata: { namespace, name, uid } }: GameServer): void {
    const subject = { kind, namespace, name, uid };
    const message = "its rooms have ended: it is Ready again";
    this.#events.record({ type: "Normal", reason: "RoomsEnded", message, subject });
  }
}
