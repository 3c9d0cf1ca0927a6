import type { Counter, List } from "./game-server.ts";

/** What a game asks of its Counters and Lists through the SDK's beta service; what is absent stays as it is. */
export type SdkDataVerb =
  | {
      readonly verb: "counter";
      readonly name: string;
      readonly capacity?: number;
      readonly count?: number;
      readonly countDiff?: number;
    }
  | {
      readonly verb: "list";
      readonly name: string;
      readonly capacity?: number;
      /** They replace the values that are there. */
      readonly values?: readonly string[];
    }
  | { readonly verb: "addValue" | "removeValue"; readonly name: string; readonly value: string };

/** Agones' bound of a List; admission holds the same. */
export const LIST_CAPACITY_MAX = 1_000;
/** Characters of one value of a List. */
export const LIST_VALUE_LENGTH_MAX = 1_024;
/** Characters of all values that a game may put into one List: each change writes the list whole. */
export const LIST_LENGTH_MAX = 65_536;

export function isDataVerb<T extends { readonly verb: string }>(call: T): call is T & SdkDataVerb {
  return ["counter", "list", "addValue", "removeValue"].includes(call.verb);
}

/** Where in a status the answer to such a call stands. */
export function dataMemberOf({ verb }: SdkDataVerb): "counters" | "lists" {
  return verb === "counter" ? "counters" : "lists";
}

export type SdkDataAnswer = Counter | List;
