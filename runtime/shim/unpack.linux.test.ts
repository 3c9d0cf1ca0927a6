import { spawn } from "node:child_process";
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Header, pack } from "tar-stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildShim } from "./build.ts";

type Entry = Partial<Header> & Pick<Header, "name"> & { readonly content?: string | Buffer };

let program: string;
let folder: string;
let target: string;
beforeAll(async () => {
  program = (await buildShim(join(import.meta.dirname, "../../.build/shim"))).shim;
  folder = await mkdtemp(join(tmpdir(), "flotilla-unpack-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});
let count = 0;
beforeEach(async () => {
  target = join(folder, `target-${count++}`);
  await mkdir(target);
});

async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) archive.entry(header, content ?? "");
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function unpack(bytes: Buffer): Promise<{ code: number | null; error: string }> {
  const child = spawn(program, ["unpack", target], { stdio: ["pipe", "inherit", "pipe"] });
  let error = "";
  child.stderr.on("data", (chunk) => {
    error += chunk;
  });
  // It stops reading at the first thing that is wrong.
  child.stdin.on("error", () => {});
  child.stdin.end(bytes);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, error };
}

const fine = { code: 0, error: "" };

describe("unpacking a layer", () => {
  it("makes files, folders and links with their modes, owners and times", async () => {
    const mtime = new Date("2020-02-03T04:05:06Z");
    const result = await unpack(
      await tar([
        { name: "./", type: "directory", mode: 0o755 },
        { name: "bin/", type: "directory", mode: 0o750 },
        { name: "bin/tool", mode: 0o4755, uid: 7, gid: 8, mtime, content: "tool" },
        { name: "deep/er/file", mode: 0o640, content: Buffer.alloc(200_000, 1) },
        { name: "bin/soft", type: "symlink", linkname: "/etc/passwd" },
        { name: "bin/hard", type: "link", linkname: "bin/tool" },
      ]),
    );
    expect(result).toEqual(fine);
    const tool = await lstat(join(target, "bin/tool"));
    expect({
      mode: tool.mode & 0o7777,
      uid: tool.uid,
      gid: tool.gid,
      mtime: tool.mtime,
      links: tool.nlink,
    }).toEqual({
      mode: 0o4755,
      uid: 7,
      gid: 8,
      mtime,
      links: 2,
    });
    expect((await lstat(join(target, "bin"))).mode & 0o7777).toBe(0o750);
    expect((await lstat(join(target, "deep/er/file"))).size).toBe(200_000);
    expect(await readlink(join(target, "bin/soft"))).toBe("/etc/passwd");
    expect((await lstat(join(target, "bin/hard"))).ino).toBe(tool.ino);
  });

  it("reads names and targets that need an extended header", async () => {
    const long = `${"folder-with-a-name/".repeat(12)}file`;
    const result = await unpack(
      await tar([
        { name: long, content: "far" },
        { name: "link", type: "symlink", linkname: `/${long}` },
        { name: "pax", pax: { path: "päx/Straße" }, content: "x" },
      ]),
    );
    expect(result).toEqual(fine);
    expect(await readFile(join(target, long), "utf8")).toBe("far");
    expect(await readlink(join(target, "link"))).toBe(`/${long}`);
    expect(await readFile(join(target, "päx/Straße"), "utf8")).toBe("x");
  });

  it("turns whiteouts into overlay's own", async () => {
    const entries = [
      { name: "a/.wh.gone" },
      { name: "b/.wh..wh..opq" },
      { name: "b/kept", content: "x" },
    ];
    expect(await unpack(await tar(entries))).toEqual(fine);
    const gone = await lstat(join(target, "a/gone"));
    expect([gone.isCharacterDevice(), gone.rdev]).toEqual([true, 0]);
    expect(await readdir(join(target, "b"))).toEqual(["kept"]);
  });

  it("lets the later of two entries of a name win, and keeps a folder's content", async () => {
    const entries: Entry[] = [
      { name: "x", content: "one" },
      { name: "x", content: "two" },
      { name: "d/file", content: "kept" },
      { name: "d/", type: "directory", mode: 0o711 },
      { name: "s", type: "symlink", linkname: "d" },
      { name: "s", content: "a file now" },
    ];
    expect(await unpack(await tar(entries))).toEqual(fine);
    expect(await readFile(join(target, "x"), "utf8")).toBe("two");
    expect(await readFile(join(target, "d/file"), "utf8")).toBe("kept");
    expect(await readFile(join(target, "s"), "utf8")).toBe("a file now");
  });

  it("writes nothing outside, whatever the names and links say", async () => {
    await writeFile(join(folder, "victim"), "safe");
    const attacks: Entry[][] = [
      [{ name: "../victim", content: "evil" }],
      [{ name: "a/../../victim", content: "evil" }],
      [
        { name: "out", type: "symlink", linkname: folder },
        { name: "out/victim", content: "evil" },
      ],
      [
        { name: "up", type: "symlink", linkname: ".." },
        { name: "up/victim", content: "evil" },
      ],
      [
        { name: "hard", type: "link", linkname: "../victim" },
        { name: "hard", content: "evil" },
      ],
      [{ name: "hard", type: "link", linkname: join(folder, "victim") }],
    ];
    for (const entries of attacks) {
      const { code, error } = await unpack(await tar(entries));
      expect(code).toBe(1);
      expect(error).toMatch(/^unpack: .+\n$/);
    }
    expect(await unpack(await tar([{ name: join(folder, "victim"), content: "inside" }]))).toEqual(
      fine,
    );
    expect(await readFile(join(folder, "victim"), "utf8")).toBe("safe");
    expect(await readFile(join(target, folder, "victim"), "utf8")).toBe("inside");
  });

  it("is not led away by links that lay in the target before", async () => {
    await symlink(folder, join(target, "out"));
    expect((await unpack(await tar([{ name: "out/file", content: "x" }]))).code).toBe(1);
    await expect(lstat(join(folder, "file"))).rejects.toThrow("ENOENT");
  });

  it.each([
    [
      "a device",
      () => tar([{ name: "sda", type: "block-device", devmajor: 8, devminor: 0 }]),
      "sda is of type '4', which is refused",
    ],
    ["a pipe", () => tar([{ name: "p", type: "fifo" }]), "p is of type '6', which is refused"],
    [
      "a whiteout with content",
      () => tar([{ name: ".wh.x", content: "y" }]),
      ".wh.x: Invalid argument",
    ],
    [
      "a name that is too long",
      () => tar([{ name: "n".repeat(300), content: "y" }]),
      "File name too long",
    ],
    [
      "a path that is too long",
      () => tar([{ name: "p/".repeat(3000), content: "y" }]),
      "a path of 6000 bytes is too long",
    ],
    ["what is no archive", async () => Buffer.alloc(2048, 65), "a header's checksum is wrong"],
    [
      "an archive that is cut",
      async () => (await tar([{ name: "f", content: Buffer.alloc(5000) }])).subarray(0, 3000),
      "ends in the middle of a file",
    ],
    [
      "an archive without an end",
      async () => (await tar([{ name: "f", content: "x" }])).subarray(0, 1024),
      "the archive has no end",
    ],
    [
      "a file larger than anything",
      () => tar([{ name: "f", pax: { size: "99999999999999" }, content: "x" }]),
      "f is too large",
    ],
  ])("refuses %s in one line", async (_, make, words) => {
    const { code, error } = await unpack(await make());
    expect(code).toBe(1);
    expect(error.split("\n")).toHaveLength(2);
    expect(error).toContain(words);
  });

  it("says that there is no such target", async () => {
    target = join(folder, "none");
    const { code, error } = await unpack(await tar([]));
    expect([code, error]).toEqual([1, `unpack: ${target}: No such file or directory\n`]);
  });
});
