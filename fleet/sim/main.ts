import { parseArgs } from "node:util";
import { describeFailure, runSeed, type SeedResult } from "./report.ts";
import { simulate } from "./simulation.ts";
import { makeStory } from "./story.ts";

const HELP = `Simulates the control plane with many machines and everything that can go wrong, by seed.

  npm run sim -- [--seeds N] [--from S]   N seeds from S on (default 1000 from 1)
  npm run sim -- --seed S [--log]         one seed; with --log every event of it
  --steps N                               actions and faults per seed (default 10 to 40)
  --brief                                 a failing seed tells its rule only, not its smallest story
  --failures N                            stop after so many failing seeds (default 1)
`;
const PROGRESS_EVERY = 100;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    steps: { type: "string" },
    failures: { type: "string", default: "1" },
    brief: { type: "boolean", default: false },
    log: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const steps = values.steps === undefined ? undefined : Number(values.steps);

if (values.help) process.stdout.write(HELP);
else if (values.seed !== undefined && values.log) {
  const { log } = await simulate(makeStory(Number(values.seed), steps), true);
  process.stdout.write(`${log.join("\n")}\n`);
} else if (values.seed !== undefined) await run(Number(values.seed), 1);
else await run(Number(values.from), Number(values.seeds));

function briefly({ story, violation }: SeedResult): string {
  return `seed ${story.seed} breaks the rule: ${violation?.rule}: ${violation?.message}`;
}

async function run(from: number, count: number): Promise<void> {
  const startedAt = performance.now();
  const sum = { commits: 0, crashes: 0, allocated: 0, seated: 0, failures: 0 };
  const line = (done: number): string => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    return `${done} seeds, ${sum.commits} commits, ${sum.crashes} crashes, ${sum.allocated} allocations, ${sum.seated} seats, ${sum.failures} failures, ${seconds} s\n`;
  };
  for (let done = 1; done <= count; done++) {
    const result = await runSeed(from + done - 1, steps);
    sum.commits += result.commits;
    sum.crashes += result.crashes;
    sum.allocated += result.allocated;
    sum.seated += result.seated;
    if (result.violation) {
      sum.failures++;
      process.exitCode = 1;
      process.stdout.write(`${values.brief ? briefly(result) : await describeFailure(result)}\n`);
    }
    const isOver = done === count || sum.failures === Number(values.failures);
    if (isOver || done % PROGRESS_EVERY === 0) process.stdout.write(line(done));
    if (isOver) return;
  }
}
