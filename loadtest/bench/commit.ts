import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { machine, measureDisk, percentile, round } from "./machine.ts";

/*
 * Durable commits per second of the control plane's store at 1, 64 and 256 writers, and beside it SQLite with one
 * transaction per write on the same disk. `node loadtest/bench/commit.ts --help` lists the options.
 */
const { values } = parseArgs({
  options: {
    folder: { type: "string", default: tmpdir() },
    servers: { type: "string", default: "1000" },
    seconds: { type: "string", default: "5" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const USAGE = `node loadtest/bench/commit.ts [--folder DISK] [--servers N] [--seconds S] [--json FILE]
  --folder   a folder on the disk to measure; a temporary one is made in it
  --servers  game servers of 1.5 KB that exist while one after the other is changed by a delta of 350 bytes
  --seconds  duration of each row
  --json     also writes everything to this file`;
const WRITERS = [1, 64, 256];
const PROGRAM = join(import.meta.dirname, "../../store/journal/commit-bench.ts");

/** One row of the table. */
interface Row {
  readonly store: string;
  readonly sync: string;
  readonly writers: number;
  readonly writesPerSecond: number;
  readonly group: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mainThreadUsPerWrite: number;
  readonly loadMs?: number;
}

/** The store itself, in a process of its own. */
async function measureStore(folder: string, writers: number): Promise<Row> {
  const own = join(folder, `journal-${writers}`);
  mkdirSync(own);
  const { servers, seconds } = values;
  const options = { folder: own, writers, servers, seconds };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const child = spawn(process.execPath, [PROGRAM, ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const chunks = await child.stdout.setEncoding("utf8").toArray();
  if (chunks.length === 0) throw new Error("the store's process gave no result");
  return JSON.parse(chunks.join("")) as Row;
}

/** The yardstick: SQLite in WAL mode with synchronous=FULL, one transaction per write. */
function measureSqlite(folder: string): Row {
  const servers = Number(values.servers);
  using db = new DatabaseSync(join(folder, "yardstick.db"));
  db.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE r (k INTEGER PRIMARY KEY, body TEXT)",
  );
  const insert = db.prepare("INSERT INTO r VALUES (?, ?)");
  const body = JSON.stringify({
    metadata: { labels: {} },
    spec: "s".repeat(1_400),
    status: { state: "Ready" },
  });
  db.exec("BEGIN");
  for (let i = 0; i < servers; i++) insert.run(i, body);
  db.exec("COMMIT");
  const update = db.prepare("UPDATE r SET body = json_patch(body, ?) WHERE k = ?");
  const latencies: number[] = [];
  const cpu = process.threadCpuUsage();
  const start = performance.now();
  const end = start + Number(values.seconds) * 1_000;
  for (let i = 0; performance.now() < end; i++) {
    const before = performance.now();
    const labels = { match: `match-${i}`, players: "x".repeat(200) };
    const delta = { metadata: { labels }, status: { state: i % 2 ? "Allocated" : "Ready" } };
    update.run(JSON.stringify(delta), i % servers);
    latencies.push(performance.now() - before);
  }
  const seconds = (performance.now() - start) / 1_000;
  const { user, system } = process.threadCpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  return {
    store: "sqlite, one by one",
    sync: "WAL, synchronous=FULL",
    writers: 1,
    writesPerSecond: Math.round(latencies.length / seconds),
    group: 1,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    mainThreadUsPerWrite: round((user + system) / latencies.length),
  };
}

async function run(): Promise<void> {
  const folder = mkdtempSync(join(values.folder, "flotilla-bench-"));
  try {
    const disk = measureDisk(folder);
    const rows: Row[] = [];
    for (const writers of WRITERS) rows.push(await measureStore(folder, writers));
    rows.push(measureSqlite(folder));
    const where = machine();
    console.log(where);
    console.log(
      `a synchronous write of 4 KiB on this disk: p50 ${disk.p50Ms} ms, p99 ${disk.p99Ms} ms`,
    );
    console.table(rows, [
      "store",
      "sync",
      "writers",
      "writesPerSecond",
      "group",
      "p50Ms",
      "p99Ms",
      "mainThreadUsPerWrite",
      "loadMs",
    ]);
    const result = { bench: "commit", machine: where, disk, servers: Number(values.servers), rows };
    if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (values.help) console.log(USAGE);
else await run();
