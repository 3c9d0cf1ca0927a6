import type { GameServerSet } from "../../core/model/fleet.ts";
import { type CrashMemory, heldBack, NO_CRASHES, rememberCrashes } from "../decide/crash-damper.ts";
import { type ControllerContext, recordOn } from "./context.ts";

/** Remembers, for each set, its servers that crashed at once. In memory: a new start of the server tries once anew. */
export class CrashDampers {
  readonly #memories = new Map<string, CrashMemory>();

  /** How many servers of the set wait after `crashes` more, and when to look again; a new round is told by an event. */
  after(
    context: ControllerContext,
    set: GameServerSet,
    crashes: number,
  ): { readonly owed: number; readonly againInMs: number | undefined } {
    const { clock, options } = context;
    const now = clock.monotonic();
    const before = this.#memories.get(keyOf(set.metadata)) ?? NO_CRASHES;
    const memory = rememberCrashes(before, crashes, now, options.crashes);
    const { owed, leftMs } = heldBack(memory, now);
    if (memory !== before) this.#memories.set(keyOf(set.metadata), memory);
    if (memory.until !== before.until) {
      const message = `game servers crash at once (round ${memory.rounds}): made anew in ${Math.round(leftMs / 1_000)} s`;
      recordOn(context, set, "BackOff", message, "Warning");
    }
    return { owed, againInMs: owed > 0 ? leftMs : undefined };
  }

  /** The set is no more. */
  forget(set: { readonly namespace: string; readonly name: string }): void {
    this.#memories.delete(keyOf(set));
  }
}

const keyOf = ({ namespace, name }: { namespace: string; name: string }): string =>
  `${namespace}/${name}`;
