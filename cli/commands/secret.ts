import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import type { Command } from "commander";
import { type SecretName, Secrets } from "../../access/secrets.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { contextOf, makeCommand } from "../command.ts";
import type { SettingName } from "../config.ts";
import type { Io } from "../io.ts";
import { makeSecrets, readSecretWishes } from "../make-secrets.ts";
import { textTable } from "../text-table.ts";
import { openStateFolder } from "../up/state-folder.ts";

const SETTINGS: readonly SettingName[] = ["state", "namespace"];

/** `flotilla secret make|set|ls|path|rm`: the secrets of this machine, which volumes of kind `secret` show to containers. */
export function secretCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "secret",
    summary: "Make and set the secrets of this machine's containers (none is ever printed)",
    settings: [],
    examples: [
      ["flotilla secret make examples/game/secrets.yaml", "those of the file that are missing"],
      ["flotilla secret set mongodb.url <url.txt", "a content of your own, never as an argument"],
      ["flotilla secret ls", "their names"],
      ["flotilla secret path login.token", "the file of one"],
      ["flotilla secret rm mongodb.url", "what runs keeps its copy"],
    ],
  });
  for (const one of [makeCommandOf, setCommand, lsCommand, pathCommand, rmCommand])
    command.addCommand(one(io));
  return command;
}

interface Place {
  readonly state: string;
  readonly namespace: string;
  readonly secrets: Secrets;
}

/** Where the command's secrets are; the state folder is made where it is missing. */
function placeOf(io: Io, command: Command): Place {
  const { state, namespace } = contextOf(io, command).config;
  const { path } = openStateFolder(state, undefined);
  return { state: path, namespace, secrets: new Secrets(path) };
}

function makeCommandOf(io: Io): Command {
  const command = makeCommand(io, {
    usage: "make <files...>",
    summary: "Make the secrets that files ask for and that are missing; one that is there stays",
    settings: SETTINGS,
    examples: [["flotilla secret make secrets.yaml", "as `flotilla up -f FOLDER` does"]],
  });
  return command.action(async (files: readonly string[]) => {
    const { state, namespace } = placeOf(io, command);
    for await (const { name, made } of makeSecrets(state, namespace, readSecretWishes(files)))
      io.out(`secret ${name} ${made ? "made" : "unchanged"}\n`);
  });
}

function setCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "set <name>",
    summary: "Give a secret its content, from standard input or a file",
    settings: SETTINGS,
    examples: [
      ["flotilla secret set mongodb.url <url.txt", "from standard input"],
      ["flotilla secret set login.keys --from-file keys.json", "from a file"],
    ],
  });
  return command
    .option("--from-file <file>", "the file that holds it")
    .action(async (name: string, { fromFile }: { readonly fromFile?: string }) => {
      const { namespace, secrets } = placeOf(io, command);
      const content = fromFile === undefined ? await buffer(io.stdin) : await readIt(fromFile);
      const changed = await secrets.set({ namespace, name }, content);
      io.out(`secret ${name} ${changed ? "set" : "unchanged"}\n`);
    });
}

async function readIt(file: string): Promise<Buffer> {
  return await readFile(file).catch((error: unknown) => {
    throw new FleetError("INVALID", `cannot read ${file}: ${messageOf(error)}`);
  });
}

function lsCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "ls",
    summary: "List the secrets of the namespace",
    settings: SETTINGS,
    examples: [["flotilla secret ls", "name, size and when it was changed"]],
  });
  return command.action(async () => {
    const { namespace, secrets } = placeOf(io, command);
    const rows = (await secrets.list(namespace)).map(({ name, bytes, changedAt }) => {
      return [name, `${bytes}`, new Date(changedAt).toISOString().replace(/\.\d+/, "")];
    });
    io.out(textTable([["NAME", "BYTES", "CHANGED"], ...rows]));
  });
}

function pathCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "path <name>",
    summary: "Print the path of a secret's file",
    settings: SETTINGS,
    examples: [["flotilla secret path login.token", "for `cat`, or to copy it to another machine"]],
  });
  return command.action((name: string) => {
    const { namespace, secrets } = placeOf(io, command);
    io.out(`${secrets.pathOf({ namespace, name })}\n`);
  });
}

function rmCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "rm <names...>",
    summary: "Remove secrets; what runs keeps its copy, what starts later needs another",
    settings: SETTINGS,
    examples: [["flotilla secret rm login.keys", "made anew at the next `flotilla up -f`"]],
  });
  return command.action(async (names: readonly string[]) => {
    const { namespace, secrets } = placeOf(io, command);
    for (const name of names) {
      const secret: SecretName = { namespace, name };
      await secrets.remove(secret);
      io.out(`secret ${name} removed\n`);
    }
  });
}
