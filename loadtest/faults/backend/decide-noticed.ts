import type { SecondDone } from "../../generator/merge.ts";
import type { FaultRecord } from "../../report/run-result.ts";

/** What players who come and go did around one fault, second by second. */
export interface AroundBackend {
  readonly seconds: readonly SecondDone[];
  /** How many of these seconds passed before everything worked again, for those, too, who had asked before. */
  readonly until: number;
}

/** Steps of those who are in the game; all others are on their way there. */
const IN_PLAY = ["stay", "reply", "chat", "walk", "leave"];
/** It went well in the end: the client asked again by itself. */
const AGAIN = "asked for the seat again";
const WAY_IN = "seat to joined";

/** What players noticed of a fault of the backend, as counts with names. Pure. */
export function decideBackendNoticed({ seconds, until }: AroundBackend): FaultRecord["lost"] {
  const all = failuresIn(seconds);
  const isInPlay = ({ step }: Failure): boolean => IN_PLAY.includes(step);
  const isAgain = ({ cause }: Failure): boolean => cause === AGAIN;
  const others = all.filter((one) => !isInPlay(one) && !isAgain(one));
  const after = failuresIn(seconds.slice(until)).filter((one) => !isInPlay(one) && !isAgain(one));
  return {
    "players thrown out of the game": sumOf(all.filter(isInPlay)),
    "newcomers who failed": sumOf(others),
    "newcomers who failed after it was back": sumOf(after),
    "newcomers whose client asked again": sumOf(all.filter(isAgain)),
    "newcomers who came in": seconds.reduce((sum, one) => sum + (one.steps[WAY_IN]?.count ?? 0), 0),
    "longest way in ms": Math.round(
      Math.max(0, ...seconds.map((one) => one.steps[WAY_IN]?.p99Ms ?? 0)),
    ),
    ...Object.fromEntries(
      all
        .filter((one) => !isAgain(one))
        .map(({ step, cause, count }) => [`${step}: ${cause}`, count]),
    ),
  };
}

/** Who plays plays on, and who comes when it is back comes in; before that so many may fail, or any number. Pure. */
export function decideBackendAllowed(failures: number | undefined): FaultRecord["lost"] {
  return {
    "players thrown out of the game": 0,
    "newcomers who failed after it was back": 0,
    ...(failures === undefined ? {} : { "newcomers who failed": failures }),
  };
}

interface Failure {
  readonly step: string;
  readonly cause: string;
  readonly count: number;
}

function failuresIn(seconds: readonly SecondDone[]): readonly Failure[] {
  const sums = new Map<string, Failure>();
  for (const { steps } of seconds)
    for (const [step, { causes }] of Object.entries(steps))
      for (const [cause, count] of Object.entries(causes)) {
        const key = `${step}\0${cause}`;
        sums.set(key, { step, cause, count: count + (sums.get(key)?.count ?? 0) });
      }
  return [...sums.values()];
}

const sumOf = (failures: readonly Failure[]): number =>
  failures.reduce((sum, { count }) => sum + count, 0);
