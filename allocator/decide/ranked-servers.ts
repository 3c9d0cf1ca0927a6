import type { GameServer } from "../../core/model/game-server.ts";

/** True when `a` is handed out before `b`. */
export type IsBefore = (a: GameServer, b: GameServer) => boolean;

/** Servers of one node in the order in which they are handed out. */
export interface Shelf {
  readonly size: number;
  /** The next one to hand out. */
  readonly first: GameServer | undefined;
  /** Puts a server in, or its newer self in the place of its older one. */
  add(server: GameServer): void;
  /** False when it was not there. */
  remove(name: string): boolean;
  all(): Iterable<GameServer>;
}

/** Who has waited longest comes first. */
export class FirstCome implements Shelf {
  readonly #servers = new Map<string, GameServer>();

  get size(): number {
    return this.#servers.size;
  }
  get first(): GameServer | undefined {
    return this.#servers.values().next().value;
  }
  add(server: GameServer): void {
    this.#servers.set(server.metadata.name, server);
  }
  remove(name: string): boolean {
    return this.#servers.delete(name);
  }
  all(): Iterable<GameServer> {
    return this.#servers.values();
  }
}

/** A binary heap that knows where each server is, so that a change costs the logarithm of their number. */
export class Ranked implements Shelf {
  readonly #isBefore: IsBefore;
  readonly #heap: GameServer[] = [];
  readonly #places = new Map<string, number>();

  constructor(isBefore: IsBefore) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#heap.length;
  }
  get first(): GameServer | undefined {
    return this.#heap[0];
  }

  add(server: GameServer): void {
    const place = this.#places.get(server.metadata.name) ?? this.#heap.length;
    this.#put(place, server);
    this.#settle(place);
  }

  remove(name: string): boolean {
    const place = this.#places.get(name);
    if (place === undefined) return false;
    this.#places.delete(name);
    const last = this.#heap.pop() as GameServer;
    if (place < this.#heap.length) {
      this.#put(place, last);
      this.#settle(place);
    }
    return true;
  }

  all(): Iterable<GameServer> {
    return this.#heap;
  }

  #put(place: number, server: GameServer): void {
    this.#heap[place] = server;
    this.#places.set(server.metadata.name, place);
  }

  /** Moves what stands at `place` up or down until the order is right again. */
  #settle(from: number): void {
    const heap = this.#heap;
    let place = from;
    for (;;) {
      const up = (place - 1) >> 1;
      if (place === 0 || !this.#isLess(place, up)) break;
      this.#swap(place, up);
      place = up;
    }
    for (;;) {
      const left = 2 * place + 1;
      if (left >= heap.length) return;
      const child = left + 1 < heap.length && this.#isLess(left + 1, left) ? left + 1 : left;
      if (!this.#isLess(child, place)) return;
      this.#swap(place, child);
      place = child;
    }
  }

  #isLess(a: number, b: number): boolean {
    return this.#isBefore(this.#heap[a] as GameServer, this.#heap[b] as GameServer);
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#heap[a] as GameServer, this.#heap[b] as GameServer];
    this.#put(a, y);
    this.#put(b, x);
  }
}
