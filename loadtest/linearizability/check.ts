import type { Model, Operation } from "./history.ts";

export interface CheckBounds {
  /** Ways to tell the story so far that may be looked at for one operation; over it the check fails, it does not pass. */
  readonly waysMax: number;
}
export interface Verdict {
  readonly isLinearizable: boolean;
  /** What could not be explained, and what was going on at that time. */
  readonly why: string;
  /** The most ways that one operation took. */
  readonly waysUsed: number;
}

/** A bit for each operation under way. */
const UNDER_WAY_MAX = 30;

/** One way to tell the story up to now: a state, and which of the operations under way took effect already. */
interface Way<State> {
  readonly state: State;
  readonly done: number;
}
interface Slot<Input, Output> {
  readonly operation: Operation<Input, Output>;
  /** Equal for operations of unknown outcome that may stand for each other. */
  readonly twin: string | undefined;
}

/**
 * Whether a history could have been made by one thing that does one operation at a time, each at some moment between its
 * call and its return (Herlihy and Wing). It goes through the returns in order and keeps every way to explain them, each
 * once (Lowe's just-in-time linearization): an operation takes effect, at the latest, right before a return that needs
 * it. One of unknown outcome stays under way for ever. Throws when a bound is exceeded.
 */
export function checkLinearizable<State, Input, Output>(
  history: readonly Operation<Input, Output>[],
  model: Model<State, Input, Output>,
  bounds: CheckBounds,
): Verdict {
  return new Check(model, bounds).run(history);
}

/**
 * Checks the operations on each thing apart from those on others: where things do not know of each other, a history is
 * linearizable if and only if each part is. What belongs to no part is left out.
 */
export function checkParts<State, Input, Output>(
  history: readonly Operation<Input, Output>[],
  partOf: (operation: Operation<Input, Output>) => string | undefined,
  modelOf: (part: string) => Model<State, Input, Output>,
  bounds: CheckBounds,
): Verdict {
  const parts = Map.groupBy(history, partOf);
  let waysUsed = 0;
  for (const [part, operations] of parts) {
    if (part === undefined) continue;
    const verdict = checkLinearizable(operations, modelOf(part), bounds);
    waysUsed = Math.max(waysUsed, verdict.waysUsed);
    if (!verdict.isLinearizable) return { ...verdict, why: `${part}: ${verdict.why}` };
  }
  return { isLinearizable: true, why: "", waysUsed };
}

class Check<State, Input, Output> {
  readonly #model: Model<State, Input, Output>;
  readonly #bounds: CheckBounds;
  readonly #slots: (Slot<Input, Output> | undefined)[] = [];
  #ways: Map<string, Way<State>>;
  #waysUsed = 1;

  constructor(model: Model<State, Input, Output>, bounds: CheckBounds) {
    this.#model = model;
    this.#bounds = bounds;
    this.#ways = new Map([["", { state: model.initial, done: 0 }]]);
  }

  run(history: readonly Operation<Input, Output>[]): Verdict {
    for (const { operation, isReturn } of eventsOf(history)) {
      if (!isReturn) {
        this.#begin(operation);
        continue;
      }
      const before = this.#ways;
      this.#end(operation);
      if (this.#ways.size > 0) continue;
      const why = this.#explain(operation, before);
      return { isLinearizable: false, why, waysUsed: this.#waysUsed };
    }
    return { isLinearizable: true, why: "", waysUsed: this.#waysUsed };
  }

  #begin(operation: Operation<Input, Output>): void {
    const free = this.#slots.indexOf(undefined);
    const slot = free < 0 ? this.#slots.length : free;
    if (slot >= UNDER_WAY_MAX)
      throw new Error(`more than ${UNDER_WAY_MAX} operations under way at once: not checked`);
    const isUnknown = operation.output === undefined;
    const twin = isUnknown ? JSON.stringify(operation.input) : undefined;
    this.#slots[slot] = { operation, twin };
  }

  /** Keeps the ways in which `operation` has taken effect; those in which it has not are gone on with until it does. */
  #end(operation: Operation<Input, Output>): void {
    const slot = this.#slots.findIndex((taken) => taken?.operation === operation);
    const after = new Map<string, Way<State>>();
    const open = [...this.#ways.values()];
    const seen = new Set(open.map((way) => this.#keyOf(way)));
    for (let way = open.pop(); way; way = open.pop()) {
      if (way.done & (1 << slot)) {
        const without = { state: way.state, done: way.done & ~(1 << slot) };
        after.set(this.#keyOf(without), without);
        continue;
      }
      for (const further of this.#further(way)) {
        const key = this.#keyOf(further);
        if (seen.has(key)) continue;
        seen.add(key);
        open.push(further);
      }
      if (seen.size > this.#bounds.waysMax)
        throw new Error(
          `more than ${this.#bounds.waysMax} ways to explain one answer: not checked`,
        );
    }
    this.#waysUsed = Math.max(this.#waysUsed, seen.size);
    this.#slots[slot] = undefined;
    this.#ways = after;
  }

  /** One more operation takes effect. Of twins, the first one does: the others would give the same. */
  *#further({ state, done }: Way<State>): Iterable<Way<State>> {
    const twins = new Set<string>();
    for (const [i, slot] of this.#slots.entries()) {
      if (!slot || done & (1 << i)) continue;
      const { operation, twin } = slot;
      if (twin !== undefined && twins.has(twin)) continue;
      if (twin !== undefined) twins.add(twin);
      for (const next of this.#model.next(state, operation.input, operation.output))
        yield { state: next, done: done | (1 << i) };
    }
  }

  #keyOf({ state, done }: Way<State>): string {
    return `${done} ${this.#model.keyOf(state)}`;
  }

  #explain(operation: Operation<Input, Output>, before: Map<string, Way<State>>): string {
    const others = this.#slots.flatMap((slot) => (slot ? [`  ${textOf(slot.operation)}`] : []));
    const states = [...before.values()].map(({ state }) => this.#model.keyOf(state));
    const some = [...new Set(states)].slice(0, STATES_SHOWN).join(" or ");
    const meanwhile = others.length > 0 ? `, while under way:\n${others.join("\n")}` : "";
    return `nothing explains ${textOf(operation)} after ${some}${meanwhile}`;
  }
}

const STATES_SHOWN = 3;

function textOf<I, O>({ client, input, output, invoked, returned }: Operation<I, O>): string {
  const answer = output === undefined ? "an unknown answer" : JSON.stringify(output);
  return `${client}: ${JSON.stringify(input)} → ${answer} (${invoked} to ${returned})`;
}

interface Moment<Input, Output> {
  readonly operation: Operation<Input, Output>;
  readonly isReturn: boolean;
  readonly at: number;
}

/** Calls and returns by time. At one time calls come first: then they overlap, which accuses nobody. */
function eventsOf<I, O>(history: readonly Operation<I, O>[]): Moment<I, O>[] {
  const moments = history.flatMap((operation) => {
    const call = { operation, isReturn: false, at: operation.invoked };
    if (operation.output === undefined) return [call];
    return [call, { operation, isReturn: true, at: operation.returned }];
  });
  return moments.sort((a, b) => a.at - b.at || Number(a.isReturn) - Number(b.isReturn));
}
