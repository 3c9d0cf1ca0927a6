import { numberOf, quantise } from "./quantise.ts";
import type { RingMemory } from "./ring-memory.ts";

export interface RingShape {
  /** Numbers in a point. */
  readonly width: number;
  /** Points that are kept when there is memory for them. */
  readonly pointsMax: number;
  /** Points that memory is taken for at a time: a ring grows with what it has seen. */
  readonly chunkPoints: number;
  /** Whole numbers above 1,500 must be exact: twice the memory. */
  readonly isExact: boolean;
}
type Chunk = Uint16Array | Float32Array;

/** The last points of one series, in chunks that are made as it grows and used again when it is full. */
export class Ring implements Disposable {
  readonly #shape: RingShape;
  readonly #memory: RingMemory;
  readonly #chunks: Chunk[] = [];
  /** Points in the newest chunk. */
  #filled = 0;

  constructor(shape: RingShape, memory: RingMemory) {
    this.#shape = shape;
    this.#memory = memory;
    this.#filled = shape.chunkPoints;
  }

  /** Points that are kept now. */
  get length(): number {
    const { chunkPoints, pointsMax } = this.#shape;
    const before = Math.max(0, this.#chunks.length - 1) * chunkPoints;
    return this.#chunks.length === 0 ? 0 : Math.min(pointsMax, before + this.#filled);
  }

  /** Adds one point: a number per metric, NaN for what is not known. */
  push(values: Float64Array): void {
    const { width, chunkPoints, isExact } = this.#shape;
    if (this.#filled === chunkPoints) this.#turn();
    const chunk = this.#chunks.at(-1);
    if (!chunk) return;
    const at = this.#filled * width;
    for (let i = 0; i < width; i++) {
      const value = values[i] ?? Number.NaN;
      chunk[at + i] = isExact ? value : quantise(value);
    }
    this.#filled += 1;
  }

  /** The last `points` numbers in one place of the points, oldest first. */
  column(place: number, points: number): Float64Array {
    const { width, chunkPoints, isExact } = this.#shape;
    const length = Math.min(this.length, points);
    const all = Math.max(0, this.#chunks.length - 1) * chunkPoints + this.#filled;
    const column = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      const point = all - length + i;
      const chunk = this.#chunks[Math.floor(point / chunkPoints)];
      const kept = chunk?.[(point % chunkPoints) * width + place] ?? Number.NaN;
      column[i] = isExact ? kept : numberOf(kept);
    }
    return column;
  }

  [Symbol.dispose](): void {
    for (const chunk of this.#chunks) this.#memory.give(chunk.byteLength);
    this.#chunks.length = 0;
    this.#filled = this.#shape.chunkPoints;
  }

  /** Begins a chunk: a new one while there is room, else the oldest once more. */
  #turn(): void {
    const { width, pointsMax, chunkPoints, isExact } = this.#shape;
    const chunksMax = Math.ceil(pointsMax / chunkPoints) + 1;
    const bytes = width * chunkPoints * (isExact ? 4 : 2);
    const hasNone = this.#chunks.length === 0;
    const mayGrow = this.#chunks.length < chunksMax && this.#memory.take(bytes, hasNone);
    const fresh = isExact ? Float32Array : Uint16Array;
    const chunk = mayGrow ? new fresh(width * chunkPoints) : this.#chunks.shift();
    if (chunk) this.#chunks.push(chunk);
    this.#filled = 0;
  }
}
