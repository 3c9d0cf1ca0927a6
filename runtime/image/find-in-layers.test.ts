import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findInLayers } from "./find-in-layers.ts";

let root = "";
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "flotilla-find-")));
  for (const path of ["low/etc/a", "low/etc/b", "low/opt/x/deep", "low/bin/box", "high/etc/.wh.b"])
    await file(path);
  for (const path of ["high/opt/.wh..wh..opq", "high/opt/y", "high/etc/c", "secret"])
    await file(path);
  await symlink("box", join(root, "low/bin/sh"));
  await symlink("/bin/sh", join(root, "low/bin/far"));
  await symlink("../../../../../../secret", join(root, "high/out"));
  await symlink("loop", join(root, "high/loop"));
  await symlink("etc", join(root, "high/settings"));
});
afterEach(() => rm(root, { recursive: true }));

async function file(path: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), path);
}

it.each([
  ["finds a file of the lower layer", "/etc/a", "low/etc/a"],
  ["finds a file of the upper layer", "etc/c", "high/etc/c"],
  ["does not find what the upper layer deletes", "/etc/b", undefined],
  ["does not find what is below an opaque folder", "/opt/x/deep", undefined],
  ["finds what an opaque folder has itself", "/opt/y", "high/opt/y"],
  ["keeps the name of a link that holds out here too", "/bin/sh", "low/bin/sh"],
  ["follows an absolute link inside of the image", "/bin/far", "low/bin/sh"],
  ["follows a link to a folder through all layers", "/settings/a", "low/etc/a"],
  ["does not leave the image by a link", "/out", undefined],
  ["does not leave the image by ..", "/../../secret", undefined],
  ["gives up on a loop", "/loop", undefined],
  ["goes up inside of the image", "/etc/../bin/box", "low/bin/box"],
] as const)("%s", async (_, path, expected) => {
  const found = await findInLayers([join(root, "low"), join(root, "high")], path);
  expect(found).toBe(expected === undefined ? undefined : join(root, expected));
});
