import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { GrpcClient } from "../../api/allocation-service/grpc-client.fixture.ts";
import { freePort } from "../../core/std/free-port.ts";
import { TestInstance } from "../testing/test-instance.ts";

const ROOT = join(import.meta.dirname, "../..");

it("runs from a clone, and on a state folder, that only root may enter", async () => {
  const port = await freePort();
  const closed = mkdtempSync(join(tmpdir(), "flotilla-private-"));
  const clone = join(closed, "clone");
  mkdirSync(clone);
  execFileSync("mount", ["--bind", ROOT, clone]);
  try {
    await using instance = await TestInstance.start({
      program: clone,
      stateIn: closed,
      images: ["examples/demo/image.yaml"],
      files: ["examples/demo"],
      allocatorListen: `127.0.0.1:${port}`,
    });
    // Ready is what the games said through the door, which has given up root as the server has.
    expect(instance.said).toContain("3 of 3 game servers");
    const states = await instance.mustCli("get", "gs", "-o", "json");
    expect(states.match(/"state": "Ready"/g)?.length).toBe(3);
    expect((await instance.cli("allocate", "arena")).code).toBe(0);
    const read = (name: string): string =>
      readFileSync(join(instance.state, `allocator-${name}`), "utf8");
    const pair = { cert: read("client.crt"), key: read("client.key") };
    using client = GrpcClient.withTls(port, read("ca.crt"), pair);
    expect((await client.allocate({})).code).toBe(0);
  } finally {
    execFileSync("umount", [clone]);
    rmSync(closed, { recursive: true, force: true });
  }
});
