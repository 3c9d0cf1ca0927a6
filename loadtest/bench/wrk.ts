import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface WrkOptions {
  readonly url: string;
  readonly clients: number;
  readonly seconds: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A Lua script that says what each request asks for, and what its `init` gets. */
  readonly script?: string;
  readonly scriptArgs?: readonly string[];
}

export interface WrkResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were none of 2xx and 3xx, and connections that failed. */
  readonly refused: number;
}

/** One run of wrk on one thread: the rest of a small machine is the server's. */
export async function wrk(options: WrkOptions): Promise<WrkResult> {
  const { url, clients, seconds, headers, script, scriptArgs = [] } = options;
  const given = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const load = ["-t1", `-c${clients}`, `-d${seconds}s`, "--latency", ...given];
  const scripted = script ? ["-s", script] : [];
  const { stdout } = await run("wrk", [...load, ...scripted, url, "--", ...scriptArgs]);
  return readWrk(stdout);
}

/** What wrk prints. Pure. */
export function readWrk(text: string): WrkResult {
  const part = (percent: number): number => {
    const [, value = "NaN", unit = ""] =
      new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s)$`, "m").exec(text) ?? [];
    return Number(value) * ({ us: 0.001, ms: 1, s: 1_000 }[unit] ?? Number.NaN);
  };
  const [, perSecond] = /^Requests\/sec:\s+([\d.]+)/m.exec(text) ?? [];
  const [, refused = "0"] = /^\s+Non-2xx or 3xx responses: (\d+)/m.exec(text) ?? [];
  const [, errors = ""] = /^\s+Socket errors: (.*)$/m.exec(text) ?? [];
  const failed = [...errors.matchAll(/\d+/g)].reduce((sum, [count]) => sum + Number(count), 0);
  return {
    perSecond: Number(perSecond),
    p50Ms: part(50),
    p99Ms: part(99),
    refused: Number(refused) + failed,
  };
}
