import { FleetError } from "../../core/std/errors.ts";
import type { OpenTopic, Topic } from "./topic.ts";

/** Who follows topics: takes a message, or says that it is behind. */
export interface Follower {
  write(message: Buffer): boolean;
}
/** A topic as somebody may see it: who may see the same shares it. */
export interface Wanted {
  readonly key: string;
  readonly open: OpenTopic;
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
  #skipped = 0;

  constructor(topicsMax: number) {
    this.#topicsMax = topicsMax;
  }

  /** Messages that were not written to somebody who was behind. */
  get skipped(): number {
    return this.#skipped;
  }
  get topics(): number {
    return this.#open.size;
  }

  /** Throws when too many topics are open: before anything has been written. */
  check(wanted: readonly Wanted[]): void {
    const fresh = wanted.filter(({ key }) => !this.#open.has(key)).length;
    if (this.#open.size + fresh > this.#topicsMax)
      throw new FleetError("EXHAUSTED", `${this.#topicsMax} topics are followed already`);
  }

  /** Tells `follower` the present state of each topic, then what changes, until it is disposed. */
  follow(wanted: readonly Wanted[], follower: Follower): Disposable {
    for (const one of wanted) {
      const open = this.#open.get(one.key) ?? this.#begin(one);
      open.followers.add(follower);
      if (!follower.write(open.topic.present())) open.behind.add(follower);
    }
    return { [Symbol.dispose]: () => this.#leave(wanted, follower) };
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

  #begin({ key, open: openTopic }: Wanted): Open {
    const followers = new Set<Follower>();
    const behind = new Set<Follower>();
    const publish = (message: Buffer): void => {
      for (const follower of followers) {
        if (!behind.has(follower) && follower.write(message)) continue;
        behind.add(follower);
        this.#skipped += 1;
      }
    };
    const open: Open = { topic: openTopic(publish), followers, behind };
    this.#open.set(key, open);
    return open;
  }

  #leave(wanted: readonly Wanted[], follower: Follower): void {
    for (const { key } of wanted) {
      const open = this.#open.get(key);
      if (!open) continue;
      open.followers.delete(follower);
      open.behind.delete(follower);
      if (open.followers.size > 0) continue;
      open.topic[Symbol.dispose]();
      this.#open.delete(key);
    }
  }
}
