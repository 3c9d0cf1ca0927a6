import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SmallDisk } from "../../core/std/small-disk.fixture.ts";
import { TestInstance } from "../testing/test-instance.ts";
import { allocateArena, gameServer, joinTwo } from "./play-session.ts";
import { RemoteMachine } from "./remote-machine.ts";

const DISK_MIB = 900;
/** The last room of the journal takes small writes when large ones are refused already. */
const PADDINGS = [200_000, 4000, 0];
const WRITES_MAX = 3000;
const SOON = { timeout: 60_000, interval: 100 };

let disk: SmallDisk;
let remote: RemoteMachine;
let instance: TestInstance;

beforeAll(async () => {
  disk = new SmallDisk(DISK_MIB);
  remote = await RemoteMachine.open();
  instance = await TestInstance.start({
    stateIn: disk.path,
    images: ["examples/demo/image.yaml"],
    files: ["examples/demo/fleet.yaml"],
    flags: ["--advertise-address", remote.hostAddress, "--port-range", "17400-17419"],
  });
}, 120_000);
afterAll(async () => {
  await instance?.[Symbol.asyncDispose]();
  await remote?.[Symbol.asyncDispose]();
  disk[Symbol.dispose]();
});

const padded = "/apis/flotilla.dev/v1/namespaces/default/networks/padded";
const pad = (step: number, size: number): ReturnType<TestInstance["request"]> =>
  instance.request(
    "PATCH",
    padded,
    { metadata: { annotations: { step: String(step), padding: "x".repeat(size) } } },
    { "content-type": "application/merge-patch+json" },
  );
async function stepOf(): Promise<number> {
  const { body } = await instance.request("GET", padded);
  const { metadata } = body as { metadata: { annotations?: Record<string, string> } };
  return Number(metadata.annotations?.step);
}

/** Takes all the space that is free now. */
function fill(fd: number): void {
  for (const size of [1024 * 1024, 4096]) {
    const bytes = Buffer.alloc(size);
    try {
      while (writeSync(fd, bytes) === size);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
}

describe("a full disk below the state folder", () => {
  it("refuses writes clearly, keeps what was answered, lets games go on, and is over by itself", async () => {
    const name = await allocateArena(instance, "before");
    const before = await gameServer(instance, name);
    await using players = new AsyncDisposableStack();
    const all = (await joinTwo(before, remote)).map((one) => players.use(one));
    const created = await instance.request(
      "POST",
      "/apis/flotilla.dev/v1/namespaces/default/networks",
      { apiVersion: "flotilla.dev/v1", kind: "Network", metadata: { name: "padded" }, spec: {} },
    );
    expect(created.status).toBe(201);

    const ballast = join(disk.path, "ballast");
    const fd = openSync(ballast, "w");
    let isFull = true;
    const release = (): void => {
      if (isFull) closeSync(fd);
      isFull = false;
      rmSync(ballast, { force: true });
    };
    players.defer(release);
    let step = 0;
    let refusal: Awaited<ReturnType<typeof pad>> | undefined;
    for (const size of PADDINGS)
      for (refusal = undefined; !refusal && step < WRITES_MAX; ) {
        fill(fd);
        const answer = await pad(step + 1, size);
        if (answer.status === 200) step += 1;
        else refusal = answer;
      }
    expect(refusal?.status).toBe(507);
    expect(refusal?.body).toMatchObject({ kind: "Status", status: "Failure", code: 507 });
    expect(refusal?.body).toHaveProperty("message", expect.stringMatching(/space/));
    // Somebody may have removed a file since.
    fill(fd);
    const told = await instance.cli("scale", "fleet", "arena", "--replicas", "4");
    expect(told.code).toBe(7);
    expect(told.err).toMatch(/^error: .*space/);
    expect(await stepOf()).toBe(step);
    expect((await gameServer(instance, name)).status.state).toBe("Allocated");

    release();
    await expect.poll(async () => (await pad(step + 1, 0)).status, SOON).toBe(200);
    expect(await stepOf()).toBe(step + 1);
    await instance.mustCli("scale", "fleet", "arena", "--replicas", "4");
    const reports = await Promise.all(all.map((one) => one.end()));
    for (const report of reports)
      expect(report).toMatchObject({ udpLost: 0, webSocketLost: 0, drops: 0 });
    // What was answered stays true for the next life of the server, too.
    expect(instance.kill("server")).toBe(true);
    await expect.poll(() => stepOf().catch(() => undefined), SOON).toBe(step + 1);
    expect((await gameServer(instance, name)).status).toMatchObject({
      state: "Allocated",
      container: before.status.container,
    });
  });
});
