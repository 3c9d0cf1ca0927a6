import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packageVersion } from "./version.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "..");
const MINUTE = 60_000;
let folder: string;

/** The Node that runs this test first, as on a machine where the package brought its own. */
const env = (): NodeJS.ProcessEnv => ({
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  HOME: folder,
});

/** Packs a copy of the sources, so that nothing is written into this clone, and installs it without any network. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "package-"));
  const clone = join(folder, "clone");
  const listed = await run("git", ["ls-files", "-co", "--exclude-standard"], { cwd: ROOT });
  for (const file of listed.stdout
    .split("\n")
    .filter((name) => name && existsSync(join(ROOT, name))))
    cpSync(join(ROOT, file), join(clone, file), { force: true });
  symlinkSync(join(ROOT, "node_modules"), join(clone, "node_modules"));
  await run("npm", ["pack", "--pack-destination", folder], { cwd: clone, env: env() });
  const [tarball = ""] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  const flags = ["--offline", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"];
  const install = ["install", "-g", "--prefix", join(folder, "there"), ...flags];
  await run("npm", [...install, join(folder, tarball)], { cwd: folder, env: env() });
}, 2 * MINUTE);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const flotilla = (...args: readonly string[]): Promise<{ stdout: string }> =>
  run(join(folder, "there", "bin", "flotilla"), args, { cwd: folder, env: env() });

it("runs where it was installed, through npm's link, without the clone", async () => {
  const { stdout } = await flotilla("version", "--state", join(folder, "state"));
  expect(stdout).toMatch(new RegExp(`^flotilla +${packageVersion().replaceAll(".", "\\.")}\n`));
});

it("brings every part: the server starts as far as to refuse a state folder that is none", async () => {
  const file = join(folder, "there", "bin", "flotilla");
  await expect(flotilla("server", "--state", file)).rejects.toMatchObject({
    stderr: expect.stringContaining("error: cannot use the state folder"),
  });
});

it("brings every file that its README leads to", async () => {
  const home = join(folder, "there", "lib", "node_modules", "flotilla");
  const text = await readFile(join(home, "README.md"), "utf8");
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = ""]) => path);
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((path) => !existsSync(join(home, path)))).toEqual([]);
});

it("brings the sources of the C parts, to compile them where it runs", () => {
  const home = join(folder, "there", "lib", "node_modules", "flotilla");
  expect(readdirSync(join(home, "runtime", "shim"))).toEqual(
    expect.arrayContaining(["Makefile", "main.c", "init.c"]),
  );
});

it("brings the library for game clients, without its tests", () => {
  const home = join(folder, "there", "lib", "node_modules", "flotilla");
  const brought = readdirSync(join(home, "game-services", "client"));
  expect(brought).toEqual(expect.arrayContaining(["flotilla-client.ts", "rooms-client.ts"]));
  expect(brought.filter((name) => /\.(test|fixture)\./.test(name))).toEqual([]);
});

it("brings the dashboard, built and packed", () => {
  const home = join(folder, "there", "lib", "node_modules", "flotilla");
  const page = readdirSync(join(home, ".build", "dashboard", "page"));
  expect(page).toEqual(expect.arrayContaining(["index.html", "index.html.br", "index.html.gz"]));
});
