import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { GameServer } from "../../core/model/game-server.ts";
import { resolveConfig, SETTING_NAMES } from "../config.ts";
import { packageVersion } from "../version.ts";
import { configText } from "./config-text.ts";
import { whyNotInstall } from "./install.ts";
import { compareVersions, installationOf, layoutOf, linkedVersion, pointTo } from "./layout.ts";
import { ownPrefix } from "./own-prefix.ts";
import { playersOf } from "./players.ts";
import { placeProgram } from "./program.ts";
import { DENIED_CAPABILITIES, unitText } from "./unit.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const VERSION = packageVersion();
let folder: string;
let image: string;

/** One real installation into a folder that is to become a machine's root. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-install-"));
  image = join(folder, "image");
  await flotilla("install", "--root", image);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const flotilla = (...words: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
  run(join(ROOT, "bin/flotilla"), [...words], { env: { PATH: process.env.PATH, HOME: folder } });
const below = (path: string): string => join(image, path);

describe("an installation below a folder", () => {
  it("has a program with its own Node that runs there, settings, and a unit", async () => {
    const program = below("opt/flotilla/current/bin/flotilla");
    const { stdout } = await run(program, ["--version"], { env: { PATH: "/usr/bin:/bin" } });
    expect(stdout.trim()).toBe(VERSION);
    expect(readFileSync(below("etc/systemd/system/flotilla.service"), "utf8")).toContain(
      "ExecStart=/opt/flotilla/current/bin/flotilla up",
    );
    expect(parse(readFileSync(below("etc/flotilla/config.yaml"), "utf8"))).toBeNull();
    for (const path of ["runtime/shim/main.c", ".build/dashboard/page/index.html"])
      expect(existsSync(below(`opt/flotilla/current/${path}`)), path).toBe(true);
    expect(readdirSync(below("opt/flotilla/versions"))).toEqual([VERSION]);
  });

  it("may be repeated: settings of the owner stay", async () => {
    writeFileSync(below("etc/flotilla/config.yaml"), "port: 9000\n");
    const { stdout } = await flotilla("install", "--root", image);
    expect(stdout).not.toContain("config.yaml");
    expect(readFileSync(below("etc/flotilla/config.yaml"), "utf8")).toBe("port: 9000\n");
  });

  it("is made by one at a time: a second one is told who is at it", async () => {
    using _own = ownPrefix(below("opt/flotilla"));
    for (const words of [["install"], ["uninstall"]])
      await expect(flotilla(...words, "--root", image)).rejects.toMatchObject({
        code: 6,
        stderr: expect.stringContaining(`process ${process.pid} installs, upgrades or uninstalls`),
      });
  });

  it("changes nothing when it is only asked what it would do", async () => {
    const other = join(folder, "other");
    const { stdout } = await flotilla("install", "--root", other, "--dry-run", "--enable");
    expect(stdout.match(/· would do: /g)).toHaveLength(4);
    expect(existsSync(other)).toBe(false);
  });

  it("that is killed in the middle leaves the one before at work, and can be done again", async () => {
    for (const pauseMs of [500, 1_500]) {
      const child = spawn(join(ROOT, "bin/flotilla"), ["install", "--root", image], {
        stdio: "ignore",
      });
      setTimeout(() => child.kill("SIGKILL"), pauseMs);
      await once(child, "exit");
      const { stdout } = await run(below("opt/flotilla/current/bin/flotilla"), ["--version"]);
      expect(stdout.trim()).toBe(VERSION);
    }
    await flotilla("install", "--root", image);
    expect(linkedVersion(below("opt/flotilla/current"))).toBe(VERSION);
  }, 120_000);

  it("is refused over a newer version, and over an older one it names upgrade", async () => {
    const layout = layoutOf(below("opt/flotilla"));
    for (const [other, word] of [
      ["99.0.0", "--rollback"],
      ["0.0.1", "flotilla upgrade --to"],
    ] as const) {
      await pointTo(layout.current, other);
      await expect(flotilla("install", "--root", image)).rejects.toMatchObject({
        code: 6,
        stderr: expect.stringContaining(word),
      });
    }
    await pointTo(layout.current, VERSION);
  });

  it("takes another version and goes back before anything has run there", async () => {
    const layout = layoutOf(below("opt/flotilla"));
    const home = join(folder, "flotilla-99.1.0");
    const isSmall = (path: string): boolean => !/\/node-linux-\w+$/.test(path);
    cpSync(join(layout.versions, VERSION), home, { recursive: true, filter: isSmall });
    const about = { name: "flotilla", version: "99.1.0" };
    writeFileSync(join(home, "package.json"), JSON.stringify(about));
    const state = below("var/lib/nowhere");
    const words = ["upgrade", "--prefix", layout.prefix, "--state", state];
    const { stdout } = await flotilla(...words, "--to", home);
    expect(stdout).toContain(`there is no state in ${state} yet`);
    expect(stdout).toContain("nothing runs; the next start is 99.1.0");
    expect(linkedVersion(layout.current)).toBe("99.1.0");
    await flotilla(...words, "--rollback");
    expect(linkedVersion(layout.current)).toBe(VERSION);
    expect(existsSync(state)).toBe(false);
  });

  it("goes away whole but for the settings", async () => {
    const gone = await flotilla("uninstall", "--root", image);
    expect(gone.stdout).toContain("settings and state stay");
    const left = readdirSync(image, { recursive: true, encoding: "utf8" });
    expect(left.filter((name) => /\.service|current|versions/.test(name))).toEqual([]);
    expect(existsSync(below("etc/flotilla/config.yaml"))).toBe(true);
    const again = await flotilla("uninstall", "--root", image);
    expect(again.stdout).toContain("nothing is installed");
  });
}, 60_000);

describe("a package", () => {
  it("is unpacked from what `npm pack` makes, and what is none is refused", async () => {
    const layout = layoutOf(join(folder, "tgz"));
    const stage = join(folder, "stage", "package");
    mkdirSync(stage, { recursive: true });
    writeFileSync(
      join(stage, "package.json"),
      JSON.stringify({ name: "flotilla", version: "7.1.0" }),
    );
    const tgz = join(folder, "good.tgz");
    const tar = (file: string, ...names: readonly string[]) =>
      run("tar", ["-czf", file, "-C", join(folder, "stage"), ...names]);
    await tar(tgz, "package");
    expect(await placeProgram(tgz, layout, () => false)).toBe("7.1.0");

    symlinkSync("/etc", join(stage, "link"));
    const linkTgz = join(folder, "link.tgz");
    await tar(linkTgz, "package");
    await expect(placeProgram(linkTgz, layout, () => false)).rejects.toThrow("holds package/link");
    const upTgz = join(folder, "up.tgz");
    writeFileSync(join(folder, "stage", "outside"), "");
    await run("tar", ["-czPf", upTgz, "-C", stage, "../outside"]);
    await expect(placeProgram(upTgz, layout, () => false)).rejects.toThrow("holds ../outside");
    writeFileSync(join(folder, "text"), "no archive");
    await expect(placeProgram(join(folder, "text"), layout, () => false)).rejects.toThrow(
      "cannot unpack",
    );
    await expect(placeProgram(join(folder, "nothing"), layout, () => false)).rejects.toThrow(
      "there is no",
    );
    await expect(placeProgram(folder, layout, () => false)).rejects.toThrow(
      "is no package of flotilla",
    );
    expect(readdirSync(layout.versions)).toEqual(["7.1.0"]);
  });
});

describe("the unit", () => {
  const places = {
    program: "/opt/flotilla/current/bin/flotilla",
    configFile: "/etc/flotilla/config.yaml",
    state: "/var/lib/flotilla",
  };
  beforeEach(() => mkdirSync(join(folder, "units"), { recursive: true }));

  it.each([
    ["in the standard places", places],
    ["of an agent alone", { ...places, agentFile: "/etc/flotilla/agent.env" }],
    ["with words that units treat specially", { ...places, state: '/srv/a "b" $HOME 50%/x' }],
  ])("is taken by systemd without a word: %s", async (_, where) => {
    // The program must be there for it.
    const program = join(ROOT, "bin/flotilla");
    const unit = join(folder, "units", "flotilla.service");
    writeFileSync(unit, unitText({ ...where, program }).replace(/^Documentation=.*\n/m, ""));
    const { stdout, stderr } = await run("systemd-analyze", [
      "verify",
      "--man=no",
      "--recursive-errors=no",
      unit,
    ]);
    expect([stdout, stderr]).toEqual(["", ""]);
  });

  it("ends the main process only, and gives the unit no mounts of its own", () => {
    const lines = unitText(places)
      .split("\n")
      .filter((line) => !line.startsWith("#"));
    for (const line of [
      "KillMode=process",
      "Delegate=yes",
      "Restart=always",
      "StateDirectory=flotilla",
    ])
      expect(lines).toContain(line);
    expect(
      lines.filter((line) =>
        /^(Protect|Private|ReadOnly|ReadWrite|Inaccessible|Bind|TemporaryFileSystem|RootDirectory|Dynamic)/.test(
          line,
        ),
      ),
    ).toEqual([]);
    expect(lines).toContain(`CapabilityBoundingSet=~${DENIED_CAPABILITIES.join(" ")}`);
  });
});

describe("the settings file", () => {
  it("names every setting but secrets and clients', and stands for the defaults", () => {
    const text = configText();
    const named = SETTING_NAMES.filter((name) => text.includes(`\n# ${name}: `));
    expect(SETTING_NAMES.filter((name) => !named.includes(name))).toEqual(
      ["api", "token", "tokenFile", "namespace", "joinToken"].sort(
        (a, b) => SETTING_NAMES.indexOf(a as never) - SETTING_NAMES.indexOf(b as never),
      ),
    );
    const names = SETTING_NAMES.join("|");
    const set = text.replace(new RegExp(`^# ((${names}): (?!"").*)$`, "gm"), "$1");
    const shown = parse(set) as Record<string, unknown>;
    expect(Object.keys(shown).length).toBeGreaterThan(10);
    const { port, listen, portRange } = resolveConfig({}, {}, shown);
    expect([port, listen, portRange]).toEqual([8700, "127.0.0.1", "7000-8000"]);
  });
});

describe("what stands against an installation", () => {
  const fine = {
    isRoot: true,
    isHere: true,
    hasSystemd: true,
    hasUnit: true,
    portUser: undefined,
    otherUnit: undefined,
    installed: undefined,
    version: "1.0.0",
  };
  it.each([
    ["nobody but root", { isRoot: false }, "only root can install"],
    ["no systemd", { hasSystemd: false }, "does not run systemd"],
    [
      "a stranger on the port",
      { portUser: "127.0.0.1:8700 is taken by another program" },
      "is taken",
    ],
    [
      "an agent alone",
      { otherUnit: "flotilla-agent.service" },
      "has flotilla-agent.service already",
    ],
    ["a newer one", { installed: "1.0.1" }, "flotilla 1.0.1 is installed, and this is 1.0.0"],
    ["an older one", { installed: "1.0.0-rc.1" }, "flotilla 1.0.0-rc.1 is installed already"],
  ])("%s", (_, change, message) => {
    expect(whyNotInstall({ ...fine, ...change })?.message).toContain(message);
  });
  it("is nothing for the same version, an image, or a machine without systemd that wants no unit", () => {
    for (const change of [
      { installed: "1.0.0" },
      { isHere: false, isRoot: false },
      { hasSystemd: false, hasUnit: false },
    ])
      expect(whyNotInstall({ ...fine, ...change })).toBeUndefined();
  });
});

it("orders versions as Semantic Versioning does", () => {
  const ordered = [
    "0.9.10",
    "1.0.0-alpha",
    "1.0.0-rc.2",
    "1.0.0-rc.10",
    "1.0.0",
    "1.0.1",
    "1.2.0",
    "1.10.0",
  ];
  expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
});

it("knows an installation by its link, and a clone by having none", async () => {
  expect(installationOf(ROOT)).toBeUndefined();
  const layout = layoutOf(join(folder, "known"));
  const home = join(layout.versions, "1.0.0");
  mkdirSync(home, { recursive: true });
  expect(installationOf(home)).toBeUndefined();
  await pointTo(layout.current, "1.0.0");
  expect(installationOf(home)).toEqual(layout);
});

it("counts the players that game servers name", () => {
  const server = (values?: readonly string[]) =>
    ({
      status: values ? { lists: { players: { values, capacity: 9 } } } : {},
    }) as unknown as GameServer;
  expect(playersOf([server(["a", "b"]), server(), server(["c"])])).toBe(3);
});
