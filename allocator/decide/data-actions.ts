import type { AllocationSpec, CounterAction, ListAction } from "../../core/model/allocation.ts";
import type { Counter, GameServerStatus, List } from "../../core/model/game-server.ts";
import { LIST_LENGTH_MAX } from "../../core/model/sdk-data.ts";
import { ownOf } from "../../core/std/json.ts";

export interface DataActions {
  /** The Counters and Lists that are another after it; a merge patch of the status. */
  readonly delta: {
    readonly counters?: { readonly [key: string]: Counter };
    readonly lists?: { readonly [key: string]: List };
  };
  /** What could not be done, in sentences: as on Agones the server is handed out all the same. */
  readonly problems: readonly string[];
}
const NOTHING: DataActions = { delta: {}, problems: [] };

/** What an allocation does to the Counters and Lists of the server that it takes, by Agones' rules. */
export function applyDataActions(
  status: GameServerStatus,
  { counters, lists }: Pick<AllocationSpec, "counters" | "lists">,
): DataActions {
  if (!counters && !lists) return NOTHING;
  const problems: string[] = [];
  const missing = (what: string, key: string): void =>
    void problems.push(`the game server has no ${what} ${key}`);
  const counted = changed(counters, status.counters, counterAfter, (key) =>
    missing("counter", key),
  );
  const listed = changed(lists, status.lists, listAfter, (key) => missing("list", key));
  return {
    delta: {
      ...(counted ? { counters: counted } : {}),
      ...(listed ? { lists: listed } : {}),
    },
    problems,
  };
}

function changed<A, V>(
  actions: { readonly [key: string]: A } = {},
  found: { readonly [key: string]: V } | undefined,
  after: (now: V, action: A) => V,
  onMissing: (key: string) => void,
): { readonly [key: string]: V } | undefined {
  const entries = Object.entries(actions).flatMap(([key, action]): [string, V][] => {
    const now = ownOf(found, key);
    if (now) return [[key, after(now, action)]];
    onMissing(key);
    return [];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** The capacity first, which cuts the count; then up or down, cut to what fits. */
function counterAfter(now: Counter, { action, amount = 0, capacity }: CounterAction): Counter {
  const most = capacity ?? now.capacity;
  const count = Math.min(now.count, most);
  const moved = action === "Decrement" ? count - amount : count + (action ? amount : 0);
  return { count: Math.max(0, Math.min(most, moved)), capacity: most };
}

/** The capacity first, which cuts the values; then what is added, as far as it fits; then what is taken out. */
function listAfter(now: List, { capacity, addValues = [], deleteValues = [] }: ListAction): List {
  const most = capacity ?? now.capacity;
  const values = new Set(now.values.slice(0, most));
  let length = 0;
  for (const value of values) length += value.length;
  for (const value of addValues) {
    if (values.size >= most || length + value.length > LIST_LENGTH_MAX) break;
    if (!values.has(value)) length += value.length;
    values.add(value);
  }
  for (const value of deleteValues) values.delete(value);
  return { capacity: most, values: [...values] };
}
