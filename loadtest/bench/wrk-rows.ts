import { BareServer } from "./bare-server.ts";
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
  target: Target,
  load: Omit<WrkOptions, "url">,
): Promise<WrkRow> {
  await wrk({ ...load, url: target.url });
  return await measureOnce(what, target, load);
}

/** The same without a warm-up, for what cannot be asked twice. */
export async function measureOnce(
  what: string,
  { pid, url }: Target,
  load: Omit<WrkOptions, "url">,
): Promise<WrkRow> {
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
  await using bare = await BareServer.start(file);
  return await measureWrk(what, bare, { ...load, headers: {} });
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
