import type { Event } from "../../core/model/event.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { KINDS } from "../../core/model/kinds.ts";
import type { Kind, Resource } from "../../core/model/resource.ts";
import { keyOf, refOf } from "../../core/model/resource.ts";
import { sameJson } from "../../core/std/json.ts";
import type { ResourceStore, StoreEvent } from "../../store/resource-store.ts";
import { checkServerChange, type ReadyCounts } from "./invariants.ts";
import { type Entry, Ledger } from "./ledger.ts";
import { checkOpening, checkRoom } from "./room-rules.ts";

/** A sentence about what should never happen, and when it did. */
export interface Violation {
  /** The invariant, the same words for every case of it. */
  readonly rule: string;
  readonly message: string;
  readonly atMs: number;
}

export interface CheckerOptions {
  /** Monotonic. */
  readonly now: () => number;
  readonly wall: () => number;
  readonly trace: (line: string) => void;
}

/** How long after its commit a change of state may be without its reason: all of that happens in one instant. */
const REASON_MS = 1;

/** Watches every commit, every answer and every container, and keeps the first thing that should not have been. */
export class Checker {
  readonly ledger: Ledger = new Ledger();
  /** Why a server may end although it is held, by uid. */
  readonly causes: Map<string, string> = new Map();
  /** How often games have said Ready and have become Ready by it, by uid. */
  readonly ready: ReadyCounts = { said: new Map(), used: new Map() };
  /** Servers that a person has deleted: their reason is that person's. */
  readonly #byHand = new Set<string>();
  readonly #options: CheckerOptions;
  /** Durable moves from Ready to Allocated, and answers that told of one, by name. */
  readonly #handouts = new Map<string, number>();
  readonly #answers = new Map<string, number>();
  /** Game servers that changed their state, until somebody has said why. */
  readonly #unexplained = new Map<string, { readonly what: string; readonly atMs: number }>();
  /** Every seat that was durable once. */
  readonly #seats = new Set<string>();
  violation: Violation | undefined;

  constructor(options: CheckerOptions) {
    this.#options = options;
  }

  wrong(rule: string, message: string): void {
    if (this.violation) return;
    const atMs = this.#options.now();
    this.violation = { rule, message, atMs };
    this.#options.trace(`VIOLATION ${rule}: ${message}`);
  }

  /** A person is about to delete a server: what follows is no fault of the platform. */
  byPerson(uid: string): void {
    this.causes.set(uid, "deleted by hand");
    this.#byHand.add(uid);
  }

  /** The disk has kept a group. */
  durable(text: string): void {
    this.ledger.take(text, (entry) => this.#look(entry));
  }

  /** The store has told its watches: it must say what the disk says. */
  stored(event: StoreEvent): void {
    const { object } = event;
    if (event.type === "put" && event.delta) {
      const key = keyOf(refOf(object));
      const kept = this.ledger.resources.get(key);
      const isLast = kept?.metadata.resourceVersion === object.metadata.resourceVersion;
      if (isLast && !sameJson(kept, object))
        this.wrong("a delta says what its object says", `${key} differs`);
    }
    if (event.type === "put" && object.kind === "GameServer")
      this.#mustExplain(event.before as GameServer | undefined, object);
  }

  recorded({ involvedObject: { uid } }: Event): void {
    if (uid !== undefined) this.#unexplained.delete(uid);
  }

  /** Somebody was told that a Ready server is theirs. */
  answered(name: string): void {
    const answers = (this.#answers.get(name) ?? 0) + 1;
    this.#answers.set(name, answers);
    const handouts = this.#handouts.get(name) ?? 0;
    if (answers > handouts)
      this.wrong(
        "a server is given once per Ready period, and only after its commit",
        `${name} was answered ${answers} times, its durable handouts are ${handouts}`,
      );
  }

  /** Somebody was told that a seat is theirs. */
  seated(seat: string): void {
    if (!this.#seats.has(seat))
      this.wrong("a seat is answered only after its commit", `${seat} was never durable`);
  }

  /** A new control plane has read the disk. */
  restarted(store: ResourceStore): void {
    this.#unexplained.clear();
    const kept = this.ledger.resources;
    const rule = "what was durable is there after a crash, and nothing else";
    for (const [key, resource] of kept) {
      const { kind, namespace, name } = refOf(resource);
      if (!sameJson(store.get(kind, namespace, name), resource)) this.wrong(rule, `${key} differs`);
    }
    const count = (Object.keys(KINDS) as Kind[]).reduce((n, kind) => n + store.count(kind), 0);
    if (count !== kept.size) this.wrong(rule, `${count} are there, ${kept.size} were durable`);
  }

  /** At every instant that has come to rest. */
  rest(): void {
    const now = this.#options.now();
    for (const { what, atMs } of this.#unexplained.values())
      if (now - atMs > REASON_MS) this.wrong("every change of state has a reason", what);
  }

  #look({ key, before, after }: Entry): void {
    this.#options.trace(describeEntry(key, before, after));
    const wrong = (rule: string, message: string): void => this.wrong(rule, message);
    if (after?.kind === "Room") {
      checkRoom(after, wrong);
      for (const id of Object.keys(after.status.seats)) this.#seats.add(id);
    }
    const was = before?.kind === "GameServer" ? before : undefined;
    const is = after?.kind === "GameServer" ? after : undefined;
    if (!was && !is) return;
    if (was && is && was.status.state === "Ready" && is.status.state === "Allocated") {
      const { name } = is.metadata;
      this.#handouts.set(name, (this.#handouts.get(name) ?? 0) + 1);
    }
    const { ledger, causes, ready } = this;
    const now = this.#options.wall();
    if (was && is) checkOpening(was, is, ledger, wrong);
    checkServerChange({ was, is, ledger, causes, ready, now }, wrong);
  }

  #mustExplain(before: GameServer | undefined, after: GameServer): void {
    if (!before) return;
    const isEnding = !before.metadata.deletionTimestamp && after.metadata.deletionTimestamp;
    const [was, is] = [before.status.state, after.status.state];
    // The allocator tells of its work once per fleet: an event per server would drive all others out of the log.
    if ((was === is && !isEnding) || (was !== is && is === "Allocated")) return;
    const { uid, name } = after.metadata;
    if (isEnding && this.#byHand.has(uid)) return;
    const what = isEnding ? `${name} is being deleted` : `${name} went from ${was} to ${is}`;
    this.#unexplained.set(uid, { what, atMs: this.#options.now() });
  }
}

function describeEntry(
  key: string,
  before: Resource | undefined,
  after: Resource | undefined,
): string {
  if (!after) return `kept: ${key} is gone`;
  const now = stageOf(after);
  if (!before) return `kept: ${key} is new: ${now}`;
  const was = stageOf(before);
  return was === now ? `kept: ${key} changed` : `kept: ${key} ${was} -> ${now}`;
}

function stageOf(resource: Resource): string {
  const leaving = resource.metadata.deletionTimestamp ? ", being deleted" : "";
  if (resource.kind === "GameServer") {
    const { state, nodeName } = resource.status;
    return `${state}${nodeName ? ` on ${nodeName}` : ""}${leaving}`;
  }
  if (resource.kind === "Fleet" || resource.kind === "GameServerSet")
    return `${resource.spec.replicas} wanted, ${resource.status.readyReplicas} ready${leaving}`;
  if (resource.kind === "Node") return resource.status.ready ? "ready" : "not ready";
  return leaving;
}
