import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { until } from "./door-fixture.ts";
import { PeerFolder, peerOf } from "./peer-folder.ts";

const PEER = {
  subject: { kind: "GameServer", namespace: "default", name: "one", uid: "1" },
  containerId: "one",
  listen: { address: "127.0.0.1", grpcPort: 1, httpPort: 2 },
  health: { disabled: false, initialDelaySeconds: 5, periodSeconds: 5, failureThreshold: 3 },
  startedAt: 1,
};

let parent: string;
let path: string;
let folder: PeerFolder;
const seen: string[] = [];

async function write(id: string, text: string): Promise<void> {
  await writeFile(join(parent, "new"), text);
  await rename(join(parent, "new"), join(path, `${id}.json`));
}

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "flotilla-peers-"));
  path = join(parent, "peers");
  seen.length = 0;
  folder = new PeerFolder({
    folder: path,
    clock: systemClock,
    logger: silentLogger,
    scanGapMs: 5,
    scanEveryMs: 50,
    peersMax: 3,
    onPeer: (id, { startedAt }) => seen.push(`+${id} ${startedAt}`),
    onGone: (id) => seen.push(`-${id}`),
  });
});
afterEach(async () => {
  folder[Symbol.dispose]();
  await rm(parent, { recursive: true });
});

describe("the folder of peers", () => {
  it("follows files that come, are replaced and go, also in a folder that comes later", async () => {
    await folder.open();
    await mkdir(path);
    await write("a", JSON.stringify(PEER));
    await until(
      () => seen.length,
      (n) => n === 1,
    );
    await write("a", JSON.stringify({ ...PEER, startedAt: 2 }));
    await until(
      () => seen.length,
      (n) => n === 2,
    );
    await rm(join(path, "a.json"));
    await until(
      () => seen.length,
      (n) => n === 3,
    );
    expect(seen).toEqual(["+a 1", "+a 2", "-a"]);
  });

  it("takes a file that says the same for the same, so that no stream breaks", async () => {
    await mkdir(path);
    await write("a", JSON.stringify(PEER));
    await folder.open();
    await write("a", JSON.stringify(PEER));
    await folder.scan();
    await folder.scan();
    expect(seen).toEqual(["+a 1"]);
  });

  it("leaves out what is no peer, and takes it when it has become one", async () => {
    await mkdir(path);
    await write("a", "{");
    await write("b", JSON.stringify({ ...PEER, listen: {} }));
    await write("c", JSON.stringify(PEER));
    await folder.open();
    expect(seen).toEqual(["+c 1"]);
    await write("a", JSON.stringify(PEER));
    await folder.scan();
    expect(seen).toEqual(["+c 1", "+a 1"]);
  });

  it("reads no more files than it may", async () => {
    await mkdir(path);
    for (const id of ["a", "b", "c", "d", "e"]) await write(id, JSON.stringify(PEER));
    await folder.open();
    expect(seen).toHaveLength(3);
  });

  it("says in a sentence why a file is no peer", () => {
    expect(() => peerOf("[]")).toThrow("it is not a peer");
    expect(peerOf(JSON.stringify(PEER))).toEqual(PEER);
  });
});
