import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changesOf } from "./changes.ts";
import { HIDDEN, redactArgv, redactText } from "./redact.ts";

const JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl";

describe("what is told of a change", () => {
  it("is each path that differs, with what stood and stands there", () => {
    const before = { spec: { replicas: 1, template: { image: "a", ports: [{ port: 1 }] } } };
    const after = {
      spec: { replicas: 3, template: { image: "a", ports: [{ port: 1 }, { port: 2 }] } },
    };
    expect(changesOf(before, after)).toEqual({
      before: { "spec.replicas": 1 },
      after: { "spec.replicas": 3, "spec.template.ports[1].port": 2 },
    });
    expect(changesOf(before, before)).toEqual({ before: {}, after: {} });
    expect(changesOf(undefined, { a: { b: 1 } })).toEqual({ before: {}, after: { "a.b": 1 } });
    expect(changesOf({ a: { b: 1 } }, undefined)).toEqual({ before: { "a.b": 1 }, after: {} });
    expect(changesOf({ a: { b: 1 } }, { a: 5 })).toEqual({
      before: { a: '{"b":1}' },
      after: { a: 5 },
    });
  });

  it.each([
    ["a variable named like a secret", { env: [{ name: "DB_PASSWORD", value: "hunter22" }] }],
    ["a member named like one", { apiKey: "hunter22" }],
    [
      "an annotation that carries a key",
      { metadata: { annotations: { "a.example/signing-key": "hunter22" } } },
    ],
    ["all of what is below such a name", { credentials: { user: "x", deep: ["hunter22"] } }],
    [
      "a token by its looks",
      { note: `see ${JWT} hunter22`.replace("hunter22", ""), x: "Bearer hunter22-hunter22" },
    ],
    [
      "the password in a URL",
      { env: [{ name: "DATABASE", value: "mongodb://ann:hunter22@db/x" }] },
    ],
  ])("never is %s, only that it changed", (_, value) => {
    const { after } = changesOf(undefined, value);
    expect(JSON.stringify(after)).not.toMatch(/hunter22|eyJ/);
    expect(JSON.stringify(after)).toContain(HIDDEN);
  });

  it("names the secret that a volume shows, which is no secret", () => {
    expect(changesOf(undefined, { volumes: [{ secretName: "db.url" }] }).after).toEqual({
      "volumes[0].secretName": "db.url",
    });
  });

  it("is bounded, whatever is written", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 20 }), fc.jsonValue(), (before, after) => {
        const text = JSON.stringify(changesOf(before, after));
        expect(text.length).toBeLessThan(50_000);
      }),
    );
    const many = Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [`k${i}`, "x".repeat(9_999)]),
    );
    const { after } = changesOf({}, many);
    expect(Object.keys(after)).toHaveLength(51);
    expect(JSON.stringify(after).length).toBeLessThan(20_000);
  });
});

describe("a command that is told", () => {
  it("has its words, but not what follows a secret's flag", () => {
    expect(redactArgv(["mysql", "--password", "hunter22", "-u", "ann"])).toEqual([
      ...["mysql", "--password", HIDDEN, "-u", "ann"],
    ]);
    expect(redactArgv(["env", "API_TOKEN=hunter22", "--token=abc", "ls", "-l"])).toEqual([
      ...["env", `API_TOKEN=${HIDDEN}`, `--token=${HIDDEN}`, "ls", "-l"],
    ]);
    expect(redactText(`curl -H "Authorization: Bearer ${"x".repeat(43)}"`)).not.toContain("xxx");
  });
});
