import { parseAllDocuments } from "yaml";
import { FleetError, messageOf, type Problem } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import { nearestName } from "../../core/std/nearest.ts";
import { fullReference } from "./reference.ts";

/** A folder of this machine, and where it lies in the image; "" is the image's root. */
export interface FolderSpec {
  readonly from: string;
  readonly to: string;
}

/** What an image is made of, as written in an image file; paths are relative to that file. */
export interface ImageSpec {
  readonly reference: string;
  /** `node`: the Node that runs this program, with busybox. `empty`: only the usual folders. */
  readonly base: "node" | "empty";
  /** Folders of files, each a layer, lowest first. */
  readonly folders: readonly FolderSpec[];
  /** Programs of this machine, with their libraries. */
  readonly programs: readonly string[];
  /** Entry file of a Node program: bundled into one file. */
  readonly entry?: string;
  /** Entry files of its threads, each bundled beside it, as `NAME.js`. */
  readonly workers: readonly string[];
  /** Packages that the program imports and never uses; they are left out of the bundle. */
  readonly stub: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: { readonly [name: string]: string };
  readonly user: string;
  readonly workingDir: string;
  readonly labels: { readonly [key: string]: string };
}

const FIELDS = [
  ...["reference", "base", "folder", "programs", "entry", "workers", "stub"],
  ...["entrypoint", "cmd", "env", "user", "workingDir", "labels"],
];

/** An absolute path without `.`, `..` and control characters. */
const IMAGE_FOLDER = /^(\/(?!\.{1,2}(\/|$))[^/\p{Cc}]+)+$/u;

/** All images of a YAML text (several documents make several images); INVALID with every problem of all of them. */
export function parseImageSpecs(yaml: string): readonly ImageSpec[] {
  const documents = parseAllDocuments(yaml);
  const specs = documents.map((document, index) => {
    const at = documents.length > 1 ? `document ${index + 1}: ` : "";
    const first = document.errors[0];
    if (first) throw new FleetError("INVALID", `${at}${first.message.split("\n")[0]}`);
    return parseImageSpec(document.toJS(), at);
  });
  if (specs.length === 0) throw new FleetError("INVALID", "the image file is empty");
  return specs;
}

/** Checks one image's spec; `at` begins each message. */
export function parseImageSpec(value: unknown, at = ""): ImageSpec {
  if (!isObject(value)) throw new FleetError("INVALID", `${at}an image spec must be an object`);
  const reader = new Reader(value);
  const entry = reader.word("entry");
  const base = reader.word("base") || (entry === "" ? "empty" : "node");
  if (base !== "node" && base !== "empty") reader.problem("base", "must be node or empty");
  const spec: ImageSpec = {
    reference: reader.reference("reference"),
    base: base === "node" ? "node" : "empty",
    folders: reader.folders("folder"),
    programs: reader.words("programs"),
    ...(entry === "" ? {} : { entry }),
    workers: reader.words("workers"),
    stub: reader.words("stub"),
    entrypoint: reader.words("entrypoint"),
    cmd: reader.words("cmd"),
    env: reader.map("env"),
    user: reader.word("user"),
    workingDir: reader.word("workingDir"),
    labels: reader.map("labels"),
  };
  reader.together(spec);
  if (reader.problems.length === 0) return spec;
  const lines = reader.problems.map(({ path, message }) => `${path} ${message}`);
  throw new FleetError("INVALID", `${at}${lines.join("; ")}`, { problems: reader.problems });
}

class Reader {
  readonly problems: Problem[] = [];
  readonly #value: Record<string, unknown>;

  constructor(value: Record<string, unknown>) {
    this.#value = value;
    for (const key of Object.keys(value).filter((name) => !FIELDS.includes(name))) {
      const near = nearestName(key, FIELDS);
      this.problem(key, `is unknown${near === undefined ? "" : `: did you mean ${near}?`}`);
    }
  }

  problem(path: string, message: string): void {
    this.problems.push({ path, message });
  }

  word(key: string): string {
    const value = this.#value[key];
    if (value === undefined) return "";
    if (typeof value === "number") return String(value);
    if (typeof value !== "string" || value === "" || value.includes("\0"))
      this.problem(key, "must be a word");
    return typeof value === "string" ? value : "";
  }

  words(key: string): readonly string[] {
    const value = this.#value[key] ?? [];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    const fits = list.every((item) => typeof item === "string" && !item.includes("\0"));
    if (!fits) this.problem(key, "must be a list of words");
    return fits ? (list as string[]) : [];
  }

  /** A word is a folder for the image's root; `{ from, to }` says another place. */
  folders(key: string): readonly FolderSpec[] {
    const value = this.#value[key] ?? [];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.flatMap((item) => {
      if (typeof item === "string" && !item.includes("\0")) return [{ from: item, to: "" }];
      const { from, to, ...more } = isObject(item) ? item : {};
      const isRight =
        typeof from === "string" && typeof to === "string" && Object.keys(more).length === 0;
      if (isRight && IMAGE_FOLDER.test(to)) return [{ from, to: to.slice(1) }];
      this.problem(key, "must be words, or { from: FOLDER, to: /FOLDER/OF/THE/IMAGE }");
      return [];
    });
  }

  map(key: string): { readonly [name: string]: string } {
    const value = this.#value[key] ?? {};
    const rows = isObject(value) ? Object.entries(value) : [];
    const fits = ([name, item]: [string, unknown]): boolean =>
      ["string", "number", "boolean"].includes(typeof item) &&
      !/[=\0]/.test(key === "env" ? name : "");
    if (!isObject(value) || !rows.every(fits)) this.problem(key, "must be a map of words");
    return Object.fromEntries(rows.map(([name, item]) => [name, String(item)]));
  }

  reference(key: string): string {
    const given = this.word(key);
    try {
      return fullReference(given);
    } catch (error) {
      this.problem(key, given === "" ? "is required, such as arena" : messageOf(error));
      return "";
    }
  }

  /** What only makes sense together. */
  together(spec: ImageSpec): void {
    if (spec.entry !== undefined && spec.base !== "node")
      this.problem("base", "must be node where there is an entry");
    if (spec.entry === undefined && spec.folders.length === 0 && spec.programs.length === 0)
      this.problem("entry", "is missing, and so are folder and programs: nothing to build from");
    if (spec.entry === undefined && spec.workers.length > 0)
      this.problem("workers", "need an entry: they are threads of a Node program");
    if (spec.entry === undefined && spec.stub.length > 0)
      this.problem("stub", "needs an entry: only a bundle can leave packages out");
    if (spec.entry !== undefined && spec.entrypoint.length > 0)
      this.problem("entrypoint", "is made from entry: leave one of them out");
    if (!/^(\d+(:\d+)?)?$/.test(spec.user)) this.problem("user", "must be a number such as 1000");
    if (spec.workingDir !== "" && !spec.workingDir.startsWith("/"))
      this.problem("workingDir", "must be an absolute path of the image");
  }
}
