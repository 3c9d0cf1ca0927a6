import { type Command, Option } from "commander";
import type { Overview } from "../../core/model/overview.ts";
import { ROW_KINDS, type Row } from "../../core/model/rows.ts";
import { systemClock } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { ApiClient } from "../api-client.ts";
import { CLIENT_SETTINGS, contextOf, kindOf, makeCommand } from "../command.ts";
import type { Io } from "../io.ts";
import { busiest, overviewLine, type TopKind, type TopOrder, topTable } from "../top-text.ts";

interface TopOptions {
  readonly by: TopOrder;
  readonly limit: string;
  readonly every: string;
  readonly once?: true;
  readonly allNamespaces?: true;
}
const PAGE = 1_000;
/** More than this many rows are not read: who has so many asks for one namespace. */
const PAGES_MAX = 100;
const CLEAR = "\x1b[H\x1b[2J";

export function topCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "top [kind]",
    summary: "Show what uses most CPU or memory, again and again",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla top", "game servers by CPU, every 2 s until Ctrl-C"],
      ["flotilla top containers --by memory -A", "Containers of all namespaces by memory"],
      ["flotilla top nodes --once", "machines, once"],
    ],
  });
  command.addHelpText("after", "\nKinds: gameservers, containers, services, fleets, nodes\n");
  command
    .addOption(new Option("--by <what>", "sort by").choices(["cpu", "memory"]).default("cpu"))
    .option("--limit <rows>", "how many rows", "20")
    .option("--every <seconds>", "how often", "2")
    .option("--once", "print one table and end")
    .option("-A, --all-namespaces", "of all namespaces")
    .action((kind: string | undefined, options: TopOptions) => top(io, command, kind, options));
  return command;
}

async function top(io: Io, command: Command, word: string | undefined, options: TopOptions) {
  const { config, api } = contextOf(io, command);
  const kind = topKindOf(word ?? "gameservers");
  const limit = wholeOf("--limit", options.limit, 1, PAGE);
  const everyMs = wholeOf("--every", options.every, 1, 3_600) * 1_000;
  const namespace = options.allNamespaces || kind === "Node" ? undefined : config.namespace;
  const clear = options.once !== true && process.stdout.isTTY ? CLEAR : "";
  for (;;) {
    const { body } = await api.request({ method: "GET", path: "/v1/overview" });
    const rows = busiest(await rowsOf(api, kind, namespace), options.by, limit);
    const table = topTable(kind, rows, namespace === undefined);
    io.out(`${clear}${overviewLine(body as unknown as Overview)}\n\n${table}`);
    if (options.once) return;
    const isOver = await systemClock.sleep(everyMs, io.signal).then(
      () => false,
      () => true,
    );
    if (isOver) return;
    io.out("\n");
  }
}

async function rowsOf(api: ApiClient, kind: TopKind, namespace: string | undefined) {
  const rows: Row[] = [];
  let before: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = new URLSearchParams({
      ...{ kind, limit: String(PAGE) },
      ...(namespace === undefined ? {} : { namespace }),
      ...(before === undefined ? {} : { before }),
    });
    const { body } = await api.request({ method: "GET", path: `/v1/rows?${query}` });
    const { items, next } = body as unknown as { items: readonly Row[]; next?: string };
    rows.push(...items);
    before = next;
    if (next === undefined) break;
  }
  return rows;
}

function topKindOf(word: string): TopKind {
  const kind = kindOf(word);
  const found = ROW_KINDS.find((one) => one === kind);
  if (found !== undefined && found !== "Network" && found !== "Room") return found;
  throw new FleetError(
    "INVALID",
    `nothing is measured of ${kind}: top shows gameservers, containers, services, fleets or nodes`,
  );
}

function wholeOf(flag: string, value: string, min: number, max: number): number {
  const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new FleetError("INVALID", `${flag} must be a whole number from ${min} to ${max}`);
}
