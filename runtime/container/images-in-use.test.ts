import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { imagesInUse } from "./images-in-use.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "flotilla-in-use-"));
});
afterEach(() => rm(root, { recursive: true }));

async function put(path: string, content: string): Promise<void> {
  await mkdir(join(root, path, ".."), { recursive: true });
  await writeFile(join(root, path), content);
}
const made = (digest: string, layers: readonly string[]): string =>
  JSON.stringify({ plan: {}, image: { digest, layers } });

it("finds what containers of either driver were made of", async () => {
  await put("containers/one/container.json", made("sha256:1", ["/state/layers/a", "/x/b"]));
  await put("containers/ended/log", "words");
  await put("agent/containers/two/plan.json", made("sha256:2", ["/state/layers/c.plain"]));
  expect(await imagesInUse(root)).toEqual([
    { digest: "sha256:1", layers: ["a", "b"] },
    { digest: "sha256:2", layers: ["c.plain"] },
  ]);
});

it("says so of a container that does not tell, and passes over a file that was cut short", async () => {
  await put("containers/earlier/container.json", JSON.stringify({ plan: {} }));
  await put("containers/torn/container.json", '{"plan":');
  expect(await imagesInUse(root)).toEqual([undefined]);
});

it("finds none where there are no containers, and fails where it cannot look", async () => {
  expect(await imagesInUse(root)).toEqual([]);
  await put("containers/one/container.json/folder", "in the way");
  await expect(imagesInUse(root)).rejects.toMatchObject({ code: "EISDIR" });
});
