import { randomUUID } from "node:crypto";
import type { GameServer } from "../../core/model/game-server.ts";
import type { LinkResult, SdkCall, SdkVerb } from "../../core/model/link.ts";
import { keyOf } from "../../core/model/resource.ts";
import type { SdkDataAnswer, SdkDataVerb } from "../../core/model/sdk-data.ts";
import type { SdkPeer } from "../../core/model/sdk-peer.ts";
import { FleetError } from "../../core/std/errors.ts";
import { AnsweredData } from "./answered-data.ts";
import { askOnce, CallLine, type CallLineOptions, isTransient } from "./call-line.ts";
import { decideHealth, type HealthVerdict } from "./decide-health.ts";

export interface SessionOptions extends CallLineOptions {
  readonly peer: SdkPeer;
  /** When its container started, on the door's awake clock. */
  readonly startedAtMs: number;
  readonly doorStartedAtMs: number;
  /** Now, on the door's awake clock. */
  readonly awakeMs: () => number;
  readonly watchersMax: number;
}

/** What became of telling the control plane about health. */
export interface HealthReport {
  readonly health: HealthVerdict;
  readonly result: LinkResult;
}

/** One watcher: `changed` is called once at the start and after each change, `ended` when the game server is gone. */
export interface Watcher {
  changed(gameServer: GameServer): void;
  ended(): void;
}

/** What the door knows of one game server: its calls under way, its last ping, who watches it. */
export class Session implements Disposable {
  readonly peer: SdkPeer;
  readonly #options: SessionOptions;
  readonly #line: CallLine;
  readonly #answered = new AnsweredData();
  readonly #endings = new Set<() => void>();
  #lastPingMs: number | undefined;
  #last: GameServer | undefined;
  /** What was told, and the object that was known then: a newer one says by itself what the control plane knows. */
  #reported: { readonly health: HealthVerdict; readonly over: GameServer | undefined } | undefined;
  #isReporting = false;
  #reportNotBefore = 0;
  #watchers = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.peer = options.peer;
    this.#line = new CallLine(options);
  }

  /** Resolves after the commit. */
  async call(verb: SdkVerb): Promise<void> {
    await this.#line.make({ ...verb, subject: this.peer.subject, id: randomUUID() });
  }

  /** Changes a Counter or a List: resolves after the commit with what it is then. */
  async data(verb: SdkDataVerb): Promise<SdkDataAnswer> {
    const call: SdkCall = { ...verb, subject: this.peer.subject, id: randomUUID() };
    const { object, revision } = await this.#line.make(call);
    if (!object || revision === undefined)
      throw new FleetError(
        "INTERNAL",
        `the control plane answered ${verb.verb} without its result`,
      );
    this.#answered.keep(verb, object, revision);
    return object;
  }

  ping(): void {
    this.#lastPingMs = this.#options.awakeMs();
  }

  /** The newest known object, own writes included; waits for the first one as long as a call may wait. */
  async gameServer(): Promise<GameServer> {
    return this.#answered.over(await this.#known());
  }

  async #known(): Promise<GameServer> {
    const found = this.#current();
    if (found) return found;
    const { clock, callWaitMs } = this.#options;
    const stop = new AbortController();
    const { promise, resolve } = Promise.withResolvers<GameServer>();
    using _ = this.#onChange(() => {
      const now = this.#current();
      if (now) resolve(now);
    });
    const { name } = this.peer.subject;
    const late = clock.sleep(callWaitMs, stop.signal).then(() => {
      throw new FleetError("UNAVAILABLE", `game server ${name} is not known here yet`);
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([promise, late]);
    } finally {
      stop.abort(new FleetError("CANCELLED", "known"));
    }
  }

  /** Shows the current object at once (or as soon as there is one), then every change, until it is disposed. */
  watch(watcher: Watcher): Disposable {
    const { watchersMax } = this.#options;
    if (this.#watchers >= watchersMax)
      throw new FleetError("EXHAUSTED", `at most ${watchersMax} watches of one game server`);
    this.#watchers += 1;
    let shown: GameServer | undefined;
    const show = (): void => {
      const now = this.#current();
      if (!now || now === shown) return;
      shown = now;
      watcher.changed(now);
    };
    const subscription = this.#onChange(show);
    const leave = (): void => {
      if (!this.#endings.delete(end)) return;
      subscription[Symbol.dispose]();
      this.#watchers -= 1;
    };
    const end = (): void => {
      leave();
      watcher.ended();
    };
    this.#endings.add(end);
    show();
    return { [Symbol.dispose]: leave };
  }

  /** Calls `ending` when the game server is gone, or the door closes. */
  onEnd(ending: () => void): Disposable {
    const own = (): void => ending();
    this.#endings.add(own);
    return { [Symbol.dispose]: () => void this.#endings.delete(own) };
  }

  /**
   * Tells the control plane when health is another than it knows; called on every tick. At most one report is under
   * way and none while the control plane is away: what counts is the health when it is told, so nothing piles up. The
   * control plane calls health unknown itself while it does not hear this machine: who hears the pings tells it anew.
   */
  async reportHealth(): Promise<HealthReport | undefined> {
    const { link, clock, retry } = this.#options;
    if (this.#isReporting || !link.connected() || clock.monotonic() < this.#reportNotBefore)
      return undefined;
    const health = this.health();
    const over = this.#current();
    const isTold = this.#reported !== undefined && this.#reported.over === over;
    const known = isTold ? this.#reported?.health : (over?.status.health ?? "unknown");
    if (health === known) return undefined;
    this.#isReporting = true;
    const call: SdkCall = { verb: "health", health, subject: this.peer.subject, id: randomUUID() };
    const result = await askOnce(link, call);
    this.#isReporting = false;
    if (!isTransient(result)) this.#reported = { health, over };
    else this.#reportNotBefore = clock.monotonic() + retry.maxMs;
    return { health, result };
  }

  health(): HealthVerdict {
    const { peer, startedAtMs, doorStartedAtMs, awakeMs } = this.#options;
    const subject = { health: peer.health, startedAt: startedAtMs };
    return decideHealth(subject, this.#lastPingMs, doorStartedAtMs, awakeMs());
  }

  [Symbol.dispose](): void {
    this.#line[Symbol.dispose]();
    for (const ending of [...this.#endings]) ending();
    this.#endings.clear();
  }

  /** The object of this very game server: another one under the same name is not it. */
  #current(): GameServer | undefined {
    const found = this.#options.link.get(this.peer.subject);
    if (found?.metadata.uid === this.peer.subject.uid) this.#last = found;
    return this.#last;
  }

  #onChange(listener: () => void): Disposable {
    const { namespace, name } = this.peer.subject;
    return this.#options.link.onChange(keyOf({ kind: "GameServer", namespace, name }), listener);
  }
}
