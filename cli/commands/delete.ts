import type { Command } from "commander";
import { FleetError, isFleetError } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import { pathOf } from "../api-client.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand, namedOf } from "../command.ts";
import type { Io } from "../io.ts";
import { readDocuments } from "./apply.ts";

interface DeleteOptions {
  readonly filename?: readonly string[];
  readonly selector?: string;
  readonly all?: true;
  readonly ignoreNotFound?: true;
  readonly drain?: string;
  readonly now?: true;
}

export function deleteCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "delete [kind] [names...]",
    summary: "Delete resources (a Fleet takes its game servers with it)",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla delete fleet arena", "the fleet and all of its game servers"],
      ["flotilla delete fleet arena --drain 600", "held game servers get ten minutes to end"],
      ["flotilla delete -f examples/demo", "everything that the files name"],
      ["flotilla delete gs -l agones.dev/fleet=arena", "by label"],
    ],
  });
  command
    .option("-f, --filename <file...>", "what these files name")
    .option("-l, --selector <labels>", "those with these labels")
    .option("--all", "all of the kind in the namespace")
    .option("--drain <seconds>", "a Fleet's held game servers get so long to end")
    .option("--now", "wait for nothing, whatever the Fleet's drain says")
    .option("--ignore-not-found", "what is not there is no error")
    .action((kind: string | undefined, names: readonly string[], options: DeleteOptions) =>
      remove(io, command, kind === undefined ? [] : [kind, ...names], options),
    );
  return command;
}

interface Victim {
  readonly kind: ReturnType<typeof namedOf>[number]["kind"];
  readonly namespace: string;
  readonly name: string;
}

async function remove(io: Io, command: Command, words: readonly string[], options: DeleteOptions) {
  const { config, api } = contextOf(io, command);
  const grace = graceOf(options);
  const victims: Victim[] = [];
  if (options.filename) victims.push(...(await ofFiles(io, options.filename, config.namespace)));
  for (const { kind, names } of words.length > 0 ? namedOf(words) : []) {
    const chosen = options.selector !== undefined || options.all;
    if (names.length === 0 && !chosen)
      throw new FleetError("INVALID", "name what to delete, or give --selector or --all");
    const query = { labelSelector: options.selector };
    const target = { kind, namespace: config.namespace, query };
    const found = chosen ? (await api.list(target)).items.map((i) => i.metadata.name) : names;
    victims.push(...found.map((name) => ({ kind, namespace: config.namespace, name })));
  }
  if (words.length === 0 && !options.filename)
    throw new FleetError("INVALID", "name what to delete, or a file: -f FILE");
  for (const victim of victims) {
    try {
      const body = victim.kind === "Fleet" || options.now ? grace : undefined;
      const answer = await api.request({ method: "DELETE", path: pathOf(victim), body });
      io.out(`${victim.kind.toLowerCase()}/${victim.name} ${doneWith(answer.body)}\n`);
    } catch (error) {
      if (!options.ignoreNotFound || !isFleetError(error, "NOT_FOUND")) throw error;
    }
  }
}

/** A fleet that is answered is still there: its held game servers have time to end. */
function doneWith(body: unknown): string {
  if (!isObject(body) || body.kind !== "Fleet") return "deleted";
  return "ends when its last held game server has ended, or its time is over (--now ends it at once)";
}

/** How long what is deleted may take; undefined leaves it to the resource. */
function graceOf({ drain, now }: DeleteOptions): object | undefined {
  if (now) return { gracePeriodSeconds: 0 };
  if (drain === undefined) return undefined;
  if (!/^\d{1,9}$/.test(drain))
    throw new FleetError("INVALID", `--drain takes whole seconds, not ${drain}`);
  return { gracePeriodSeconds: Number(drain) };
}

async function ofFiles(io: Io, files: readonly string[], namespace: string): Promise<Victim[]> {
  const documents = await readDocuments(files, io.stdin);
  return documents.reverse().map(({ kind, value }) => {
    const metadata = value.metadata as Record<string, unknown> | undefined;
    return {
      kind,
      namespace: String(metadata?.namespace ?? namespace),
      name: String(metadata?.name ?? ""),
    };
  });
}
