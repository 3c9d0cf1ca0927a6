import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type Header, pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { portableUnpack } from "./unpack.ts";

type Row = Partial<Header> & Pick<Header, "name"> & { readonly content?: string };

let root = "";
let target = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "flotilla-unpack-"));
  target = join(root, "target");
  await mkdir(target);
  await mkdir(join(root, "outside"));
});
afterEach(() => rm(root, { recursive: true }));

async function tarOf(rows: readonly Row[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of rows) tar.entry(header, content ?? "");
  tar.finalize();
  return buffer(Readable.from(tar));
}

async function unpack(
  rows: readonly Row[],
  limits = { entriesMax: 100, bytesMax: 1e6 },
): Promise<void> {
  await portableUnpack(limits)(Readable.from([await tarOf(rows)]), target);
}

const file = (name: string, content: string, mode = 0o644): Row => ({ name, content, mode });
const link = (name: string, linkname: string): Row => ({ name, linkname, type: "symlink" });
const hard = (name: string, linkname: string): Row => ({ name, linkname, type: "link" });

describe("unpacking a layer", () => {
  it("lays files, folders, links and modes, and the parents that nobody named", async () => {
    await unpack([
      { name: "closed/", type: "directory", mode: 0o500 },
      file("closed/in", "inside"),
      file("./deep/er/run", "x", 0o755),
      hard("same", "deep/er/run"),
      link("short", "deep/er"),
      file(`long/${"n".repeat(200)}/${"m".repeat(200)}`, "far"),
    ]);
    expect(await readFile(join(target, "short/run"), "utf8")).toBe("x");
    expect((await stat(join(target, "closed"))).mode & 0o777).toBe(0o500);
    expect((await stat(join(target, "deep/er/run"))).mode & 0o777).toBe(0o755);
    expect((await stat(join(target, "same"))).nlink).toBe(2);
    expect((await readdir(join(target, "long")))[0]).toHaveLength(200);
  });

  it("lets a later entry take the place of an earlier one", async () => {
    await unpack([file("a/b", "old"), file("a/b", "new"), link("c", "a"), file("c", "no link")]);
    expect(await readFile(join(target, "a/b"), "utf8")).toBe("new");
    expect((await lstat(join(target, "c"))).isFile()).toBe(true);
  });

  it("takes set-user-id away and keeps whiteouts as they are", async () => {
    await unpack([file("su", "x", 0o4755), file("gone/.wh.file", "")]);
    expect((await stat(join(target, "su"))).mode & 0o7000).toBe(0);
    expect(await readdir(join(target, "gone"))).toEqual([".wh.file"]);
  });

  it.each([
    ["an absolute path", [file("/etc/x", "bad")], "is absolute"],
    ["a path that climbs", [file("a/../../outside/x", "bad")], "climbs out by .."],
    ["a path through a link", [link("a", "../outside"), file("a/x", "bad")], "no folder"],
    [
      "a folder through a link",
      [link("a", "../outside"), { name: "a/b/", type: "directory" }],
      "no folder",
    ],
    ["a link through a link", [link("a", "../outside"), link("a/x", "y")], "no folder"],
    ["a hard link to outside", [hard("x", "../outside/secret")], "climbs out"],
    ["a hard link through a link", [link("a", "../outside"), hard("x", "a/secret")], "no folder"],
    [
      "a hard link to a link",
      [link("a", "../outside/secret"), hard("x", "a")],
      "no file of this layer",
    ],
    ["a path through a file", [file("a", "f"), file("a/x", "bad")], "no folder"],
    [
      "a device",
      [{ name: "null", type: "character-device", devmajor: 1, devminor: 3 }],
      "character-device",
    ],
    ["a pipe", [{ name: "pipe", type: "fifo" }], "fifo"],
    ["too long a name", [file("n".repeat(256), "x")], "over 255 bytes"],
  ] satisfies [string, Row[], string][])(
    "refuses %s and touches nothing outside",
    async (_, rows, why) => {
      await expect(unpack(rows)).rejects.toThrow(why);
      expect(await readdir(join(root, "outside"))).toEqual([]);
    },
  );

  it("does not follow a link that takes a folder's place half way", async () => {
    const rows = [file("a/x", "1"), link("a", "../outside"), file("a/y", "2")];
    await expect(unpack(rows)).rejects.toThrow("no folder");
    expect(await readdir(join(root, "outside"))).toEqual([]);
  });

  it("stops at its bounds", async () => {
    const rows = Array.from({ length: 5 }, (_, i) => file(`f${i}`, "12345"));
    await expect(unpack(rows, { entriesMax: 4, bytesMax: 1e6 })).rejects.toThrow("more than 4");
    await expect(unpack(rows, { entriesMax: 9, bytesMax: 24 })).rejects.toThrow("over 24 bytes");
  });

  it("says that a tar is torn or none at all", async () => {
    const tar = await tarOf([file("a", "x".repeat(5000))]);
    const run = portableUnpack({ entriesMax: 9, bytesMax: 1e6 });
    await expect(run(Readable.from([tar.subarray(0, 3000)]), target)).rejects.toThrow();
    await expect(run(Readable.from([Buffer.alloc(2048, "?")]), target)).rejects.toThrow(
      /tar header/i,
    );
  });

  it("works through a target that is itself reached by a link", async () => {
    await symlink(target, join(root, "alias"));
    const tar = await tarOf([file("a/b", "x")]);
    await portableUnpack({ entriesMax: 9, bytesMax: 99 })(
      Readable.from([tar]),
      join(root, "alias"),
    );
    expect(await readFile(join(target, "a/b"), "utf8")).toBe("x");
  });
});
