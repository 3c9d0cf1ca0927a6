import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { freePort } from "./flotilla-server.ts";
import { cpuSecondsOf, round } from "./machine.ts";
import { type WrkOptions, type WrkResult, wrk } from "./wrk.ts";

/** A row of a benchmark by wrk. */
export interface WrkRow extends WrkResult {
  readonly what: string;
  readonly serverUsPerRequest: number;
}

/** What answers, and as which process. */
export interface Target {
  readonly pid: number;
  readonly url: string;
}

/** A warm-up, then a run that counts; with what the server's CPU took of it. */
export async function measureWrk(
  what: string,
  { pid, url }: Target,
  load: Omit<WrkOptions, "url">,
): Promise<WrkRow> {
  await wrk({ ...load, url });
  const before = cpuSecondsOf(pid);
  const result = await wrk({ ...load, url });
  const used = (cpuSecondsOf(pid) - before) / (result.perSecond * load.seconds);
  return { ...result, what, serverUsPerRequest: Math.round(used * 1e6) };
}

/** The yardstick: a bare server that answers with what a file holds, as an object. */
export async function measureBare(
  what: string,
  file: string,
  load: Pick<WrkOptions, "clients" | "seconds">,
): Promise<WrkRow> {
  const port = await freePort();
  const program = join(import.meta.dirname, "bare-fastify.ts");
  const child: ChildProcess = spawn(process.execPath, [program, `${port}`, file], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const url = `http://127.0.0.1:${port}/`;
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await setTimeout(20);
  try {
    return await measureWrk(what, { pid: Number(child.pid), url }, { ...load, headers: {} });
  } finally {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }
}

/** Prints rows as a table. */
export function showWrkRows(rows: readonly WrkRow[]): void {
  console.table(
    rows.map((row) => ({
      what: row.what,
      "per second": Math.round(row.perSecond),
      "p50 ms": round(row.p50Ms),
      "p99 ms": round(row.p99Ms),
      refused: row.refused,
      "server µs": row.serverUsPerRequest,
    })),
  );
}
