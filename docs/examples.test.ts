import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { documentsOf } from "../cli/apply-documents.ts";
import type { Io } from "../cli/io.ts";
import { secretWishesOf } from "../cli/make-secrets.ts";
import { makeProgram } from "../cli/program.ts";
import { admit } from "../core/model/admit.ts";
import { checkAllocation } from "../core/model/check-allocation.ts";
import { REASONS } from "../core/model/reason.ts";
import { ENTRY_TYPES } from "../core/model/schemas/autoscaler-policies.ts";

const root = join(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const inside = (folder: string, form: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => form.test(name))
    .map((name) => `${folder}/${name}`)
    .sort();
const guides = inside("docs", /\.md$/);
const documents = [
  "README.md",
  "README.ko.md",
  "CONTRIBUTING.md",
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  ...guides,
  ...inside("examples", /\.md$/),
];

/** One YAML block or file, and where it stands. */
interface Shown {
  readonly from: string;
  readonly text: string;
}
const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;
const blocks: readonly Shown[] = guides.flatMap((file) =>
  [...read(file).matchAll(/```yaml\n([\s\S]*?)```/g)].map(({ 1: text = "", index }) => ({
    from: `${file}:${lineAt(read(file), index)}`,
    text: wholeOf(text),
  })),
);
const manifests: readonly Shown[] = inside("examples", /(?<!image|secrets)\.yaml$/).map((file) => ({
  from: file,
  text: read(file),
}));

const secretLists: readonly Shown[] = inside("examples", /(?<![\w-])secrets\.yaml$/).map(
  (file) => ({
    from: file,
    text: read(file),
  }),
);

/** A block that shows a policy alone stands for an autoscaler that has it. */
function wholeOf(text: string): string {
  if (!text.startsWith("policy:")) return text;
  const head =
    "apiVersion: autoscaling.agones.dev/v1\nkind: FleetAutoscaler\nmetadata: { name: arena }";
  return `${head}\nspec:\n  fleetName: arena\n${text.replace(/^/gm, "  ")}`;
}

/** What the API would warn of in all documents of a text; it throws where the API would refuse. */
function warningsOf({ from, text }: Shown): readonly string[] {
  return documentsOf(from, text).flatMap(({ kind, value }) => {
    if (kind === "GameServerAllocation") return checkAllocation(value, "Strict").warnings;
    if (kind === "Event") throw new Error(`${from}: an Event is made by nobody`);
    const now = "2026-01-01T00:00:00Z";
    const uid = "00000000-0000-4000-8000-000000000000";
    return admit(value, { kind, now, uid, fieldValidation: "Strict" }).warnings;
  });
}

/** A line of a document that calls a program, as words. */
interface Line {
  readonly from: string;
  readonly words: readonly string[];
}

/** In fenced blocks and indented ones a line of its own, elsewhere between backticks. */
function linesOf(program: string): readonly Line[] {
  const form = new RegExp(`^ *(?:[A-Z_]+=\\S+ )*${program} (.*)$|\`${program} ([^\`\\n]+)\``, "gm");
  return documents.flatMap((file) => {
    const text = read(file);
    return [...text.matchAll(form)].map(({ 1: line, 2: inline, index }) => ({
      from: `${file}:${lineAt(text, index)}`,
      words: wordsOf(line ?? inline ?? ""),
    }));
  });
}

/** Words up to a remark; what is in quotes is one of them. */
function wordsOf(line: string): readonly string[] {
  const [command = ""] = line.split(/ +#/);
  return command.match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
}

const nobody: Io = {
  out: () => undefined,
  err: () => undefined,
  stdin: process.stdin,
  env: {},
  now: () => 0,
  signal: new AbortController().signal,
};

/** What is wrong with a line for the command line as it is; empty when it would be understood. */
function problemsOf({ from, words }: Line): readonly string[] {
  let command: Command = makeProgram(nobody);
  let rest = [...words];
  for (let next = named(command, rest[0]); next; next = named(command, rest[0])) {
    command = next;
    rest = rest.slice(1);
  }
  const [first] = rest;
  if (command.commands.length > 0 && first !== undefined && !first.startsWith("-"))
    return [`${from}: ${command.name()} has no command ${first}`];
  const end = rest.indexOf("--");
  const flags = (end < 0 ? rest : rest.slice(0, end)).filter((word) => /^--?[a-z]/i.test(word));
  const known = command.options.flatMap(({ short, long }) => [short, long]).concat("-h", "--help");
  return flags
    .filter((flag) => !known.includes(flag.split("=")[0]) && !areShort(flag, known))
    .map((flag) => `${from}: ${command.name()} has no flag ${flag}`);
}
/** `status|history` names several, each of which must be there. */
function named(command: Command, word = ""): Command | undefined {
  const all = word.split("|").map((name) => command.commands.find((one) => one.name() === name));
  return all.every((one) => one !== undefined) ? all[0] : undefined;
}
/** `-it` is `-i -t`. */
function areShort(flag: string, known: readonly (string | undefined)[]): boolean {
  return /^-[a-z]+$/i.test(flag) && [...flag.slice(1)].every((one) => known.includes(`-${one}`));
}

describe("what documents show", () => {
  it("asks for secrets in words that are understood", () => {
    expect(secretLists).not.toHaveLength(0);
    for (const { from, text } of secretLists)
      expect(secretWishesOf(from, text)).not.toHaveLength(0);
  });

  it.each(blocks)("is taken by the API: $from", (block) => {
    expect(warningsOf(block)).toEqual([]);
  });

  it.each(manifests)("as a file is taken by the API: $from", (manifest) => {
    expect(warningsOf(manifest)).toEqual([]);
  });

  it("has every policy of an autoscaler", () => {
    const types = blocks.flatMap(({ text }) => [...text.matchAll(/type: (\w+)/g)]);
    const shown = new Set(types.map(([, type]) => type));
    expect(ENTRY_TYPES.concat("Chain", "Max").filter((type) => !shown.has(type))).toEqual([]);
  });

  it("is understood by the command line: each command and each flag is there", () => {
    const lines = linesOf("(?:bin/)?flotilla");
    expect(lines.length).toBeGreaterThan(40);
    expect(lines.flatMap(problemsOf)).toEqual([]);
  });

  it("calls only scripts that the package has", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const called = linesOf("npm").flatMap(({ from, words: [verb = "", script = ""] }) => {
      const name = verb === "run" ? script : verb;
      return ["ci", "pack", "install"].includes(name) ? [] : [{ from, name }];
    });
    expect(called.length).toBeGreaterThan(5);
    expect(called.filter(({ name }) => !(name in scripts))).toEqual([]);
  });

  it("leads only to files that are there", () => {
    const links = documents.flatMap((file) =>
      [...read(file).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, to = ""]) => ({ file, to })),
    );
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter(({ file, to }) => !existsSync(join(root, dirname(file), to)))).toEqual([]);
  });

  it("explains only reasons that there are", () => {
    const [, table = ""] = /\| reason \| meaning \|\n([\s\S]*)/.exec(read("docs/fleets.md")) ?? [];
    const first = table.split("\n").map((line) => line.split("|")[1] ?? "");
    const named = first.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !REASONS.some((reason) => reason === name))).toEqual([]);
  });

  it("calls no command that is not there, nor a flag that a command has not", () => {
    const wrong = [
      "scales fleet/arena",
      "rollout status|pauses fleet/arena",
      "scale fleet/arena --replica 5",
      "exec -ix gs/NAME -- sh",
    ];
    const problems = wrong.flatMap((line) => problemsOf({ from: "here", words: wordsOf(line) }));
    expect(problems).toEqual([
      "here: flotilla has no command scales",
      "here: rollout has no command status|pauses",
      "here: scale has no flag --replica",
      "here: exec has no flag -ix",
    ]);
  });
});
