import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { applyDocuments, type Document, documentsOf } from "../apply-documents.ts";
import { IS_IMAGE_SPEC } from "../build-images.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand } from "../command.ts";
import type { Io } from "../io.ts";
import { IS_SECRET_LIST } from "../make-secrets.ts";

interface ApplyOptions {
  readonly filename: readonly string[];
  readonly dryRun?: true;
  readonly validate: "Strict" | "Warn" | "Ignore";
}

export function applyCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "apply",
    summary: "Create resources, or change them to what the files say",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla apply -f fleet.yaml", "one file, any number of documents"],
      [
        "flotilla apply -f examples/demo",
        "the resources of a folder (no image.yaml, no secrets.yaml)",
      ],
      ["flotilla apply -f - <fleet.yaml", "from standard input"],
      ["flotilla apply -f fleet.yaml --dry-run", "check it, change nothing"],
    ],
  });
  command
    .requiredOption("-f, --filename <file...>", "file, folder, or - for standard input")
    .option("--dry-run", "have everything checked by the API, change nothing")
    .option("--validate <how>", "unknown fields: Strict refuses, Warn, Ignore", "Strict")
    .action((options: ApplyOptions) => apply(io, command, options));
  return command;
}

async function apply(io: Io, command: Command, options: ApplyOptions): Promise<void> {
  const { config, api } = contextOf(io, command);
  const documents = await readDocuments(options.filename, io.stdin);
  await applyDocuments({
    api,
    documents,
    namespace: config.namespace,
    fieldValidation: options.validate,
    dryRun: options.dryRun === true,
    say: (line) => io.out(`${line}\n`),
    warn: (line) => io.err(`warning: ${line}\n`),
  });
}

const IS_DOCUMENT = /\.(ya?ml|json)$/;

/** The documents of files and folders, in the order named; a folder's files by name, without those of images and secrets. */
export async function readDocuments(
  names: readonly string[],
  stdin: NodeJS.ReadableStream,
): Promise<Document[]> {
  const found: Document[] = [];
  for (const name of names)
    if (name === "-") found.push(...documentsOf("standard input", await text(stdin)));
    else for (const file of filesOf(name)) found.push(...documentsOf(file, readText(file)));
  if (found.length === 0)
    throw new FleetError("INVALID", `there is no document in ${names.join(", ")}`);
  return found;
}

function filesOf(name: string): string[] {
  try {
    if (!statSync(name).isDirectory()) return [name];
    return readdirSync(name)
      .filter((file) => IS_DOCUMENT.test(file))
      .filter((file) => !IS_IMAGE_SPEC.test(file) && !IS_SECRET_LIST.test(file))
      .sort()
      .map((file) => join(name, file));
  } catch (error) {
    throw new FleetError("INVALID", `cannot read ${name}: ${messageOf(error)}`);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new FleetError("INVALID", `cannot read ${file}: ${messageOf(error)}`);
  }
}
