import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Clock, systemClock } from "../../core/std/clock.ts";
import { type Logger, silentLogger } from "../../core/std/logger.ts";
import { ImageFolder } from "../../runtime/image/image-folder.ts";
import { MANIFEST_TYPE } from "../../runtime/image/oci.ts";
import { clearOldImages } from "./clear-old-images.ts";

let root = "";
let images: ImageFolder;
let said: object[] = [];
const logger: Logger = {
  ...silentLogger,
  info: (fields) => said.push(fields),
  warn: (fields) => said.push(fields),
};
const blobs = (): Promise<string[]> => readdir(join(root, "images/blobs/sha256"));

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "flotilla-old-"));
  said = [];
  images = await ImageFolder.open(join(root, "images"), systemClock);
  await mkdir(join(root, "layers"));
  await images.blobs.put(MANIFEST_TYPE, Buffer.from("old"));
});
afterEach(() => rm(root, { recursive: true }));

/** Runs it while its clock goes on for so long, each sleep in no time. */
async function runFor(ms: number): Promise<void> {
  const stop = new AbortController();
  const began = Date.now();
  let now = began;
  const sleep = async (wait: number): Promise<void> => {
    now += wait;
    if (now - began > ms) stop.abort();
  };
  const clock: Clock = { ...systemClock, now: () => now, sleep };
  await clearOldImages({ images, root, clock, logger }, stop.signal);
}

it("clears away what nobody needed for an hour, and logs what it was once", async () => {
  await runFor(3_500_000);
  expect(await blobs()).toHaveLength(1);
  expect(said).toEqual([]);
  await runFor(7_500_000);
  expect(await blobs()).toEqual([]);
  expect(said).toEqual([{ blobs: 1, layers: 0, bytes: 3, because: "ImageUnused" }]);
});

it("leaves everything while it cannot read what containers were made of, and says so", async () => {
  await mkdir(join(root, "containers/one/container.json"), { recursive: true });
  await runFor(4_000_000);
  expect(await blobs()).toHaveLength(1);
  expect(said.length).toBeGreaterThanOrEqual(2);
  expect(said[0]).toMatchObject({ error: expect.stringContaining("EISDIR") });
});

it("leaves everything while a container does not say what it was made of", async () => {
  await mkdir(join(root, "containers/one"), { recursive: true });
  await writeFile(join(root, "containers/one/container.json"), JSON.stringify({ plan: {} }));
  await runFor(8_000_000);
  expect(await blobs()).toHaveLength(1);
});
