/** Folders of a state folder that a step may change. What lies beside them is in use by game servers, or made anew. */
export type StatePart = "server" | "agent";

/** One step from a format to the next one. A released step is never changed; new ones are added behind it. */
export interface StateStep {
  /** What changes, for people: `the journal keeps …`. */
  readonly about: string;
  /** Copied before `convert` may touch them; none: nothing is copied, the step only counts. */
  readonly parts: readonly StatePart[];
  /** Changes the copies, which lie in `folder` under their names. Throws when it cannot. */
  readonly convert: (folder: string) => Promise<void>;
}

/**
 * Step `i` brings a state folder from format `i` to format `i + 1`. A change of any format below is a step here, with the
 * part it lies in: only then is the old state kept, which a release that is put back can read.
 */
export const STATE_STEPS: readonly StateStep[] = [
  {
    about: "the folder says in state.json which format it has and which release wrote it",
    parts: [],
    convert: () => Promise.resolve(),
  },
];

/**
 * The formats that this release writes, in one place: how many migrations each file has seen, or the number in it.
 * `steps.test.ts` compares them with the code and with a state folder of the release before.
 */
export const WRITTEN_FORMATS = {
  /** `server/snapshot.db`: `SNAPSHOT_MIGRATIONS`. */
  snapshot: 3,
  /** `server/events.db`: `EVENT_MIGRATIONS`. */
  events: 1,
  /** The first bytes of each record of `server/journal-*`. */
  journal: "FLJ1",
  /** `instance.json`. */
  instance: 1,
} as const;
