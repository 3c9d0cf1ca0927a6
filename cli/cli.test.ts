import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newToken } from "../api/access.fixture.ts";
import { type ApiHarness, GAME_SPEC, openApi } from "../api/api.fixture.ts";
import type { Io } from "./io.ts";
import { makeProgram, runCli } from "./program.ts";

const DEMO = join(import.meta.dirname, "..", "examples", "demo");
let api: ApiHarness;
let folder: string;
beforeAll(async () => {
  api = await openApi();
  folder = mkdtempSync(join(tmpdir(), "cli-"));
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  readonly onOut?: (text: string) => void;
}

/** Runs one command line as a person would, against the real API. */
async function run(argv: readonly string[], given: Given = {}): Promise<Ran> {
  let out = "";
  let err = "";
  const io: Io = {
    out: (text) => {
      out += text;
      given.onOut?.(text);
    },
    err: (text) => {
      err += text;
    },
    stdin: Readable.from([given.stdin ?? ""]),
    env: { FLOTILLA_API: api.url, FLOTILLA_TOKEN: api.tokens.admin, ...given.env },
    now: () => Date.parse("2026-01-01T00:01:00Z"),
    signal: given.signal ?? new AbortController().signal,
  };
  return { code: await runCli(argv, io), out, err };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const FLEET = (name: string, replicas: number): string =>
  JSON.stringify({
    apiVersion: "agones.dev/v1",
    kind: "Fleet",
    metadata: { name },
    spec: { replicas, template: { spec: GAME_SPEC } },
  });

describe("apply", () => {
  it("creates what a folder says, leaves its image spec alone, and finds nothing to do the second time", async () => {
    const first = await run(["apply", "-f", DEMO, "-n", "demo"]);
    expect(first).toEqual({
      code: 0,
      out: "fleet/arena created\nfleetautoscaler/arena created\n",
      err: "",
    });
    const second = await run(["apply", "-f", DEMO, "-n", "demo"]);
    expect(second.out).toBe("fleet/arena unchanged\nfleetautoscaler/arena unchanged\n");
  });

  it("changes what differs, also from standard input", async () => {
    await run(["apply", "-f", "-"], { stdin: FLEET("changing", 1) });
    const { out } = await run(["apply", "-f", "-"], { stdin: FLEET("changing", 2) });
    expect(out).toBe("fleet/changing changed\n");
    expect(api.store.get("Fleet", "default", "changing")?.spec.replicas).toBe(2);
  });

  it("changes nothing at all when one of several documents is wrong, and names every problem", async () => {
    const wrong = FLEET("second", -1).replace(
      '"spec":{"replicas"',
      '"spec":{"replcas":3,"replicas"',
    );
    const path = file("two.yaml", `${FLEET("first", 1)}\n---\n${wrong}\n`);
    const { code, out, err } = await run(["apply", "-f", path]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("two.yaml, document 2");
    expect(err).toContain("spec.replicas");
    expect(err).toMatch(/replcas.*replicas/);
    expect(api.store.get("Fleet", "default", "first")).toBeUndefined();
  });

  it("checks without changing when asked to", async () => {
    const { out } = await run(["apply", "--dry-run", "-f", "-"], { stdin: FLEET("tried", 1) });
    expect(out).toBe("fleet/tried checked, nothing changed\n");
    expect(api.store.get("Fleet", "default", "tried")).toBeUndefined();
  });

  it.each([
    ["malformed YAML", "a: [1\n", /bad\.yaml: .*line 2/],
    ["a file without documents", "# nothing\n", /there is no document in .*bad\.yaml/],
    [
      "a kind that only the control plane makes",
      "apiVersion: flotilla.dev/v1\nkind: Room\nmetadata: { name: a }\n",
      /bad\.yaml: a Room is made by the control plane.*\nnext: {2}ask for one: flotilla room make/,
    ],
  ])("refuses %s", async (_, text, message) => {
    const { code, err } = await run(["apply", "-f", file("bad.yaml", text)]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

describe("get and describe", () => {
  beforeAll(async () => {
    await api.put(
      "GameServer",
      { metadata: { name: "one", namespace: "look", labels: { a: "b" } }, spec: GAME_SPEC },
      { state: "Unhealthy", reason: "HealthFailed", message: "no ping for 15 s" },
    );
    await api.put("GameServer", { metadata: { name: "two", namespace: "look" }, spec: GAME_SPEC });
    const subject = { kind: "GameServer", namespace: "look", name: "one" };
    api.events.record({ type: "Warning", reason: "HealthFailed", message: "no ping", subject });
  });

  it("prints a table with a row each, and less of it by label", async () => {
    const { out } = await run(["get", "gs", "-n", "look"]);
    expect(out.split("\n").map((line) => line.split(/\s+/)[0])).toEqual(["NAME", "one", "two", ""]);
    const some = await run(["get", "gs", "-n", "look", "-l", "a=b"]);
    expect(some.out.match(/^(one|two)/gm)).toEqual(["one"]);
  });

  it("names the namespace when all are asked for", async () => {
    const { out } = await run(["get", "gs", "-A", "--field-selector", "metadata.name=one"]);
    expect(out).toMatch(/^NAMESPACE +NAME.*\nlook +one/);
  });

  it("prints one resource whole, and several as a list", async () => {
    const one = await run(["get", "gs/one", "-n", "look", "-o", "json"]);
    expect(JSON.parse(one.out)).toMatchObject({ kind: "GameServer", metadata: { name: "one" } });
    const all = await run(["get", "gs", "-n", "look", "-o", "yaml"]);
    expect(all.out).toMatch(/^apiVersion: v1\nkind: List\nitems:\n/);
  });

  it("says on standard error when there is none, and fails for one that was named", async () => {
    expect(await run(["get", "fleets", "-n", "empty"])).toEqual({
      code: 0,
      out: "",
      err: "no Fleet found in namespace empty\n",
    });
    const { code, err } = await run(["get", "fleet", "nobody"]);
    expect(code).toBe(5);
    expect(err).toMatch(/^error: .*nobody.*\nnext: {2}/);
  });

  it("tells why a resource is in its state, and what happened to it", async () => {
    const { out } = await run(["describe", "gs/one", "-n", "look"]);
    expect(out).toMatch(/Reason: +HealthFailed/);
    expect(out).toMatch(/Message: +no ping for 15 s/);
    expect(out).toMatch(/\d\S* ago +Warning +HealthFailed +no ping/);
  });

  it("tells it to who has a token for that namespace, and nothing of another", async () => {
    const { token } = await newToken(api, "viewer", ["look"]);
    const env = { FLOTILLA_TOKEN: token };
    const there = await run(["describe", "gs/one", "-n", "look"], { env });
    expect([there.code, there.err]).toEqual([0, ""]);
    expect(there.out).toMatch(/Warning +HealthFailed +no ping/);
    expect((await run(["history", "-n", "look"], { env })).code).toBe(0);
    expect((await run(["history", "-A"], { env })).code).toBe(0);
    for (const argv of [
      ["describe", "fleet/web", "-n", "default"],
      ["history", "-n", "default"],
    ])
      expect((await run(argv, { env })).err).toContain("this token is for namespace look");
  });

  it("tells what happened to a node, which belongs to no namespace", async () => {
    await api.put("Node", { metadata: { name: "box", namespace: "" } });
    const subject = { kind: "Node", namespace: "", name: "box" };
    api.events.record({ type: "Warning", reason: "NodeLost", message: "silent", subject });
    const { out } = await run(["describe", "node", "box"]);
    expect(out).toMatch(/\d\S* ago +Warning +NodeLost +silent/);
  });

  it("watches: what there is, then every change, until it is told to end", async () => {
    const stop = new AbortController();
    let seen = "";
    const watching = run(["get", "gs", "-n", "watched", "-w"], {
      signal: stop.signal,
      onOut: (text) => {
        seen += text;
      },
    });
    await api.put("GameServer", {
      metadata: { name: "late", namespace: "watched" },
      spec: GAME_SPEC,
    });
    while (!seen.includes("late")) await sleep(5);
    stop.abort();
    expect((await watching).code).toBe(0);
  });
});

describe("verbs", () => {
  it("scales, and refuses a count that is none", async () => {
    await run(["apply", "-f", "-"], { stdin: FLEET("scaled", 1) });
    expect((await run(["scale", "fleet/scaled", "--replicas", "4"])).out).toBe(
      "fleet/scaled scaled to 4\n",
    );
    expect(api.store.get("Fleet", "default", "scaled")?.spec.replicas).toBe(4);
    expect((await run(["scale", "fleet/scaled", "--replicas", "many"])).code).toBe(2);
    expect((await run(["scale", "gs/x", "--replicas", "1"])).err).toContain(
      "a GameServer has no replicas",
    );
  });

  it("allocates a Ready server and says where it is; without one it fails with its own exit code", async () => {
    const none = await run(["allocate", "full", "-n", "play"]);
    expect(none.code).toBe(7);
    expect(none.err).toMatch(/^error: .*\nnext: {2}see what there is: flotilla get gs -n play\n$/);
    const labels = { "agones.dev/fleet": "full" };
    await api.put(
      "GameServer",
      { metadata: { name: "free", namespace: "play", labels }, spec: GAME_SPEC },
      {
        state: "Ready",
        address: "192.0.2.1",
        nodeName: "n",
        ports: [{ name: "default", port: 7001 }],
      },
    );
    const { out } = await run(["allocate", "full", "-n", "play"]);
    expect(out).toMatch(/^GAMESERVER .*\nfree +192\.0\.2\.1 +default:7001 +n\n$/);
  });

  it("allocates by a file, too, says what was handed out, and fails when nothing was", async () => {
    const labels = { "agones.dev/fleet": "filed" };
    const status = {
      state: "Ready" as const,
      address: "192.0.2.1",
      ports: [{ name: "game", port: 7001 }],
    };
    const metadata = { name: "filed-0", namespace: "play", labels };
    await api.put("GameServer", { metadata, spec: GAME_SPEC }, status);
    const stdin = JSON.stringify({
      apiVersion: "allocation.agones.dev/v1",
      kind: "GameServerAllocation",
      spec: { selectors: [{ matchLabels: labels }] },
    });
    const { out } = await run(["apply", "-f", "-", "-n", "play"], { stdin });
    expect(out).toBe("gameserver/filed-0 allocated: 192.0.2.1 game:7001\n");
    const none = await run(["apply", "-f", "-", "-n", "play"], { stdin });
    expect([none.code, none.out]).toEqual([7, ""]);
    expect(none.err).toMatch(/^error: standard input: none of \d+ game servers? .*1 are Allocated/);
  });

  it("stops, starts and restarts a Container by writing what is wanted", async () => {
    await api.put("Container", { metadata: { name: "box" }, spec: { name: "box", image: "x" } });
    const spec = () => api.store.get("Container", "default", "box")?.spec;
    await run(["stop", "box"]);
    expect(spec()?.running).toBe(false);
    expect((await run(["start", "container/box"])).out).toBe("container/box is to run\n");
    expect(spec()?.running).toBe(true);
    await run(["restart", "ctr/box"]);
    expect(spec()?.restartedAt).toBe("2026-01-01T00:01:00Z");
    expect((await run(["stop", "gs/one"])).err).toContain("a GameServer cannot be told to stop");
  });

  it("deletes by name and by file, and nothing without being told what", async () => {
    const stdin = FLEET("doomed", 1);
    await run(["apply", "-f", "-"], { stdin });
    expect((await run(["delete", "fleet", "doomed"])).out).toBe("fleet/doomed deleted\n");
    expect((await run(["delete", "-f", "-"], { stdin })).code).toBe(5);
    expect((await run(["delete", "-f", "-", "--ignore-not-found"], { stdin })).code).toBe(0);
    expect((await run(["delete", "fleets"])).err).toContain("name what to delete");
  });
});

describe("what goes wrong", () => {
  it.each([
    ["a wrong token", { FLOTILLA_TOKEN: "x".repeat(43) }, 4],
    ["a token that is too narrow", { FLOTILLA_TOKEN: "allocate" }, 4],
    ["nobody there", { FLOTILLA_API: "http://127.0.0.1:9" }, 8],
    ["no token at all", { FLOTILLA_TOKEN: "", FLOTILLA_STATE: "/nonexistent" }, 4],
  ] as const)("ends with cause and next step: %s", async (_, given, code) => {
    const env = {
      ...given,
      ...("FLOTILLA_TOKEN" in given && given.FLOTILLA_TOKEN === "allocate"
        ? { FLOTILLA_TOKEN: api.tokens.allocate }
        : {}),
    };
    const ran = await run(["delete", "fleet", "any"], { env });
    expect(ran.code).toBe(code);
    expect(ran.err).toMatch(/^error: .+\nnext: {2}.+\n$/);
    expect(ran.err).not.toContain(api.tokens.allocate);
  });

  it.each([
    [["gett"], "unknown command 'gett'", "did you mean get?"],
    [["get", "flets"], "there is no kind flets", "did you mean fleets?"],
    [["get", "fleets", "--outptu", "json"], "unknown option '--outptu'", "did you mean --output?"],
    [["get", "fleet/a/b"], "fleet/a/b is not of the form kind/name", "correct it"],
    [["logs", "fleet/arena"], "a Fleet has no container of its own", "name a gameserver"],
  ])("understands what was meant by %s", async (argv, cause, next) => {
    const { code, err } = await run(argv);
    expect(code).toBe(2);
    expect(err).toContain(`error: ${cause}`);
    expect(err).toContain(`next:  ${next}`);
  });
});

describe("help", () => {
  it("of get names every kind that can be got", async () => {
    const { out } = await run(["get", "--help"]);
    expect(out).toMatch(/\nKinds: gameservers \(gs\), .*fleets \(flt\), .*rooms, events \(ev\)\n/);
  });

  const io = { out: () => undefined, err: () => undefined } as unknown as Io;
  const leaves = (command: Command): Command[] => [command, ...command.commands.flatMap(leaves)];
  const names = leaves(makeProgram(io))
    .slice(1)
    .map(
      (command) => `${command.parent?.parent ? `${command.parent.name()} ` : ""}${command.name()}`,
    )
    .filter((name) => name !== "door");

  it.each(names)("of %s shows examples", async (name) => {
    const { code, out } = await run([...name.split(" "), "--help"]);
    expect(code).toBe(0);
    expect(out).toMatch(/\nExamples:\n {2}flotilla /);
  });
});
