import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { stateDiagram } from "./core/model/state-diagram.ts";

/** The floors: a folder imports only from floors below its own; on one floor, folders do not see each other. */
const FLOORS: readonly (readonly string[])[] = [
  ["core/std"],
  ["core/model"],
  ["store", "runtime/linux", "runtime/shim"],
  [
    "store/memory",
    "store/journal",
    "store/sqlite",
    "store/mongodb",
    "runtime/image",
    "runtime/bundle",
    "runtime/cgroup",
    "runtime/network",
    "runtime/link",
    "fleet/decide",
    "allocator/decide",
  ],
  ["runtime/container", "fleet/controller", "allocator", "access", "monitor"],
  ["runtime/sdk", "api"],
  ["runtime/agent"],
  ["fleet/sim"],
  ["cli"],
];
/** They talk to the house over sockets only; what they may import is the exception. */
const OUTBUILDINGS = ["dashboard", "game-services", "loadtest", "examples"];
/** Words that both sides speak, and the store for documents of the game's own services. */
const OPEN_TO_OUTBUILDINGS = [
  "core/std/",
  "core/model/",
  "store/documents/",
  "store/sqlite/",
  "store/mongodb/",
];
const FILE_LINES_MAX = 400;
/** Biome holds the same for TypeScript. */
const FUNCTION_LINES_MAX = 60;
const ARCHITECTURE_LINES_MAX = 200;

const root = import.meta.dirname;
/** What is made here, by tests that run meanwhile, too: who walks through it may find a folder gone. */
const MADE = /^(node_modules|\.build|\.git|\.artefacts|dist|bench-results|loadtest-results)$/;
const files = below("").sort();
const sources = files.filter((f) => /\.(tsx?|css|c|h|mjs)$/.test(f));
const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** All files and folders of a folder, at any depth. */
function below(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !MADE.test(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? [path, ...below(path)] : [path];
    });
}

function placeOf(file: string): { floor: number; folder: string } | undefined {
  const folders = FLOORS.flatMap((names, floor) => names.map((folder) => ({ floor, folder })));
  return folders
    .filter(({ folder }) => file.startsWith(`${folder}/`))
    .sort((a, b) => b.folder.length - a.folder.length)[0];
}

function importsOf(file: string): string[] {
  const found = [...read(file).matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)];
  return found.map(([, path]) => relative(root, join(root, dirname(file), path ?? "")));
}

function climbs(from: string, to: string): boolean {
  const a = placeOf(from);
  const b = placeOf(to);
  if (OUTBUILDINGS.some((o) => from.startsWith(`${o}/`)))
    return b !== undefined && !OPEN_TO_OUTBUILDINGS.some((open) => to.startsWith(open));
  if (!a) return false;
  if (!b) return OUTBUILDINGS.some((o) => to.startsWith(`${o}/`));
  return b.floor > a.floor || (b.floor === a.floor && b.folder !== a.folder);
}

/** C functions with their lengths: from a line in the first column that opens a body to the `}` in the first column. */
function functionsOf(file: string): { name: string; lines: number }[] {
  const found: { name: string; lines: number }[] = [];
  let name: string | undefined;
  let began = 0;
  read(file)
    .split("\n")
    .forEach((line, i) => {
      const opens = /^[A-Za-z_][^;=]*?(\w+)\s*\([^;]*$/.exec(line);
      if (name === undefined && opens) [name, began] = [opens[1] ?? "", i];
      else if (/^[^\s{}].*;\s*$/.test(line)) name = undefined;
      if (!line.startsWith("}")) return;
      if (name !== undefined) found.push({ name, lines: i - began + 1 });
      name = undefined;
    });
  return found;
}

/** The floors as ARCHITECTURE.md shows them: one row each, every folder in backticks. */
function shownFloors(): string[][] {
  const rows = read("ARCHITECTURE.md").matchAll(/^\| (\d) \|(.*)\|$/gm);
  return [...rows].map(([, , cell]) =>
    [...(cell ?? "").matchAll(/`([^`]+)`/g)].map((m) => m[1] ?? ""),
  );
}

describe("the house is tidy", () => {
  it("has no import that climbs a floor or crosses one", () => {
    const wrong = sources
      .filter((f) => /\.tsx?$/.test(f))
      .flatMap((from) => importsOf(from).map((to) => ({ from, to })))
      .filter(({ from, to }) => !from.endsWith("tidy.test.ts") && climbs(from, to))
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(wrong).toEqual([]);
  });

  it(`has no source file over ${FILE_LINES_MAX} lines`, () => {
    const long = sources.filter((f) => read(f).split("\n").length > FILE_LINES_MAX + 1);
    expect(long).toEqual([]);
  });

  it(`has no C function over ${FUNCTION_LINES_MAX} lines`, () => {
    const long = sources
      .filter((f) => /\.[ch]$/.test(f))
      .flatMap((file) => functionsOf(file).map((f) => ({ file, ...f })))
      .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
      .map(({ file, name, lines }) => `${file}: ${name} has ${lines} lines`);
    expect(long).toEqual([]);
  });

  it("shows the floors in ARCHITECTURE.md as they are here", () => {
    const sorted = (floors: readonly (readonly string[])[]): string[][] =>
      floors.map((names) => [...names].sort());
    const built = FLOORS.map((names) => names.filter((name) => files.includes(name)));
    expect(sorted(shownFloors())).toEqual(sorted(built.filter((names) => names.length > 0)));
  });

  it("shows the life of a GameServer in ARCHITECTURE.md as the table has it", () => {
    const [, shown] = /```mermaid\n(stateDiagram-v2\n[^`]*)```/.exec(read("ARCHITECTURE.md")) ?? [];
    expect(shown?.trimEnd()).toBe(stateDiagram());
  });

  it(`keeps ARCHITECTURE.md within ${ARCHITECTURE_LINES_MAX} lines`, () => {
    expect(read("ARCHITECTURE.md").split("\n").length - 1).toBeLessThanOrEqual(
      ARCHITECTURE_LINES_MAX,
    );
  });

  it("says the same in both languages of the README: headings, commands and links agree in number", () => {
    const shape = (file: string): number[] =>
      [/^#+ /gm, /^(?:npm|bin\/flotilla) .*$/gm, /^- /gm, /^\|/gm].map(
        (form) => [...read(file).matchAll(form)].length,
      );
    expect(shape("README.ko.md")).toEqual(shape("README.md"));
  });

  it("locks every package of every platform: `npm ci` refuses a lock that was made where some were out of reach", () => {
    const { packages } = JSON.parse(read("package-lock.json")) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const named = Object.values(packages).flatMap((p) => Object.keys(p.optionalDependencies ?? {}));
    expect(named.filter((name) => !(`node_modules/${name}` in packages))).toEqual([]);
  });

  it("holds no path of anybody's own machine", () => {
    // Below /tmp a test may well look, and tests of isolation look for what a container must not see.
    const own = /(?<![\w.$}/-])\/(?:work|root|farm)\/[A-Za-z]/;
    const temporary = /(?<![\w.$}/-])\/tmp\/[A-Za-z]/;
    const isOwn = (file: string, line: string): boolean =>
      own.test(line) || (!file.endsWith(".test.ts") && temporary.test(line));
    const wrong = files
      .filter(
        (f) => /\.(tsx?|css|mjs|c|h|md|json|ya?ml|proto|sh)$/.test(f) && f !== "package-lock.json",
      )
      .filter((f) => !f.endsWith(".linux.test.ts"))
      .flatMap((file) =>
        read(file)
          .split("\n")
          .flatMap((line, i) => (isOwn(file, line) ? [`${file}:${i + 1}`] : [])),
      );
    expect(wrong).toEqual([]);
  });

  it("names only paths that exist in its documents", () => {
    const documents = files.filter((f) => f.endsWith(".md"));
    const folders = FLOORS.flat().concat(OUTBUILDINGS).join("|");
    const named = new RegExp(`\`((?:${folders})(?:/[\\w.{},-]+)*)\``, "g");
    const missing = documents.flatMap((document) =>
      [...read(document).matchAll(named)]
        .map(([, path]) => path ?? "")
        .filter((path) => !path.includes("{") && !files.includes(path))
        .map((path) => `${document}: ${path}`),
    );
    expect(missing).toEqual([]);
  });
});
