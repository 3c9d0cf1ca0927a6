import type { Model, Operation } from "./history.ts";

/** Takes any Ready server of a fleet, or makes a held one Ready again. */
export type ServerSetInput =
  | { readonly do: "allocate" }
  | { readonly do: "ready"; readonly server: string };
/** The server that was given, `none` when there was none to give, `done` for a Ready. */
export type ServerSetOutput = { readonly server: string } | "none" | "done";
export type ServerSetOperation = Operation<ServerSetInput, ServerSetOutput>;

/** The Ready servers, in order. */
type Ready = readonly string[];

/** A fleet as the set of its Ready servers. */
export function serverSet(ready: readonly string[]): Model<Ready, ServerSetInput, ServerSetOutput> {
  return { initial: ready.toSorted(), next, keyOf: (state) => `{${state.join(" ")}}` };
}

function next(
  state: Ready,
  input: ServerSetInput,
  output: ServerSetOutput | undefined,
): readonly Ready[] {
  if (input.do === "ready")
    return state.includes(input.server) ? [] : [[...state, input.server].sort()];
  if (output === "none") return state.length === 0 ? [state] : [];
  if (output === undefined) return state.map((server) => without(state, server));
  if (output === "done" || !state.includes(output.server)) return [];
  return [without(state, output.server)];
}

function without(state: Ready, server: string): Ready {
  return state.filter((one) => one !== server);
}

/**
 * The server that an operation is about: servers do not know of each other, so histories of any length can be checked
 * server by server. `none` is about all of them; an unknown answer may be about any, so there must be none.
 */
export function serverOf({ input, output }: ServerSetOperation): string | undefined {
  if (input.do === "ready") return input.server;
  if (output === undefined) throw new Error("an unknown answer may be about any server");
  return typeof output === "object" ? output.server : undefined;
}
