import { execFile } from "node:child_process";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { buildImage } from "./build-image.ts";
import { type FolderImageStore, openImageStore } from "./folder-image-store.ts";
import { parseImageSpec, parseImageSpecs } from "./image-spec.ts";
import { addonLibraries } from "./native-addons.ts";
import { NODE_ENTRY_LABEL } from "./oci.ts";
import { interpreterOf, parseLoaderList, sharedLibraries } from "./shared-libraries.ts";
import { portableUnpack } from "./unpack.ts";

const run = promisify(execFile);
const ADDON = /^argon2\.[\w-]+-[0-9a-f]{8}\.node$/;
let root = "";
let store: FolderImageStore;

const build = (spec: Record<string, unknown>): ReturnType<typeof buildImage> =>
  buildImage(parseImageSpec(spec), {
    images: store.images,
    folder: root,
    nodeBinary: process.execPath,
    arch: process.arch,
  });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "flotilla-node-image-"));
  const unpack = portableUnpack({ entriesMax: 10_000, bytesMax: 1e9 });
  store = await openImageStore({
    root: join(root, "state"),
    unpack,
    whiteouts: "files",
    clock: systemClock,
  });
  await writeFile(
    join(root, "greet.ts"),
    'export const greet = (who: string) => "hello " + who;\n',
  );
  await writeFile(
    join(root, "old.cjs"),
    'exports.sep = require("node:path").sep + __filename.length;\n',
  );
  const main = [
    'import { createRequire } from "node:module";',
    'import { greet } from "./greet.ts";',
    'import old from "./old.cjs";',
    "const require = createRequire(import.meta.url);",
    'let native = "there"; try { require("bufferutil"); } catch { native = "absent"; }',
    "console.log(greet(process.argv[2] ?? native), old.sep.length > 1);",
  ];
  await writeFile(join(root, "main.ts"), main.join("\n"));
});
afterAll(() => rm(root, { recursive: true }));

describe("an image of a Node program", () => {
  it("holds one bundle on a base of node with its libraries, and runs", async () => {
    const built = await build({ reference: "game", entry: "main.ts", cmd: ["players"] });
    const { layers, config } = await store.resolve("game");
    const [base = "", app = ""] = layers;
    expect(config.entrypoint).toEqual(["/usr/bin/node", "/app/main.mjs"]);
    expect(config.labels[NODE_ENTRY_LABEL]).toBe("/app/main.mjs");
    expect(await readdir(join(app, "app"))).toEqual(["main.mjs"]);
    expect(await readFile(join(base, "etc/passwd"), "utf8")).toContain("game:x:1000:1000");
    const { stdout } = await run(process.execPath, [join(app, "app/main.mjs"), "players"]);
    expect(stdout).toBe("hello players true\n");
    expect(built.sizeBytes).toBeGreaterThan(50e6);
  });

  it("has all that its node needs, inside of it", async () => {
    const [base = ""] = (await store.resolve("game")).layers;
    const loader = await interpreterOf(process.execPath);
    const libraries = await sharedLibraries(process.execPath);
    for (const library of libraries) await readFile(join(base, library));
    const folders = [...new Set(libraries.map((l) => join(base, l, "..")))].join(":");
    const inside = ["--library-path", folders, join(base, "usr/bin/node"), "-p", "6*7"];
    expect((await run(join(base, loader ?? ""), inside)).stdout).toBe("42\n");
  });

  it("shares its base with other images, and is taken again when no source changed", async () => {
    const first = await build({ reference: "game", entry: "main.ts", cmd: ["players"] });
    expect(first.cached).toBe(true);
    await build({ reference: "other", entry: "greet.ts" });
    const [game, other] = [await store.resolve("game"), await store.resolve("other")];
    expect(other.layers[0]).toBe(game.layers[0]);
    const greet = join(root, "greet.ts");
    await writeFile(greet, (await readFile(greet, "utf8")).replace("hello", "howdy"));
    const again = await build({ reference: "game", entry: "main.ts", cmd: ["players"] });
    expect(again.cached).toBe(false);
    expect(again.digest).not.toBe(first.digest);
  });

  it("is built the same, byte by byte, wherever it is built from the same sources", async () => {
    const before = await build({ reference: "same", entry: "main.ts" });
    const other = await openImageStore({
      root: join(root, "other"),
      unpack: portableUnpack({ entriesMax: 10_000, bytesMax: 1e9 }),
      whiteouts: "files",
      clock: systemClock,
    });
    const options = { folder: root, nodeBinary: process.execPath, arch: process.arch };
    const spec = parseImageSpec({ reference: "same", entry: "main.ts" });
    const again = await buildImage(spec, { ...options, images: other.images });
    expect(again.cached).toBe(false);
    expect(again.digest).toBe(before.digest);
  });

  it("keeps the names of classes, and leaves out a package that it stubs", async () => {
    await mkdir(join(root, "node_modules/heavy"), { recursive: true });
    await writeFile(join(root, "node_modules/heavy/index.js"), 'console.log("loaded");');
    const lines = [
      'import heavy, { part } from "heavy";',
      "class Named {}",
      "let said = typeof part; try { heavy(); } catch (error) { said = error.message; }",
      "console.log(new Named().constructor.name, said);",
    ];
    await writeFile(join(root, "lean.ts"), lines.join("\n"));
    const entry = { reference: "lean", entry: "lean.ts" };
    const whole = await build(entry);
    const lean = await build({ ...entry, stub: ["heavy"] });
    expect(lean.digest).not.toBe(whole.digest);
    const app = (await store.resolve("lean")).layers.at(-1) ?? "";
    const { stdout } = await run(process.execPath, [join(app, "app/main.mjs")]);
    expect(stdout).toBe("Named package heavy is left out of this image (stub)\n");
    const again = await build({ ...entry, stub: ["heavy"] });
    expect(again.cached).toBe(true);
  });

  it("takes along the native add-ons that are there, and the threads that it names", async () => {
    const installed = join(import.meta.dirname, "../../node_modules/@node-rs");
    await mkdir(join(root, "node_modules"), { recursive: true });
    await symlink(installed, join(root, "node_modules/@node-rs"));
    await writeFile(
      join(root, "thread.ts"),
      'import { parentPort } from "node:worker_threads";\nparentPort?.postMessage("a thread");\n',
    );
    const lines = [
      'import { Worker } from "node:worker_threads";',
      'import { verify, hash } from "@node-rs/argon2";',
      'const said = await verify(await hash("secret"), "secret");',
      'new Worker(new URL("./thread.js", import.meta.url)).on("message", (m) => console.log(said, m));',
    ];
    await writeFile(join(root, "native.ts"), lines.join("\n"));
    await build({ reference: "native", entry: "native.ts", workers: ["thread.ts"] });
    const app = (await store.resolve("native")).layers.at(-1) ?? "";
    const names = (await readdir(join(app, "app"))).sort();
    expect(names).toEqual([expect.stringMatching(ADDON), "main.mjs", "package.json", "thread.js"]);
    // What it is run from is the layer: nothing of where it was built is needed.
    const { stdout, stderr } = await run(process.execPath, [join(app, "app/main.mjs")]);
    expect({ stdout, stderr }).toEqual({ stdout: "true a thread\n", stderr: "" });
  });

  it("brings the libraries of an add-on that its node does not have", async () => {
    const node = await sharedLibraries(process.execPath);
    // Any library stands for an add-on here: what it needs is asked in the same way.
    const addon = { name: "x.node", path: node.find((one) => one.includes("libstdc++")) ?? "" };
    expect(await addonLibraries([addon], process.execPath)).toEqual([]);
    const brought = await addonLibraries([addon], await realpath("/bin/sh"));
    expect(brought.join()).toMatch(/libm\.so\.6/);
  });

  it("has a folder's files where it says", async () => {
    await mkdir(join(root, "built/deep"), { recursive: true });
    await writeFile(join(root, "built/deep/page.html"), "<p>");
    const folder = { from: "built", to: "/srv/page" };
    await build({ reference: "page", folder });
    const layer = (await store.resolve("page")).layers.at(-1) ?? "";
    expect(await readFile(join(layer, "srv/page/deep/page.html"), "utf8")).toBe("<p>");
    expect(await readdir(layer)).toEqual(["srv"]);
    expect((await build({ reference: "page", folder })).cached).toBe(true);
    expect((await build({ reference: "page", folder: "built" })).cached).toBe(false);
  });

  it("says where a source is wrong", async () => {
    await writeFile(join(root, "bad.ts"), 'import "./nowhere.ts";\n');
    const building = build({ reference: "bad", entry: "bad.ts" });
    await expect(building).rejects.toThrow(/cannot bundle .*bad.ts:1: Could not resolve/);
  });

  it("may carry programs of this machine, with links that hold outside of it too", async () => {
    await build({ reference: "tools", programs: ["sh"], cmd: ["/bin/sh"] });
    const { layers } = await store.resolve("tools");
    expect(layers).toHaveLength(2);
    await expect(build({ reference: "t", programs: ["no-such-program"] })).rejects.toThrow(
      "program no-such-program is not on this machine",
    );
    const [base = ""] = (await store.resolve("game")).layers;
    const names = await readdir(join(base, "bin")).catch(() => []);
    for (const name of names.filter((n) => n === "sh"))
      expect(await readlink(join(base, "bin", name))).toBe("busybox");
  });
}, 60_000);

describe("a program's libraries", () => {
  it("are read from what its loader says", () => {
    const text = [
      "\tlinux-vdso.so.1 (0x00007f75f86b3000)",
      "\tlibm.so.6 => /lib/x/libm.so.6 (0x00007f75f8320000)",
      "\t/lib64/ld-linux-x86-64.so.2 (0x00007f75f86b5000)",
    ].join("\n");
    expect(parseLoaderList(text, "p")).toEqual(["/lib/x/libm.so.6"]);
    expect(() => parseLoaderList("\tlibz.so.1 => not found", "p")).toThrow("p needs libz.so.1");
  });

  it("are none for a file that is no program", async () => {
    await writeFile(join(root, "text"), "#!/bin/sh\n");
    expect(await sharedLibraries(join(root, "text"))).toEqual([]);
  });
});

describe("an image file", () => {
  it("is read with the defaults that its entry implies", () => {
    const [game, tools] = parseImageSpecs(
      "reference: arena\nentry: main.ts\nenv: {A: 1}\n---\nreference: t\nfolder: [a, b]\n",
    );
    expect(game).toMatchObject({ base: "node", entry: "main.ts", env: { A: "1" } });
    const folders = [
      { from: "a", to: "" },
      { from: "b", to: "" },
    ];
    expect(tools).toMatchObject({ base: "empty", folders });
    const [page] = parseImageSpecs("reference: p\nfolder: { from: ../built, to: /srv/page }");
    expect(page?.folders).toEqual([{ from: "../built", to: "srv/page" }]);
  });

  it.each([
    ["a: [", /Flow sequence|must be|expected/],
    ["", /empty|must be an object/],
    ["reference: arena", /entry is missing, and so are folder and programs/],
    ["reference: Arena\nfolder: x", /reference "Arena/],
    ["reference: a\nfolder: x\nentrypont: [y]", /entrypont is unknown: did you mean entrypoint\?/],
    ["reference: a\nentry: x\nbase: alpine", /base must be node or empty/],
    ["reference: a\nfolder: x\nstub: express", /stub needs an entry/],
    ["reference: a\nfolder: x\nworkers: t.ts", /workers need an entry/],
    ["reference: a\nfolder: {from: x, to: page}", /folder must be words, or \{ from: FOLDER/],
    ["reference: a\nfolder: {from: x, to: /a/../b}", /folder must be words/],
    ["reference: a\nfolder: {from: x, to: /}", /folder must be words/],
    ["reference: a\nfolder: [x, {from: x, to: /y, mode: 7}]", /folder must be words/],
    ["reference: a\nentry: x\nuser: root", /user must be a number/],
    ["reference: a\nentry: x\nworkingDir: app", /workingDir must be an absolute path/],
    ["reference: a\nfolder: x\nenv: [A=1]", /env must be a map/],
    ["reference: a\nfolder: x\ncmd: {a: 1}\nuser: x", /cmd must be a list of words; user/],
  ])("that says %j is refused with its cause", (yaml, cause) => {
    expect(() => parseImageSpecs(yaml)).toThrow(cause);
  });
});
