import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SdkPeers } from "./sdk-peers.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-peers-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("the SDK door's peers", () => {
  it("are forgotten when their containers are no more, half-written ones included", async () => {
    for (const name of ["a1.json", "b2.json", "b2.json.new", "c3.json"])
      await writeFile(join(folder, name), "{}");
    await new SdkPeers(folder).removeAllBut(new Set(["a1", "d4"]));
    expect(await readdir(folder)).toEqual(["a1.json"]);
  });

  it("may have no folder yet", async () => {
    const peers = new SdkPeers(join(folder, "none"));
    await expect(peers.removeAllBut(new Set())).resolves.toBeUndefined();
  });
});
