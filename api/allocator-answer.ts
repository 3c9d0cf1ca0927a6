import type { AllocationStatus } from "../core/model/allocation.ts";

export interface AnsweredData<N> {
  readonly counters: Readonly<Record<string, { readonly count: N; readonly capacity: N }>>;
  readonly lists: Readonly<
    Record<string, { readonly values: readonly string[]; readonly capacity: N }>
  >;
}

/**
 * Why nothing was allocated, beside the message: clients of Agones' know that by heart, and some compare it. A header of
 * the answer over HTTP, metadata over gRPC.
 */
export const WHY_HEADER = "flotilla-why";
const WHY_CHARS_MAX = 1_000;

export function whyOf({ message }: AllocationStatus): string | undefined {
  return message?.slice(0, WHY_CHARS_MAX).replace(/[^\x20-\x7e]/g, "?");
}

/** Counters and Lists of an answer; `of` writes a 64-bit number: a string in JSON, a message of one field in gRPC. */
export function countersAndLists<N>(
  { counters = {}, lists = {} }: AllocationStatus,
  of: (value: number) => N,
): AnsweredData<N> {
  return {
    counters: mapped(counters, ({ count, capacity }) => ({
      count: of(count),
      capacity: of(capacity),
    })),
    lists: mapped(lists, ({ values, capacity }) => ({ values, capacity: of(capacity) })),
  };
}

function mapped<T, U>(
  table: Readonly<Record<string, T>>,
  each: (value: T) => U,
): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, each(value)]));
}
