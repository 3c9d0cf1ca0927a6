import { type Command, Option } from "commander";
import type { HistoryRow } from "../../core/model/history.ts";
import { KINDS } from "../../core/model/kinds.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { ApiClient } from "../api-client.ts";
import { CLIENT_SETTINGS, contextOf, kindOf, makeCommand } from "../command.ts";
import { durationMs } from "../duration.ts";
import { historyTable } from "../history-text.ts";
import type { Io } from "../io.ts";

interface HistoryFlags {
  readonly allNamespaces?: true;
  readonly since?: string;
  readonly fleet?: string;
  readonly on?: string;
  readonly became?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly limit: string;
  readonly output: "table" | "csv" | "json";
}

export function historyCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "history [kind] [name]",
    summary: "Show what changed state, when, why, and who or what caused it",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla history", "the last changes of the namespace"],
      ["flotilla history gs arena-x7k2p", "the life of one game server"],
      [
        "flotilla history gs --fleet arena --reason OOMKilled --since 24h",
        "what ran out of memory",
      ],
      ["flotilla history --by alice --since 7d", "what one person has caused"],
      ["flotilla history -A --since 30d -o csv > history.csv", "everything, for a spreadsheet"],
    ],
  });
  command
    .option("-A, --all-namespaces", "of all namespaces")
    .option("--since <time>", "not before: 90s, 10m, 2h, 7d")
    .option("--fleet <name>", "only what belongs to this fleet")
    .option("--on <node>", "only what was on this node")
    .option("--became <state>", "only changes to this state: Ready, Unhealthy, Gone")
    .option("--reason <reason>", "only changes for this reason: OOMKilled, ScaleDown")
    .option("--by <who>", "only what this one caused: alice, 'fleet arena', allocation")
    .option("--limit <number>", "lines of the table", "50")
    .addOption(
      new Option("-o, --output <form>", "form of the output; csv and json are whole exports")
        .choices(["table", "csv", "json"])
        .default("table"),
    )
    .action((kind: string | undefined, name: string | undefined, flags: HistoryFlags) =>
      show(io, command, { kind, name }, flags),
    );
  return command;
}

async function show(
  io: Io,
  command: Command,
  { kind: word, name }: { readonly kind: string | undefined; readonly name: string | undefined },
  flags: HistoryFlags,
): Promise<void> {
  const { config, api } = contextOf(io, command);
  const [kindWord, nameWord = name] = (word ?? "").split("/");
  const kind = kindWord ? kindOf(kindWord) : undefined;
  const isClusterWide = flags.allNamespaces || (kind && !KINDS[kind].namespaced);
  const { since, fleet, on: node, became: state, reason, by, output } = flags;
  const query = {
    ...{ kind, name: nameWord, fleet, node, state, reason, by },
    namespace: isClusterWide ? undefined : config.namespace,
    from: since === undefined ? undefined : String(io.now() - sinceMs(since)),
  };
  if (output !== "table") return await exportTo(io, api, { ...query, format: output });
  const rows = await historyRows(api, { ...query, limit: limitOf(flags.limit) });
  if (rows.length === 0) io.err("nothing has changed that this asks for\n");
  else io.out(historyTable(rows));
}

function sinceMs(text: string): number {
  const ms = durationMs(text);
  if (ms !== undefined) return ms;
  throw new FleetError("INVALID", `--since takes a time such as 90s, 10m, 2h or 7d, not ${text}`);
}

function limitOf(text: string): string {
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 1_000) return text;
  throw new FleetError("INVALID", `--limit takes a number from 1 to 1000, not ${text}`, {
    next: "for more, export: -o csv or -o json",
  });
}

type Query = Readonly<Record<string, string | undefined>>;

function pathTo(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return `/v1/history?${new URLSearchParams(given)}`;
}

/** A page of the history, newest first. */
export async function historyRows(api: ApiClient, query: Query): Promise<readonly HistoryRow[]> {
  const { body } = await api.request({ method: "GET", path: pathTo(query) });
  return (body as { readonly items: readonly HistoryRow[] }).items;
}

async function exportTo(io: Io, api: ApiClient, query: Query): Promise<void> {
  const decoder = new TextDecoder();
  for await (const bytes of api.bytes(pathTo(query), io.signal))
    io.out(decoder.decode(bytes, { stream: true }));
  io.out(decoder.decode());
}
