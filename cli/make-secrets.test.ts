import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Io } from "./io.ts";
import { secretFilesIn, secretWishesOf } from "./make-secrets.ts";
import { runCli } from "./program.ts";

let root: string;
let state: string;
let lives = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "flotilla-secrets-"));
});
beforeEach(() => {
  state = join(root, `state-${lives++}`);
});
afterAll(() => rmSync(root, { recursive: true }));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
async function run(words: readonly string[], stdin: string | Buffer = ""): Promise<Ran> {
  let [out, err] = ["", ""];
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    stdin: Readable.from([Buffer.from(stdin)]),
    env: {},
    now: () => 0,
    signal: new AbortController().signal,
  };
  const code = await runCli(["secret", ...words, "--state", state], io);
  return { code, out, err };
}

const contentOf = (name: string, namespace = "default"): string =>
  readFileSync(join(state, "secrets", namespace, name), "utf8");

function list(text: string): string {
  const file = join(root, `${lives}.secrets.yaml`);
  writeFileSync(file, text);
  return file;
}

describe("secrets that a file asks for", () => {
  const text = [
    "- { name: login.token, make: token }",
    "- { name: login.keys, make: signing-keys }",
    "- { name: platform.token, from: allocate }",
  ].join("\n");

  it("are made once, for their owner's eyes only, and never printed", async () => {
    mkdirSync(state);
    writeFileSync(join(state, "allocate.token"), "the-platforms-own-token\n", { mode: 0o600 });
    const first = await run(["make", list(text)]);
    expect(first).toEqual({
      code: 0,
      out: "secret login.token made\nsecret login.keys made\nsecret platform.token made\n",
      err: "",
    });
    const before = ["login.token", "login.keys"].map((name) => contentOf(name));
    expect(before[0]).toMatch(/^[\w-]{43}\n$/);
    expect(JSON.parse(before[1] ?? "")).toMatchObject({ keys: [{ kty: "OKP", crv: "Ed25519" }] });
    expect(contentOf("platform.token")).toBe("the-platforms-own-token\n");
    expect(statSync(join(state, "secrets/default/login.keys")).mode & 0o777).toBe(0o600);
    expect(statSync(join(state, "secrets/default")).mode & 0o777).toBe(0o700);
    const again = await run(["make", list(text)]);
    expect(again.out).toBe(
      "secret login.token unchanged\nsecret login.keys unchanged\nsecret platform.token unchanged\n",
    );
    expect(["login.token", "login.keys"].map((name) => contentOf(name))).toEqual(before);
    expect(first.out + again.out).not.toContain(before[0]?.trim());
  });

  it("follow the platform's own token when that is another one", async () => {
    mkdirSync(state);
    const own = join(state, "allocate.token");
    writeFileSync(own, "one\n");
    await run(["make", list("- { name: t, from: allocate }")]);
    writeFileSync(own, "another\n");
    expect((await run(["make", list("- { name: t, from: allocate }")])).out).toBe(
      "secret t made\n",
    );
    expect(contentOf("t")).toBe("another\n");
  });

  it("cannot be made before the platform's own token is there", async () => {
    const { code, err } = await run(["make", list("- { name: t, from: allocate }")]);
    expect(code).toBe(6);
    expect(err).toContain("start it once: `flotilla up` makes the tokens");
  });

  it("agree when several make them at once", async () => {
    const wish = list("- { name: t, make: token }");
    const all = await Promise.all(Array.from({ length: 8 }, () => run(["make", wish])));
    expect(all.filter(({ out }) => out === "secret t made\n")).toHaveLength(1);
    expect(all.every(({ code }) => code === 0)).toBe(true);
    expect(contentOf("t")).toMatch(/^[\w-]{43}\n$/);
  });

  it("lie in a folder's secrets.yaml and x.secrets.yaml", () => {
    const folder = join(root, "folder");
    mkdirSync(folder);
    for (const name of ["secrets.yaml", "b.secrets.yml", "fleet.yaml", "nosecrets.yaml"])
      writeFileSync(join(folder, name), "");
    expect(secretFilesIn([folder, join(folder, "secrets.yaml")])).toEqual([
      join(folder, "b.secrets.yml"),
      join(folder, "secrets.yaml"),
    ]);
  });

  it.each([
    ["name: a", "x: must be a list of secrets"],
    ["- a", "x, item 1: name must be letters"],
    ["- { name: ../a, make: token }", "x, item 1: name must be letters, digits, -, _ and ."],
    ["- { name: a }", "x, item 1: must have one of make and from"],
    ["- { name: a, make: token, from: allocate }", "must have one of make and from"],
    ["- { name: a, make: password }", "make must be token or signing-keys"],
    ["- { name: a, from: admin }", "from can only be allocate"],
    ["- { name: a, make: token, value: x }", "value is unknown"],
    ["- [", "x: "],
  ])("are refused with their cause: %s", (text, cause) => {
    expect(() => secretWishesOf("x", text)).toThrow(cause);
  });
});

describe("a secret", () => {
  it("is set from standard input or a file, shown by name only, and removed", async () => {
    const bytes = Buffer.from([0, 1, 255, 10]);
    expect(await run(["set", "blob", "-n", "other"], bytes)).toMatchObject({
      code: 0,
      out: "secret blob set\n",
    });
    expect(readFileSync(join(state, "secrets/other/blob"))).toEqual(bytes);
    expect((await run(["set", "blob", "-n", "other"], bytes)).out).toBe("secret blob unchanged\n");
    const file = list("hidden content");
    expect((await run(["set", "word", "--from-file", file])).out).toBe("secret word set\n");
    const { out } = await run(["ls"]);
    expect(out).toMatch(/^NAME +BYTES +CHANGED\nword +14 +20\S+Z\n$/);
    expect((await run(["path", "word"])).out).toBe(`${join(state, "secrets/default/word")}\n`);
    expect((await run(["rm", "word"])).out).toBe("secret word removed\n");
    expect(await run(["rm", "word"])).toMatchObject({
      code: 5,
      err: expect.stringContaining("there is no secret word in default"),
    });
  });

  it.each([
    [["set", "../x"], "content", 2, "a secret's name has letters"],
    [["path", ".hidden"], "", 2, "a secret's name has letters"],
    [["set", "x"], "", 2, "secret x has 0 bytes"],
    [["set", "x", "--from-file", "nowhere"], "", 2, "cannot read nowhere"],
  ])("is refused: %j", async (words, stdin, code, cause) => {
    expect(await run(words, stdin)).toMatchObject({ code, err: expect.stringContaining(cause) });
  });

  it("is at most as large as a container can be shown", async () => {
    const { code } = await run(["set", "x"], Buffer.alloc(1024 * 1024 + 1, 1));
    expect(code).toBe(2);
    expect((await run(["set", "x"], Buffer.alloc(1024 * 1024, 1))).code).toBe(0);
  });
});
