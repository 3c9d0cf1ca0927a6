import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { SmallDisk } from "../../core/std/small-disk.fixture.ts";
import { create, form, png, TestAsset, told } from "./asset.fixture.ts";
import { digestOf } from "./thumbnail-files.ts";

const DISK_MIB = 0.125;

it("says that there is no space left, changes nothing then, and goes on when there is some", async () => {
  using disk = new SmallDisk(DISK_MIB);
  await using asset = await TestAsset.open({ files: join(disk.path, "files") });
  const token = await asset.token("ann");
  const { asset_id } = await create(asset, token);
  const url = `/assets/${asset_id}`;
  // A picture with bytes behind its first chunk, as a program may write it.
  const large = (seed: number): Buffer => {
    const whole = png(2, 2, seed);
    const noise = Buffer.alloc(100_000, seed);
    return Buffer.concat([whole.subarray(0, 33), noise, whole.subarray(33)]);
  };
  const put = (bytes: Buffer) => asset.send("PUT", `${url}/thumbnail`, { token, ...form(bytes) });
  expect((await put(large(1))).status).toBe(200);
  const before = await asset.send("GET", url, { token });
  const refused = await put(large(2));
  expect([told(refused), refused.headers["retry-after"]]).toEqual(['507 "no space left"', "60"]);
  expect(asset.files()).toEqual([digestOf(large(1))]);
  expect((await asset.send("GET", url, { token })).body).toEqual(before.body);
  rmSync(join(disk.path, "files", digestOf(large(1)).slice(0, 2)), { recursive: true });
  expect((await put(large(2))).status).toBe(200);
  await asset.stop();
});
