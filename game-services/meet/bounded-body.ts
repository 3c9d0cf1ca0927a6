import { Transform, type TransformCallback } from "node:stream";

/** Passes bytes on until there are too many of them: then it fails, and says so by `isOver`. */
export class BoundedBody extends Transform {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    super();
    this.#bytesMax = bytesMax;
  }

  get isOver(): boolean {
    return this.#bytes > this.#bytesMax;
  }

  override _transform(chunk: Buffer, _: string, done: TransformCallback): void {
    this.#bytes += chunk.length;
    if (this.isOver) done(new Error("too many bytes"));
    else done(null, chunk);
  }
}
