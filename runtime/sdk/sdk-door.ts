import type { SdkPeer } from "../../core/model/sdk-peer.ts";
import { AwakeClock } from "../../core/std/awake-clock.ts";
import type { BackoffOptions } from "../../core/std/backoff.ts";
import type { Clock } from "../../core/std/clock.ts";
import { messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { HealthVerdict } from "./decide-health.ts";
import type { DoorLink } from "./door-link.ts";
import { Gate } from "./gate.ts";
import { PeerFolder } from "./peer-folder.ts";
import { Session } from "./session.ts";

export interface SdkDoorOptions {
  /** Where the agent writes `<container id>.json`; may be relative. */
  readonly peersFolder: string;
  readonly link: DoorLink;
  readonly node: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxima: DoorMaxima;
}

/** Every bound and every pace of the door, by name. */
export interface DoorMaxima {
  readonly peersMax: number;
  readonly callsPerPeerMax: number;
  readonly watchersPerPeerMax: number;
  readonly connectionsPerSourceMax: number;
  readonly streamsPerConnectionMax: number;
  readonly bodyBytesMax: number;
  readonly callWaitMs: number;
  readonly callRetry: BackoffOptions;
  readonly bindRetry: BackoffOptions;
  readonly healthTickMs: number;
  /** A tick later than this says that the door itself was not running. */
  readonly stallMs: number;
  readonly scanGapMs: number;
  readonly scanEveryMs: number;
}

/** What the door runs with, unless a caller says otherwise by name. */
export const DOOR_MAXIMA: DoorMaxima = {
  peersMax: 5000,
  callsPerPeerMax: 64,
  watchersPerPeerMax: 16,
  connectionsPerSourceMax: 64,
  streamsPerConnectionMax: 128,
  bodyBytesMax: 256 * 1024,
  callWaitMs: 30_000,
  callRetry: { firstMs: 50, factor: 2, maxMs: 1000 },
  bindRetry: { firstMs: 20, factor: 2, maxMs: 1000 },
  healthTickMs: 250,
  stallMs: 1000,
  scanGapMs: 20,
  scanEveryMs: 10_000,
};

/**
 * Agones' SDK server for all game servers of a machine. It knows them by the files of the agent, passes their calls on
 * to the control plane, answers reads from the cache, and decides on their health. It holds no state of its own: what
 * it does not know after a restart it learns from the files, the cache and the next pings.
 */
export class SdkDoor implements AsyncDisposable {
  readonly #options: SdkDoorOptions;
  readonly #awake: AwakeClock;
  readonly #folder: PeerFolder;
  readonly #gates = new Map<string, Gate>();
  readonly #sessions = new Map<string, { readonly session: Session; readonly gateKey: string }>();
  readonly #closing = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  private constructor(options: SdkDoorOptions) {
    const { clock, maxima, logger, peersFolder } = options;
    this.#options = options;
    this.#awake = new AwakeClock({ monotonicMs: clock.monotonic(), stallMs: maxima.stallMs });
    this.#folder = new PeerFolder({
      ...maxima,
      folder: peersFolder,
      clock,
      logger,
      onPeer: (id, peer) => this.#add(id, peer),
      onGone: (id) => this.#remove(id),
    });
  }

  /** Serves the peers that are there, then those that come. */
  static async open(options: SdkDoorOptions): Promise<SdkDoor> {
    const door = new SdkDoor(options);
    await door.#folder.open();
    void door.#watchHealth();
    return door;
  }

  /** Health as the door sees it now, by container id. */
  health(): ReadonlyMap<string, HealthVerdict> {
    return new Map([...this.#sessions].map(([id, { session }]) => [id, session.health()]));
  }

  /** Bound ports, gRPC then HTTP, of the listeners of one peer. */
  portsOf(id: string): readonly (number | undefined)[] {
    return this.#gates.get(this.#sessions.get(id)?.gateKey ?? "")?.ports ?? [];
  }

  /** Ends streams with OK, then closes; what waits for the control plane is told that the door closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#folder[Symbol.dispose]();
    for (const id of [...this.#sessions.keys()]) this.#remove(id);
    await Promise.all(this.#closing);
  }

  #add(id: string, peer: SdkPeer): void {
    if (this.#stop.signal.aborted) return;
    const present = this.#sessions.get(id)?.session.peer;
    // An agent that adopts a container may write its file again: streams and pings go on.
    if (present && isSameSpeaker(present, peer)) return;
    this.#remove(id);
    const gateKey = gateKeyOf(peer);
    const session = this.#sessionFor(peer);
    const gate = this.#gates.get(gateKey) ?? this.#openGate(gateKey, peer.listen);
    gate.add(session);
    this.#sessions.set(id, { session, gateKey });
  }

  #sessionFor(peer: SdkPeer): Session {
    const { clock, link, maxima } = this.#options;
    const age = Math.max(0, clock.now() - peer.startedAt);
    return new Session({
      peer,
      link,
      clock,
      callsMax: maxima.callsPerPeerMax,
      callWaitMs: maxima.callWaitMs,
      retry: maxima.callRetry,
      watchersMax: maxima.watchersPerPeerMax,
      startedAtMs: this.#awakeMs() - age,
      doorStartedAtMs: 0,
      awakeMs: () => this.#awakeMs(),
    });
  }

  #openGate(gateKey: string, listen: SdkPeer["listen"]): Gate {
    const { clock, logger, maxima } = this.#options;
    const gate = new Gate({
      ...maxima,
      listen,
      clock,
      logger,
      rest: maxima,
      onStranger: () => this.#folder.scan(),
    });
    this.#gates.set(gateKey, gate);
    void gate.open();
    return gate;
  }

  #remove(id: string): void {
    const found = this.#sessions.get(id);
    if (!found) return;
    const { session, gateKey } = found;
    this.#sessions.delete(id);
    session[Symbol.dispose]();
    const gate = this.#gates.get(gateKey);
    gate?.remove(session);
    if (!gate?.isEmpty) return;
    this.#gates.delete(gateKey);
    const closed = gate[Symbol.asyncDispose]();
    this.#closing.add(closed);
    void closed.finally(() => this.#closing.delete(closed));
  }

  #awakeMs(): number {
    return this.#awake.read(this.#options.clock.monotonic());
  }

  async #watchHealth(): Promise<void> {
    const { clock, maxima } = this.#options;
    while (!this.#stop.signal.aborted) {
      await clock.sleep(maxima.healthTickMs, this.#stop.signal).catch(() => undefined);
      if (this.#stop.signal.aborted) return;
      this.#awake.advance(clock.monotonic());
      for (const { session } of this.#sessions.values()) void this.#report(session);
    }
  }

  async #report(session: Session): Promise<void> {
    const { logger, node } = this.#options;
    const gameServer = session.peer.subject.name;
    try {
      const told = await session.reportHealth();
      if (!told) return;
      const { health, result } = told;
      if (result.ok) logger.info({ node, gameServer, health }, "health changed");
      else logger.warn({ node, gameServer, health, error: result.message }, "health was not taken");
    } catch (error) {
      logger.error({ node, gameServer, error: messageOf(error) }, "health cannot be decided");
    }
  }
}

function gateKeyOf({ listen: { address, grpcPort, httpPort } }: SdkPeer): string {
  return `${address} ${grpcPort} ${httpPort}`;
}

function isSameSpeaker(a: SdkPeer, b: SdkPeer): boolean {
  return a.subject.uid === b.subject.uid && a.source === b.source && gateKeyOf(a) === gateKeyOf(b);
}
