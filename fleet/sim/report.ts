import { shrink } from "./shrink.ts";
import { type Outcome, simulate } from "./simulation.ts";
import { makeStory, type Story } from "./story.ts";

/** Lines of the log before the end that a report shows. */
const LINES_MAX = 120;

export interface SeedResult extends Outcome {
  readonly story: Story;
}

/** Runs one seed; `steps` overrides how much happens. */
export async function runSeed(seed: number, steps?: number): Promise<SeedResult> {
  const story = makeStory(seed, steps);
  return { ...(await simulate(story, false)), story };
}

/** The failure in words: the rule, the smallest story that still breaks it, its last events, and how to see it again. */
export async function describeFailure({ story, violation }: SeedResult): Promise<string> {
  if (!violation) return `seed ${story.seed} breaks no rule`;
  const small = await shrink(story, violation);
  const { log, violation: seen } = await simulate(small, true);
  const steps = small.steps.map(
    ({ atMs, what, seed }) => `  ${(atMs / 1000).toFixed(3)} s  ${what} (${seed})`,
  );
  const shown = log.slice(-LINES_MAX);
  return [
    `seed ${story.seed} breaks the rule: ${violation.rule}`,
    `  ${seen?.message ?? violation.message}`,
    `the smallest story, ${small.nodes} machines and ${steps.length} of ${story.steps.length} steps:`,
    ...steps,
    ...(log.length > shown.length ? [`its last ${shown.length} of ${log.length} events:`] : []),
    ...shown,
    `again: npm run sim -- --seed ${story.seed}`,
  ].join("\n");
}
