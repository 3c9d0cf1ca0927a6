import { readFileSync } from "node:fs";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ShimLab } from "./shim-lab.ts";

const MIB = 1024 * 1024;
let lab: ShimLab;
let folder: string;
const mounts = (): string[] => {
  const rows = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return rows.flatMap((row) => {
    const [, target = "", type = ""] = row.split(" ");
    return target === folder ? [type] : [];
  });
};

beforeAll(async () => {
  lab = await ShimLab.open("asan");
  folder = join(lab.folder, "volumes/memory");
  await mkdir(folder);
});
afterAll(async () => {
  await lab.client.memoryFolder(folder, 0);
  await lab[Symbol.asyncDispose]();
});

it("lays memory over a folder once, and takes it away again with what is in it", async () => {
  await lab.client.memoryFolder(folder, MIB);
  await writeFile(join(folder, "file"), "text");
  await lab.client.memoryFolder(folder, MIB);
  expect(mounts()).toEqual(["tmpfs"]);
  expect(await readdir(folder)).toEqual(["file"]);
  await expect(writeFile(join(folder, "large"), Buffer.alloc(2 * MIB))).rejects.toThrow("ENOSPC");
  await lab.client.memoryFolder(folder, 0);
  await lab.client.memoryFolder(folder, 0);
  expect(mounts()).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});

it("touches no folder that is not allowed, is a link, or is not there", async () => {
  await symlink(folder, join(lab.folder, "volumes/memory-link"));
  for (const path of ["", "/", lab.folder, `${folder}/../../..`, `${folder}-link`, `${folder}/no`])
    await expect(lab.client.memoryFolder(path, MIB)).rejects.toThrow(/open folder|missing/);
  expect(mounts()).toEqual([]);
});
