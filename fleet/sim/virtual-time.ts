import type { Clock } from "../../core/std/clock.ts";
import { Heap } from "../../core/std/heap.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  act: (() => void) | undefined;
}

/** Loops and stores begin in the turn after they were asked; what one instant starts has so many turns to come to rest. */
const TURNS = 3;
/** Long waits end on a grid, so that what machines do at the same pace happens in the same instant: far fewer instants. */
const COARSE_FROM_MS = 100;
const GRID_MS = 50;

/**
 * Time that only this simulation moves: from one instant at which something is due to the next. Within an instant
 * everything happens in the order in which it was asked for, so that one seed always gives one history.
 */
export class VirtualTime implements Clock {
  #wall: number;
  #monotonic = 0;
  #order = 0;
  readonly #heap = new Heap(isBefore);

  constructor(wallMs: number) {
    this.#wall = wallMs;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = (): void => {
        timer.act = undefined;
        reject(signal?.reason);
      };
      const timer = this.#add(ms, () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      });
      signal?.addEventListener("abort", stop, { once: true });
    });
  }

  /** Calls `act` after `ms`; the returned function takes that back. */
  after(ms: number, act: () => void): () => void {
    const timer = this.#add(ms, act);
    return () => {
      timer.act = undefined;
    };
  }

  /** Wall time jumps (somebody set a clock); monotonic time does not. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  /** Lets time pass until `endMs` of monotonic time, and calls `onRest` whenever an instant has come to rest. */
  async runTo(endMs: number, onRest: () => boolean): Promise<void> {
    await settle();
    for (;;) {
      const { first } = this.#heap;
      if (!first || first.at > endMs) break;
      this.#moveTo(first.at);
      for (let due = this.#heap.first; due && due.at <= this.#monotonic; due = this.#heap.first) {
        this.#heap.pop();
        due.act?.();
      }
      await settle();
      if (!onRest()) return;
    }
    this.#moveTo(endMs);
  }

  #add(ms: number, act: () => void): Timer {
    const exact = this.#monotonic + Math.max(0, ms);
    const at = ms < COARSE_FROM_MS ? exact : Math.ceil(exact / GRID_MS) * GRID_MS;
    const timer: Timer = { at, order: this.#order++, act };
    this.#heap.push(timer);
    return timer;
  }

  #moveTo(monotonic: number): void {
    this.#wall += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}

/** Lets everything run that only waits for promises or for the next turn of the loop. */
async function settle(): Promise<void> {
  for (let i = 0; i < TURNS; i++) await new Promise((resolve) => setImmediate(resolve));
}
