import type { UpStage } from "../up/up-record.ts";

/** What is seen of an `up` that was replaced, at one moment. */
export interface TrialLook {
  /** Of the last `up` that said something. */
  readonly record:
    | { readonly version: string; readonly stage: UpStage; readonly cause: string }
    | undefined;
  /** The new version. */
  readonly to: string;
  /** True while the process that was replaced, or one that followed it, runs. */
  readonly isAlive: boolean;
  readonly isSupervised: boolean;
  /** For how long nothing has run. */
  readonly deadMs: number;
  /** The API answers and the machine's node is Ready with the new version. */
  readonly isHealthy: boolean;
  /** The patience is over. */
  readonly isLate: boolean;
  /** The new version has brought parts of the state to its own format. */
  readonly hasConverted: boolean;
}
export type TrialStep =
  | { readonly do: "wait" }
  | { readonly do: "keep" }
  /** Back to the old version; `isStateToo`: with the state of before. */
  | { readonly do: "revert"; readonly isStateToo: boolean; readonly because: string }
  /** Neither is well: going back would lose what was answered since. A person decides. */
  | { readonly do: "leave"; readonly because: string };

/** A supervisor starts again what has ended, after a pause. */
const RESTART_MS_MAX = 10_000;

/** Whether a new version is kept, waited for or put back. Pure. */
export function decideTrial(look: TrialLook): TrialStep {
  const { record, to, hasConverted } = look;
  const isNew = record?.version === to;
  const stage = isNew ? record.stage : undefined;
  if (stage === "ready" && look.isHealthy) return { do: "keep" };
  const because = whyNot(look, stage);
  if (because === undefined) return { do: "wait" };
  const hasServed = stage === "serving" || stage === "ready";
  if (hasConverted && hasServed) return { do: "leave", because };
  return { do: "revert", isStateToo: hasConverted, because };
}

function whyNot(look: TrialLook, stage: UpStage | undefined): string | undefined {
  const { record, to, isAlive, isSupervised, deadMs, isLate } = look;
  if (stage === "failed") return `flotilla ${to} does not start: ${record?.cause}`;
  if (!isAlive && (!isSupervised || deadMs > RESTART_MS_MAX))
    return `flotilla ${to} ended ${stage === undefined ? "before it said anything" : `while it was ${stage}`}`;
  if (!isLate) return undefined;
  return stage === "ready"
    ? `flotilla ${to} says that it is ready, but its node is not`
    : `flotilla ${to} is not ready in time (${stage ?? "nothing heard"})`;
}
