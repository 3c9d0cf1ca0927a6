import { parseArgs } from "node:util";
import { killAllocations } from "./kill-allocations.ts";

const USAGE = `Allocates while the control plane is killed again and again, and clients in the middle of their calls; nothing may be
given twice, be lost, or be given to nobody.

  node loadtest/kill/main.ts --allocations 100000 --clients 64 --seed 7

  --allocations N   how many, each with an idempotency key (default: 100000)
  --clients N       how many at once (default: 64)
  --servers N       game servers that are handed out again and again (default: 1000)
  --seed N          of the moments of the kills (default: the time)
  --cut-share P     so many of all calls are cut off in the middle (default: 0.05)
  --alive-ms N      the longest time between two kills (default: 2000)
  --help            this text

Prints one line of JSON. Exit code 1 when something was wrong.`;

const { values } = parseArgs({
  options: {
    allocations: { type: "string", default: "100000" },
    clients: { type: "string", default: "64" },
    servers: { type: "string", default: "1000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    "cut-share": { type: "string", default: "0.05" },
    "alive-ms": { type: "string", default: "2000" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(USAGE);
else {
  const [allocations, clients, servers, seed, max] = [
    ...[values.allocations, values.clients, values.servers, values.seed, values["alive-ms"]],
  ].map(Number) as [number, number, number, number, number];
  console.log(`seed ${seed}`);
  const aliveMs = { min: 50, max };
  const cutShare = Number(values["cut-share"]);
  const report = await killAllocations({
    ...{ allocations, clients, servers, seed, cutShare, aliveMs },
  });
  console.log(JSON.stringify(report));
  process.exitCode = report.wrongs.length === 0 ? 0 : 1;
}
