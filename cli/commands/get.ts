import type { Command } from "commander";
import { type AnyKind, KINDS } from "../../core/model/kinds.ts";
import { FleetError, isFleetError } from "../../core/std/errors.ts";
import type { AnyResource, ApiClient, Target } from "../api-client.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand, namedOf } from "../command.ts";
import type { Io } from "../io.ts";
import { type OutputForm, outputOption, outputText, rowsOf, type TableOptions } from "../output.ts";
import { columnWidths, tableLine } from "../text-table.ts";

interface GetOptions {
  readonly output: OutputForm;
  readonly allNamespaces?: true;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly watch?: true;
}

export function getCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "get <kind> [names...]",
    summary: "Show resources: what there is, and its state",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla get fleets", "all fleets of the namespace"],
      ["flotilla get gs -A -o wide", "game servers of all namespaces, more columns"],
      ["flotilla get gs -l agones.dev/fleet=arena -w", "those of one fleet, and every change"],
      ["flotilla get rooms -o wide", "rooms: how full, on which game server, with what attributes"],
      ["flotilla get fleet arena -o yaml", "one of them, whole"],
    ],
  });
  command.addHelpText("after", `\nKinds: ${kindsText()}\n`);
  command
    .addOption(outputOption())
    .option("-A, --all-namespaces", "of all namespaces")
    .option("-l, --selector <labels>", "only those with these labels: a=b,c!=d,e in (x,y)")
    .option("--field-selector <fields>", "only those with these fields: status.state=Ready")
    .option("-w, --watch", "go on and print every change")
    .action((kind: string, names: readonly string[], options: GetOptions) =>
      get(io, command, [kind, ...names], options),
    );
  return command;
}

/** `gameservers (gs), fleets (flt), …`: all that can be read. */
function kindsText(): string {
  const rows = Object.values(KINDS).filter(({ verbs }) => verbs !== "create");
  return rows
    .map(({ plural, short }) => [plural, ...short.map((s) => `(${s})`)].join(" "))
    .join(", ");
}

async function get(io: Io, command: Command, words: readonly string[], options: GetOptions) {
  const { config, api } = contextOf(io, command);
  const namespace = options.allNamespaces ? undefined : config.namespace;
  const query = { labelSelector: options.selector, fieldSelector: options.fieldSelector };
  const table = {
    wide: options.output === "wide",
    withNamespace: namespace === undefined,
    now: io.now(),
  };
  for (const { kind, names } of namedOf(words)) {
    if (options.watch) {
      const target = { kind, namespace, query: names.length > 0 ? byName(names) : query };
      await watch(io, api, target, table);
      continue;
    }
    const found = await find(api, { kind, namespace, query }, names);
    if (found.length === 0 && isTable(options.output)) io.err(nothingFound(kind, namespace));
    else
      io.out(outputText(options.output, { kind, items: found, isOne: names.length === 1 }, table));
  }
}

const isTable = (form: OutputForm): boolean => form === "table" || form === "wide";

function byName([name, ...more]: readonly string[]): { fieldSelector: string } {
  if (more.length === 0) return { fieldSelector: `metadata.name=${name}` };
  throw new FleetError("INVALID", "watch one resource by name, or all by a selector");
}

function nothingFound(kind: AnyKind, namespace: string | undefined): string {
  return `no ${kind} found${namespace === undefined ? "" : ` in namespace ${namespace}`}\n`;
}

async function find(
  api: ApiClient,
  target: Target,
  names: readonly string[],
): Promise<AnyResource[]> {
  if (names.length === 0) return [...(await api.list(target)).items];
  const { kind, namespace } = target;
  return Promise.all(
    names.map((name) => api.get({ kind, namespace: namespace ?? "default", name })),
  );
}

const RESTARTS_MAX = 1_000;

/** First what there is, then a row for each change; a history that no longer reaches back starts over. */
async function watch(io: Io, api: ApiClient, target: Target, table: TableOptions): Promise<void> {
  let widths: number[] | undefined;
  const print = (items: readonly AnyResource[]): void => {
    const rows = rowsOf(target.kind, items, { ...table, now: io.now() });
    const shown = widths ? rows.slice(1) : rows;
    widths ??= columnWidths(rows);
    for (const row of shown) io.out(`${tableLine(row, widths)}\n`);
  };
  for (let restarts = 0; restarts < RESTARTS_MAX && !io.signal.aborted; restarts++) {
    const list = await api.list(target);
    print(list.items);
    try {
      for await (const event of api.watch(target, list.metadata.resourceVersion ?? "0", io.signal))
        if (event.type !== "BOOKMARK") print([event.object]);
      if (!io.signal.aborted) throw new FleetError("UNAVAILABLE", "the API ended the watch");
    } catch (error) {
      if (!isFleetError(error, "EXPIRED")) throw error;
    }
  }
}
