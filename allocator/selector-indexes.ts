import type { GameServerSelector } from "../core/model/allocation.ts";
import { FLEET_LABEL, type Priority } from "../core/model/fleet.ts";
import type { GameServer } from "../core/model/game-server.ts";
import { signatureOf } from "../core/model/label-selector.ts";
import type { Resource } from "../core/model/resource.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import { Candidates, type NodeLoad, type NodeLoads } from "./decide/candidates.ts";
import { compileFit, type Fits } from "./decide/fit.ts";

interface SelectorIndex {
  readonly fleet: string | undefined;
  readonly matches: Fits;
  readonly candidates: Candidates;
}
/** What a selector object was last asked for with: requests that come again bring the same objects. */
interface KnownKey {
  readonly priorities: readonly Priority[] | undefined;
  readonly key: string;
}

/** Of a key whose list is kept: what a request may name is a hundred times as long. */
const KEY_CHARS_MAX = 16_384;

/**
 * One list of candidates per selector and priorities that were asked for, kept in step with the head of the store, so
 * that a request never looks through servers. At most `indexesMax` are kept; the one that was asked for longest ago
 * makes room. Values that Lists must have are left to the request: each names another.
 */
export class SelectorIndexes implements NodeLoads, Disposable {
  readonly #store: ResourceStore;
  readonly #indexesMax: number;
  readonly #indexes = new Map<string, SelectorIndex>();
  /** Those that ask for one fleet, by fleet: a change of a server concerns only these and `#others`. */
  readonly #byFleet = new Map<string, Set<SelectorIndex>>();
  readonly #others = new Set<SelectorIndex>();
  readonly #loads = new Map<string, { allocated: number }>();
  readonly #following: Disposable;
  readonly #keys = new WeakMap<GameServerSelector, KnownKey>();
  /** How many times a list had to be made by looking through all servers of a namespace. */
  scans = 0;

  constructor(store: ResourceStore, options: { readonly indexesMax: number }) {
    this.#store = store;
    this.#indexesMax = options.indexesMax;
    for (const server of store.list("GameServer")) this.#count(server, 1);
    this.#following = store.onHead((before, after) => this.#follow(before, after));
  }

  loadOf(node: string): NodeLoad {
    return this.#loadOf(node);
  }

  candidatesOf(
    namespace: string,
    selector: GameServerSelector,
    priorities?: readonly Priority[],
  ): Candidates {
    const key = `${namespace}\n${this.#keyOf(selector, priorities)}`;
    const found = this.#indexes.get(key);
    if (!found) return this.#make(key, namespace, selector, priorities).candidates;
    if (this.#indexes.size >= this.#indexesMax) {
      this.#indexes.delete(key);
      this.#indexes.set(key, found);
    }
    return found.candidates;
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
  }

  #keyOf(selector: GameServerSelector, priorities: readonly Priority[] | undefined): string {
    const known = this.#keys.get(selector);
    if (known && known.priorities === priorities) return known.key;
    const key = `${signatureOf(withoutValues(selector))}\n${JSON.stringify(priorities ?? [])}`;
    this.#keys.set(selector, { priorities, key });
    return key;
  }

  #make(
    key: string,
    namespace: string,
    selector: GameServerSelector,
    priorities: readonly Priority[] | undefined,
  ): SelectorIndex {
    const index: SelectorIndex = {
      fleet: selector.matchLabels?.[FLEET_LABEL],
      matches: compileFit(namespace, selector),
      candidates: new Candidates(this, priorities),
    };
    this.scans++;
    for (const server of this.#store.list("GameServer", namespace))
      if (index.matches(server)) index.candidates.add(server);
    if (key.length > KEY_CHARS_MAX) return index;
    this.#indexes.set(key, index);
    this.#groupOf(index).add(index);
    const oldest = this.#indexes.keys().next().value;
    if (this.#indexes.size > this.#indexesMax && oldest !== undefined) this.#drop(oldest);
    return index;
  }

  #drop(key: string): void {
    const index = this.#indexes.get(key);
    if (!index) return;
    this.#indexes.delete(key);
    const group = this.#groupOf(index);
    group.delete(index);
    if (group.size === 0 && index.fleet !== undefined) this.#byFleet.delete(index.fleet);
  }

  #groupOf({ fleet }: SelectorIndex): Set<SelectorIndex> {
    if (fleet === undefined) return this.#others;
    const group = this.#byFleet.get(fleet) ?? new Set();
    this.#byFleet.set(fleet, group);
    return group;
  }

  #follow(before: Resource | undefined, after: Resource | undefined): void {
    const was = before?.kind === "GameServer" ? before : undefined;
    const is = after?.kind === "GameServer" ? after : undefined;
    if (was) this.#count(was, -1);
    if (is) this.#count(is, 1);
    const wasOf = was?.metadata.labels?.[FLEET_LABEL];
    const isOf = is?.metadata.labels?.[FLEET_LABEL];
    this.#followIn(isOf, was, is);
    if (wasOf !== isOf) this.#followIn(wasOf, was, is);
    for (const index of this.#others) followOne(index, was, is);
  }

  #followIn(
    fleet: string | undefined,
    was: GameServer | undefined,
    is: GameServer | undefined,
  ): void {
    const group = fleet === undefined ? undefined : this.#byFleet.get(fleet);
    if (group) for (const index of group) followOne(index, was, is);
  }

  #count({ status }: GameServer, by: number): void {
    if (status.state !== "Allocated") return;
    this.#loadOf(status.nodeName).allocated += by;
  }

  #loadOf(node: string): { allocated: number } {
    const found = this.#loads.get(node);
    if (found) return found;
    const made = { allocated: 0 };
    this.#loads.set(node, made);
    return made;
  }
}

function followOne(
  index: SelectorIndex,
  before: GameServer | undefined,
  after: GameServer | undefined,
): void {
  const stays = after !== undefined && index.matches(after);
  const hasMoved = !stays || after.status.nodeName !== before?.status.nodeName;
  if (before && hasMoved && index.matches(before)) index.candidates.remove(before);
  if (stays) index.candidates.add(after);
}

function withoutValues(selector: GameServerSelector): GameServerSelector {
  const { lists } = selector;
  if (!lists) return selector;
  const bare = Object.entries(lists).map(([key, { containsValue: _, ...bounds }]) => [key, bounds]);
  return { ...selector, lists: Object.fromEntries(bare) };
}
