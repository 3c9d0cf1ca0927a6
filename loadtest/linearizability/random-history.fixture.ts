import type { Random } from "../../core/std/random.ts";
import type { Operation } from "./history.ts";

export interface RandomHistoryOptions<Input, Output> {
  readonly clients: number;
  readonly operations: number;
  /** How many steps of the thing a call lasts at most, before and after its effect. */
  readonly lengthMax: number;
  /** So many answers are lost; half of those calls had no effect. */
  readonly unknownShare: number;
  readonly random: Random;
  /** What a client does next, given its last answer. */
  readonly chooseInput: (client: string, last: Output | undefined) => Input;
  /** The thing itself, one operation after the other. */
  readonly act: (input: Input) => Output;
}

/** A history that one thing made: every operation has its effect at a step of its own, within its call. */
export function randomHistory<Input, Output>(
  options: RandomHistoryOptions<Input, Output>,
): Operation<Input, Output>[] {
  const { clients, operations, lengthMax, unknownShare, random, chooseInput, act } = options;
  const idle = Array.from({ length: clients }, (_, i) => ({
    ...{ client: `c${i}`, since: 0, last: undefined as Output | undefined },
  }));
  const history: Operation<Input, Output>[] = [];
  for (let step = 1; history.length < operations; step++) {
    const one = random.pick(idle.filter(({ since }) => since < step));
    if (!one) continue;
    const { client } = one;
    const input = chooseInput(client, one.last);
    const invoked = Math.max(one.since, step - random.next() * lengthMax);
    const isLost = random.next() < unknownShare;
    const output = isLost && random.next() < 0.5 ? undefined : act(input);
    const until = step + random.next() * lengthMax;
    const returned = isLost ? Number.POSITIVE_INFINITY : until;
    history.push({ client, input, output: isLost ? undefined : output, invoked, returned });
    one.since = until;
    one.last = isLost ? undefined : output;
  }
  return history;
}
