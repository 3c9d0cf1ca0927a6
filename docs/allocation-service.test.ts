import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { openService } from "../api/allocation-service/service.fixture.ts";

const root = join(import.meta.dirname, "..");

it("shows a client over gRPC that works as it stands, with the little of Agones' file that it needs", async () => {
  const page = await readFile(join(root, "docs/allocation-service.md"), "utf8");
  const [, proto = ""] = /```proto\n([\s\S]*?)```/.exec(page) ?? [];
  const [, program = ""] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
  await using service = await openService({ auth: "mtls" });
  const { cert, key } = await service.client("default");
  await service.keeper?.look();
  // Inside the project, where its packages are found.
  await mkdir(join(root, ".build"), { recursive: true });
  const folder = await mkdtemp(join(root, ".build", "allocation-page-"));
  await using _cleared = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
  const files = {
    "allocation.proto": proto,
    "allocate.cjs": program.replace("127.0.0.1:8443", `127.0.0.1:${service.port}`),
    "allocator-ca.crt": service.ca,
    "allocator-client.crt": cert,
    "allocator-client.key": key,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const { stdout } = await promisify(execFile)(process.execPath, ["allocate.cjs"], {
    cwd: folder,
    env: { STATE: folder },
  });
  expect(stdout).toContain("gameServerName: 'arena-1'");
  expect(stdout).toContain("{ name: 'default', port: 7001 }");
  const [asked] = service.allocator.asked;
  expect(asked?.spec.selectors[0]?.matchLabels).toEqual({ "agones.dev/fleet": "arena" });
});
