import { FleetError } from "../../core/std/errors.ts";
import type { OpenTopic, Topic } from "./topic.ts";

/** Who follows topics: takes a message, or says that it is behind. */
export interface Follower {
  write(message: Buffer): boolean;
}
interface Open {
  readonly topic: Topic;
  readonly followers: Set<Follower>;
  /** Those that missed something: they get the present state when they have caught up. */
  readonly behind: Set<Follower>;
}

/** Topics that are followed now, each once for all pages. */
export class StreamHub implements Disposable {
  readonly #open = new Map<string, Open>();
  readonly #topicsMax: number;
  readonly #openerOf: (name: string) => OpenTopic;
  #skipped = 0;

  /** `openerOf` throws BAD_REQUEST for a name that is none. */
  constructor(options: {
    readonly topicsMax: number;
    readonly openerOf: (name: string) => OpenTopic;
  }) {
    this.#topicsMax = options.topicsMax;
    this.#openerOf = options.openerOf;
  }

  /** Messages that were not written to somebody who was behind. */
  get skipped(): number {
    return this.#skipped;
  }
  get topics(): number {
    return this.#open.size;
  }

  /** Throws for names that are none, and when too many topics are open: before anything has been written. */
  check(names: readonly string[]): void {
    for (const name of names) this.#openerOf(name);
    const fresh = names.filter((name) => !this.#open.has(name)).length;
    if (this.#open.size + fresh > this.#topicsMax)
      throw new FleetError("EXHAUSTED", `${this.#topicsMax} topics are followed already`);
  }

  /** Tells `follower` the present state of each topic, then what changes, until it is disposed. */
  follow(names: readonly string[], follower: Follower): Disposable {
    for (const name of names) {
      const open = this.#open.get(name) ?? this.#begin(name);
      open.followers.add(follower);
      if (!follower.write(open.topic.present())) open.behind.add(follower);
    }
    return { [Symbol.dispose]: () => this.#leave(names, follower) };
  }

  /** A follower that was behind takes messages again. */
  caughtUp(follower: Follower): void {
    for (const { topic, behind } of this.#open.values())
      if (behind.has(follower) && follower.write(topic.present())) behind.delete(follower);
  }

  [Symbol.dispose](): void {
    for (const { topic } of this.#open.values()) topic[Symbol.dispose]();
    this.#open.clear();
  }

  #begin(name: string): Open {
    const followers = new Set<Follower>();
    const behind = new Set<Follower>();
    const publish = (message: Buffer): void => {
      for (const follower of followers) {
        if (!behind.has(follower) && follower.write(message)) continue;
        behind.add(follower);
        this.#skipped += 1;
      }
    };
    const open: Open = { topic: this.#openerOf(name)(publish), followers, behind };
    this.#open.set(name, open);
    return open;
  }

  #leave(names: readonly string[], follower: Follower): void {
    for (const name of names) {
      const open = this.#open.get(name);
      if (!open) continue;
      open.followers.delete(follower);
      open.behind.delete(follower);
      if (open.followers.size > 0) continue;
      open.topic[Symbol.dispose]();
      this.#open.delete(name);
    }
  }
}
