import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { systemClock } from "../../core/std/clock.ts";
import { type CollectionSpec, DOCUMENT_BOUNDS } from "../documents/document-store.ts";
import { anySpec } from "../documents/shape.ts";
import { DocumentFile, type FileOutcome, type FileWrite } from "./document-file.ts";
import { openSqliteDocumentStore, SQLITE_DOCUMENT_BOUNDS } from "./sqlite-document-store.ts";
import { indexesOf, tableOf } from "./statements.ts";

// Measures durable inserts of about 350 bytes with two indexes: through the store (a worker writes), and with the same
// file and the same groups on the main thread. Prints one line of JSON.
const { values } = parseArgs({
  options: {
    where: { type: "string", default: "worker" },
    writers: { type: "string", default: "64" },
    seconds: { type: "string", default: "5" },
    folder: { type: "string", default: "." },
  },
});

interface Account {
  readonly email: string;
  readonly seenAt: number;
  readonly about: string;
}
const SPEC: CollectionSpec<Account> = {
  name: "bench",
  fields: { email: "string", seenAt: "number" },
  unique: { email: ["email"] },
  indexes: { seen: { equal: [], order: "seenAt" } },
  migrations: [],
};
const about = "x".repeat(280);
const accountOf = (i: number): Account => ({ email: `a${i}@example.org`, seenAt: i, about });

interface Inserter extends AsyncDisposable {
  insert(i: number): Promise<unknown>;
}

async function inWorker(path: string): Promise<Inserter> {
  const clock = systemClock;
  const store = await openSqliteDocumentStore({
    ...DOCUMENT_BOUNDS,
    ...SQLITE_DOCUMENT_BOUNDS,
    path,
    clock,
  });
  const accounts = await store.collection(SPEC);
  return {
    insert: (i) => accounts.insert(`account-${i}`, accountOf(i)),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

function onMainThread(path: string): Inserter {
  const file = new DocumentFile(path, 5_000);
  file.open(tableOf(anySpec(SPEC)));
  file.makeIndexes(tableOf(anySpec(SPEC)), indexesOf(anySpec(SPEC)));
  let waiting: { write: FileWrite; resolve: (outcome: FileOutcome | undefined) => void }[] = [];
  const flush = (): void => {
    const group = waiting;
    waiting = [];
    const outcomes = file.write(group.map(({ write }) => write));
    for (const [i, { resolve }] of group.entries()) resolve(outcomes[i]);
  };
  const insert = (i: number): Promise<unknown> =>
    new Promise((resolve) => {
      const { email, seenAt } = accountOf(i);
      const text = JSON.stringify(accountOf(i));
      const row = ["version-of-row", "0", text, email, seenAt, `account-${i}`];
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ write: { op: "insert", collection: "bench", values: row }, resolve });
    });
  return { insert, [Symbol.asyncDispose]: async () => file[Symbol.dispose]() };
}

const folder = mkdtempSync(join(values.folder, "documents-"));
const path = join(folder, "documents.db");
try {
  await using inserter = values.where === "main" ? onMainThread(path) : await inWorker(path);
  const latencies: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.threadCpuUsage();
  const start = performance.now();
  const until = start + Number(values.seconds) * 1_000;
  let next = 0;
  const write = async (): Promise<void> => {
    while (performance.now() < until) {
      const began = performance.now();
      next += 1;
      await inserter.insert(next);
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: Number(values.writers) }, write));
  const seconds = (performance.now() - start) / 1_000;
  const { user, system } = process.threadCpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const round = (value: number): number => Math.round(value * 100) / 100;
  const at = (part: number): number => round(latencies[Math.floor(latencies.length * part)] ?? 0);
  const line = {
    where: values.where,
    writers: Number(values.writers),
    writesPerSecond: Math.round(latencies.length / seconds),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    mainThreadUsPerWrite: round((user + system) / latencies.length),
    loopDelayP99Ms: round(delay.percentile(99) / 1e6),
    loopDelayMaxMs: round(delay.max / 1e6),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
