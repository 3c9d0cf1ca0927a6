import type { Violation } from "./checker.ts";
import { simulate } from "./simulation.ts";
import type { Story } from "./story.ts";

/** Runs that looking for a smaller story may cost. */
const RUNS_MAX = 250;

/** The smallest story found that still breaks the same rule: fewer steps first, then fewer machines. */
export async function shrink(story: Story, { rule }: Violation): Promise<Story> {
  let best = story;
  let runs = 0;
  const fails = async (smaller: Story): Promise<boolean> => {
    if (runs++ >= RUNS_MAX) return false;
    const { violation } = await simulate(smaller, false);
    if (violation?.rule !== rule) return false;
    best = smaller;
    return true;
  };
  for (let size = Math.ceil(story.steps.length / 2); size >= 1; size = Math.floor(size / 2))
    for (let from = 0; from < best.steps.length; )
      if (!(await fails(without(best, from, size)))) from += size;
  for (let nodes = 1; nodes < best.nodes; nodes++) if (await fails({ ...best, nodes })) break;
  return best;
}

function without(story: Story, from: number, count: number): Story {
  const steps = story.steps.filter((_, i) => i < from || i >= from + count);
  return { ...story, steps };
}
