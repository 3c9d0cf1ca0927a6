import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { networkFile } from "./network-file.ts";
import { EMPTY_NETWORK_STATE, withPorts } from "./network-state.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-network-"));
});
afterEach(() => rm(folder, { recursive: true }));

const STATE = withPorts(EMPTY_NETWORK_STATE, "a1", [
  { protocol: "udp", hostPort: 7_000, address: "10.0.0.2", containerPort: 7_654 },
]);

it("gives back what was saved, and only its owner may read it", async () => {
  const path = join(folder, "network.json");
  await networkFile(path).save(EMPTY_NETWORK_STATE);
  await networkFile(path).save(STATE);
  expect(await networkFile(path).load()).toEqual(STATE);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

it.each([
  ["is not there", undefined],
  ["is empty", ""],
  ["was cut short", '{"ipam":{"netw'],
  ["holds something else", "[1]"],
])("gives nothing when the file %s", async (_, text) => {
  const path = join(folder, "network.json");
  if (text !== undefined) await writeFile(path, text);
  expect(await networkFile(path).load()).toBeUndefined();
});

it("leaves the last state whole when it is killed while it saves the next", async () => {
  const path = join(folder, "network.json");
  await networkFile(path).save(STATE);
  await writeFile(`${path}.new`, '{"ipam"');
  expect(await networkFile(path).load()).toEqual(STATE);
  await networkFile(path).save(EMPTY_NETWORK_STATE);
  expect(JSON.parse(await readFile(path, "utf8"))).toEqual(EMPTY_NETWORK_STATE);
});
