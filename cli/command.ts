import { Command, Option } from "commander";
import { type AnyKind, KINDS, kindNamed } from "../core/model/kinds.ts";
import { FleetError } from "../core/std/errors.ts";
import { nearestName } from "../core/std/nearest.ts";
import { type ApiClient, apiClientOf } from "./api-client.ts";
import {
  CONFIG_FILE,
  type Config,
  readConfig,
  SETTINGS,
  type SettingName,
  type Texts,
} from "./config.ts";
import type { Io } from "./io.ts";

export interface CommandSpec {
  /** `get <kind> [names...]` */
  readonly usage: string;
  readonly summary: string;
  readonly settings: readonly SettingName[];
  /** Each with what it does: `["flotilla get fleets", "all fleets of the namespace"]`. */
  readonly examples: readonly (readonly [string, string])[];
  readonly aliases?: readonly string[];
  readonly hidden?: true;
}
export interface CommandContext {
  readonly config: Config;
  readonly api: ApiClient;
  readonly io: Io;
}

/** Settings of every command that talks to the API. */
export const CLIENT_SETTINGS: readonly SettingName[] = ["api", "tokenFile", "state", "namespace"];

function optionOf(name: SettingName): Option | undefined {
  const { flag, env, fallback, fallbackShown, description } = SETTINGS[name];
  if (!flag) return undefined;
  const standard = fallbackShown ?? String(fallback);
  return new Option(flag, `${description} [${env}] (default: ${standard})`);
}

function examplesText(examples: CommandSpec["examples"]): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`);
  return `\nExamples:\n${lines.join("\n")}\n`;
}

/** A command with its settings as options, its examples, and all of its words going through `io`. */
export function makeCommand(io: Io, spec: CommandSpec): Command {
  const command = new Command();
  const [name = "", ...args] = spec.usage.split(" ");
  command.name(name).summary(spec.summary).description(`${spec.summary}.`);
  for (const arg of args) command.argument(arg);
  for (const alias of spec.aliases ?? []) command.alias(alias);
  for (const setting of spec.settings) {
    const option = optionOf(setting);
    if (option) command.addOption(option);
  }
  command.addOption(
    new Option("--config <file>", `settings as YAML [FLOTILLA_CONFIG] (default: ${CONFIG_FILE})`),
  );
  if (spec.examples.length > 0) command.addHelpText("after", () => examplesText(spec.examples));
  command.exitOverride().allowExcessArguments(false).showSuggestionAfterError(true);
  command.configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => undefined });
  return command;
}

/** Everything that a command works with, from what was given on its command line. */
export function contextOf(io: Io, command: Command): CommandContext {
  const config = readConfig(command.opts() as Texts, io.env);
  return { config, api: apiClientOf(config), io };
}

/** The kind that a word such as `fleet`, `gs` or `Fleets` means, or an error that names the nearest. */
export function kindOf(word: string): AnyKind {
  const kind = kindNamed(word);
  if (kind) return kind;
  const words = Object.values(KINDS).flatMap((row) => [row.plural, row.singular, ...row.short]);
  const near = nearestName(word, words);
  const all = Object.values(KINDS).map((row) => row.plural);
  throw new FleetError("INVALID", `there is no kind ${word}`, {
    next: near ? `did you mean ${near}?` : `known kinds: ${all.join(", ")}`,
  });
}

export interface Named {
  readonly kind: AnyKind;
  readonly names: readonly string[];
}

/** `fleet arena other` and `fleet/arena gs/x` both name resources. */
export function namedOf(words: readonly string[]): Named[] {
  if (!words[0]?.includes("/")) return [{ kind: kindOf(words[0] ?? ""), names: words.slice(1) }];
  return words.map((word) => {
    const [kind = "", name = "", ...more] = word.split("/");
    if (!name || more.length > 0)
      throw new FleetError("INVALID", `${word} is not of the form kind/name`);
    return { kind: kindOf(kind), names: [name] };
  });
}

/** Exactly one resource. */
export function oneNamed(words: readonly string[]): {
  readonly kind: AnyKind;
  readonly name: string;
} {
  const all = namedOf(words).flatMap(({ kind, names }) => names.map((name) => ({ kind, name })));
  const [only] = all;
  if (only && all.length === 1) return only;
  throw new FleetError("INVALID", "name exactly one resource, such as fleet/arena");
}

/** A container by its words: `gs/arena-x`, `container RED`, or a bare name, which means a GameServer. */
export function oneContainer(words: readonly string[]): {
  readonly kind: "GameServer" | "Container";
  readonly name: string;
} {
  const [word = ""] = words;
  const bare = words.length === 1 && !word.includes("/");
  const { kind, name } = bare ? { kind: "GameServer" as const, name: word } : oneNamed(words);
  if (kind === "GameServer" || kind === "Container") return { kind, name };
  throw new FleetError("INVALID", `a ${kind} has no container of its own`, {
    next: "name a gameserver or a container, such as gs/arena-x or container/RED",
  });
}
