import type { Clock } from "../../core/std/clock.ts";
import { Coalescer } from "./coalescer.ts";
import { sseMessage } from "./sse-writer.ts";
import type { Publish, Topic } from "./topic.ts";

/** A short list that is told whole whenever it changes: alerts, the newest of the history. */
export interface ListSource {
  readonly items: () => readonly unknown[];
  readonly onChange: (listener: () => void) => Disposable;
}

export class ListTopic implements Topic {
  readonly #name: string;
  readonly #source: ListSource;
  readonly #listening: Disposable;
  readonly #coalescer: Coalescer;

  constructor(name: string, source: ListSource, clock: Clock, publish: Publish) {
    this.#name = name;
    this.#source = source;
    this.#coalescer = new Coalescer(clock, () => publish(this.present()));
    this.#listening = source.onChange(() => this.#coalescer.touch());
  }

  present(): Buffer {
    return sseMessage(this.#name, { items: this.#source.items() });
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.#coalescer[Symbol.dispose]();
  }
}

/** A list that has nothing in it. */
export const EMPTY_LIST: ListSource = {
  items: () => [],
  onChange: () => ({ [Symbol.dispose]: () => undefined }),
};
