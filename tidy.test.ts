import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

/** The floors: a folder imports only from floors below its own; on one floor, folders do not see each other. */
const FLOORS: readonly (readonly string[])[] = [
  ["core/std"],
  ["core/model"],
  ["store", "runtime/linux", "runtime/shim"],
  [
    "store/memory",
    "store/journal",
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
/** They talk to the house over sockets only; types of core/model are the exception. */
const OUTBUILDINGS = ["dashboard", "game-services", "loadtest", "examples"];
const FILE_LINES_MAX = 400;

const root = import.meta.dirname;
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((f) => !/(^|\/)(node_modules|\.build|\.git|dist)(\/|$)/.test(f))
  .sort();
const sources = files.filter((f) => /\.(ts|c|h|mjs)$/.test(f));
const read = (file: string): string => readFileSync(join(root, file), "utf8");

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
    return b !== undefined && b.folder !== "core/model" && !to.startsWith("core/std/");
  if (!a) return false;
  if (!b) return OUTBUILDINGS.some((o) => to.startsWith(`${o}/`));
  return b.floor > a.floor || (b.floor === a.floor && b.folder !== a.folder);
}

describe("the house is tidy", () => {
  it("has no import that climbs a floor or crosses one", () => {
    const wrong = sources
      .filter((f) => f.endsWith(".ts"))
      .flatMap((from) => importsOf(from).map((to) => ({ from, to })))
      .filter(({ from, to }) => !from.endsWith("tidy.test.ts") && climbs(from, to))
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(wrong).toEqual([]);
  });

  it(`has no source file over ${FILE_LINES_MAX} lines`, () => {
    const long = sources.filter((f) => read(f).split("\n").length > FILE_LINES_MAX + 1);
    expect(long).toEqual([]);
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
