import { isAmong } from "../../access/scopes.ts";
import type { Alert } from "../../core/model/alert.ts";
import type { HistoryRow } from "../../core/model/history.ts";
import type { Clock } from "../../core/std/clock.ts";
import { Coalescer } from "./coalescer.ts";
import { sseMessage } from "./sse-writer.ts";
import type { Publish, Topic } from "./topic.ts";

/** A short list that is told whole whenever it changes: alerts, the newest of the history. */
export interface ListSource<T> {
  readonly items: () => readonly T[];
  readonly onChange: (listener: () => void) => Disposable;
}

export class ListTopic<T> implements Topic {
  readonly #name: string;
  readonly #source: ListSource<T>;
  readonly #listening: Disposable;
  readonly #coalescer: Coalescer;
  #told: Buffer;

  constructor(name: string, source: ListSource<T>, clock: Clock, publish: Publish) {
    this.#name = name;
    this.#source = source;
    this.#told = this.present();
    this.#coalescer = new Coalescer(clock, () => {
      const message = this.present();
      // Who sees a part of a list does not learn that something else has changed.
      if (message.equals(this.#told)) return;
      this.#told = message;
      publish(message);
    });
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

/** What of a list is in the namespaces of `only`; undefined is all. */
export function narrowed<T extends Alert | HistoryRow>(
  { items, onChange }: ListSource<T>,
  only: readonly string[] | undefined,
): ListSource<T> {
  const namespaceOf = (one: T): string | undefined =>
    "subject" in one ? one.subject.namespace : one.namespace;
  return { items: () => items().filter((one) => isAmong(only, namespaceOf(one))), onChange };
}

/** A list that has nothing in it. */
export const EMPTY_LIST: ListSource<never> = {
  items: () => [],
  onChange: () => ({ [Symbol.dispose]: () => undefined }),
};
