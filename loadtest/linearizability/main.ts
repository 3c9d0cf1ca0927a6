import { parseArgs } from "node:util";
import { checkHistories } from "./record.ts";

const USAGE = `Records what clients are answered while the control plane is killed in mid-write and clients in mid-call, and checks
whether one thing that does one operation at a time could have answered so (linearizability): allocations, and rooms.

  node loadtest/linearizability/main.ts --histories 100 --seed 7

  --histories N     of each kind (default: 100)
  --operations N    about so many in each (default: 400)
  --clients N       at once (default: 6)
  --kills N         of the control plane in each history (default: 3)
  --cut-share P     so many of all calls are cut off in the middle (default: 0.05)
  --gone N          clients of a history that never come back, at most (default: 2)
  --ways N          the bound of the checker: ways to explain one answer (default: 500000)
  --seed N          (default: the time)
  --help            this text

Prints one line of JSON. Exit code 1 when something was wrong; an error when the bound is exceeded.`;

const { values } = parseArgs({
  options: {
    histories: { type: "string", default: "100" },
    operations: { type: "string", default: "400" },
    clients: { type: "string", default: "6" },
    kills: { type: "string", default: "3" },
    "cut-share": { type: "string", default: "0.05" },
    gone: { type: "string", default: "2" },
    ways: { type: "string", default: "500000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(USAGE);
else {
  console.log(`seed ${values.seed}`);
  const report = await checkHistories({
    histories: Number(values.histories),
    operations: Number(values.operations),
    clients: Number(values.clients),
    kills: Number(values.kills),
    cuts: { cutShare: Number(values["cut-share"]), goneMax: Number(values.gone) },
    waysMax: Number(values.ways),
    seed: Number(values.seed),
  });
  console.log(JSON.stringify(report));
  process.exitCode = report.wrongs.length === 0 ? 0 : 1;
}
