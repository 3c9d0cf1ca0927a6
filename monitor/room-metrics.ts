import { Counter, Gauge } from "prom-client";
import type { Reason } from "../core/model/reason.ts";
import type { Resource } from "../core/model/resource.ts";
import type { Room } from "../core/model/room.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import type { Metrics } from "./metrics.ts";

/** Rooms of a fleet and their seats. */
interface Sums {
  rooms: number;
  taken: number;
  reserved: number;
}

/** Numbers of rooms and seats: what there is is counted as it changes, what happened as it is told. */
export class RoomMetrics implements Disposable {
  readonly #following: Disposable;
  /** By namespace and fleet. */
  readonly #sums = new Map<string, Sums>();
  readonly #made: Counter<"on">;
  readonly #closed: Counter<"reason">;
  readonly #expired: Counter;
  readonly #waits: Counter<"what" | "got">;

  constructor(store: ResourceStore, { registry }: Metrics) {
    for (const room of store.list("Room")) this.#count(room, 1);
    this.#following = store.onHead((before, after) => this.#follow(before, after));
    const registers = [registry];
    this.#showSums(registers);
    this.#made = new Counter({
      name: "flotilla_rooms_made_total",
      help: "Rooms that were made, by whether their server was open already or Ready.",
      labelNames: ["on"],
      registers,
    });
    this.#closed = new Counter({
      name: "flotilla_rooms_closed_total",
      help: "Rooms that were closed, by reason.",
      labelNames: ["reason"],
      registers,
    });
    this.#expired = new Counter({
      name: "flotilla_seats_expired_total",
      help: "Reserved seats whose player did not come in time.",
      registers,
    });
    this.#waits = new Counter({
      name: "flotilla_room_waits_total",
      help: "Requests that found no room or seat at once, by whether they got one in their time.",
      labelNames: ["what", "got"],
      registers,
    });
  }

  /** Rooms of a fleet. */
  roomsOf(namespace: string, fleet: string): number {
    return this.#sums.get(`${namespace}/${fleet}`)?.rooms ?? 0;
  }

  made(on: "open" | "ready"): void {
    this.#made.inc({ on });
  }
  closed(reason: Reason): void {
    this.#closed.inc({ reason });
  }
  expired(seats: number): void {
    this.#expired.inc(seats);
  }
  waited(what: "room" | "seat", got: boolean): void {
    this.#waits.inc({ what, got: String(got) });
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
  }

  #showSums(registers: Metrics["registry"][]): void {
    const sums = this.#sums;
    new Gauge({
      name: "flotilla_rooms",
      help: "Rooms by fleet.",
      labelNames: ["namespace", "fleet"],
      registers,
      collect() {
        this.reset();
        for (const [key, { rooms }] of sums) this.set(labelsOf(key), rooms);
      },
    });
    new Gauge({
      name: "flotilla_room_seats",
      help: "Seats that are given, by fleet and state.",
      labelNames: ["namespace", "fleet", "state"],
      registers,
      collect() {
        this.reset();
        for (const [key, { taken, reserved }] of sums) {
          this.set({ ...labelsOf(key), state: "taken" }, taken);
          this.set({ ...labelsOf(key), state: "reserved" }, reserved);
        }
      },
    });
  }

  #follow(before: Resource | undefined, after: Resource | undefined): void {
    if (before?.kind === "Room") this.#count(before, -1);
    if (after?.kind === "Room") this.#count(after, 1);
  }

  #count({ metadata, spec, status }: Room, by: 1 | -1): void {
    const key = `${metadata.namespace}/${spec.fleet}`;
    const sums = this.#sums.get(key) ?? { rooms: 0, taken: 0, reserved: 0 };
    this.#sums.set(key, sums);
    sums.rooms += by;
    for (const id in status.seats)
      if (status.seats[id]?.state === "Taken") sums.taken += by;
      else sums.reserved += by;
    if (sums.rooms === 0) this.#sums.delete(key);
  }
}

function labelsOf(key: string): { readonly namespace: string; readonly fleet: string } {
  const [namespace = "", fleet = ""] = key.split("/");
  return { namespace, fleet };
}
