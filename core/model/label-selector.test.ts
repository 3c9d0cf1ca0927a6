import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FleetError } from "../std/errors.ts";
import type { GameServerSelector } from "./allocation.ts";
import { compileSelector, signatureOf } from "./label-selector.ts";
import { parseFieldSelector, parseLabelSelector } from "./parse-selector.ts";

const LABELS = { app: "arena", tier: "gold", empty: "" };
const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof FleetError && error.code === "BAD_REQUEST") return error.message;
    throw error;
  }
  throw new Error("it was not refused");
};

describe("a label selector in words", () => {
  // biome-ignore format: a table is read by its rows
  it.each([
    ["", true], ["app=arena", true], ["app==arena", true], ["app=other", false], ["none=arena", false],
    ["app!=other", true], ["app!=arena", false], ["none!=arena", true],
    ["app in (arena, b)", true], ["app in (a,b)", false], ["none in (a)", false],
    ["app notin (a,b)", true], ["app notin (arena)", false], ["none notin (a)", true],
    ["app", true], ["none", false], ["!none", true], ["!app", false],
    ["empty=", true], ["empty in ()", true], [" app = arena , tier in (gold,silver) , !none ", true],
    ["app=arena,tier=silver", false], ["agones.dev/fleet=arena", false], ["toString", false],
  ])("finds with %j: %j", (text, expected) => {
    expect(compileSelector(parseLabelSelector(text))(LABELS)).toBe(expected);
  });

  it.each([
    ["a=b,,c", '"" is no label\'s name'],
    ["a=b=c", '"b=c" is no label\'s value'],
    ["a b", '"a b" is no label\'s name'],
    ["a in (b", '"a in (b" is no label\'s name'],
    ["a>1", '"a>1" is no label\'s name'],
    ["-a=1", '"-a" is no label\'s name'],
    [`${"a".repeat(9_000)}`, "it is longer than 8192"],
  ])("refuses %j", (text, why) => {
    expect(messageOf(() => parseLabelSelector(text))).toContain(why);
  });

  it("takes or refuses any text with a bad request", () => {
    const letters = fc.constantFrom(..."ab=!,() innot/.-");
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 30 }), (text) => {
        try {
          compileSelector(parseLabelSelector(text))(LABELS);
          parseFieldSelector(text);
        } catch (error) {
          expect(error).toBeInstanceOf(FleetError);
        }
      }),
    );
  });
});

describe("a compiled selector", () => {
  it.each<[GameServerSelector, object | undefined, boolean]>([
    [{}, undefined, true],
    [{ matchLabels: { app: "arena" } }, LABELS, true],
    [{ matchLabels: { app: "arena" } }, undefined, false],
    [{ matchLabels: { app: "arena", tier: "x" } }, LABELS, false],
    [{ matchLabels: { constructor: "x" } }, LABELS, false],
    [{ matchExpressions: [{ key: "app", operator: "In", values: ["arena"] }] }, LABELS, true],
    [{ matchExpressions: [{ key: "app", operator: "NotIn", values: ["arena"] }] }, {}, true],
    [{ matchExpressions: [{ key: "toString", operator: "Exists" }] }, {}, false],
    [{ matchExpressions: [{ key: "app", operator: "DoesNotExist" }] }, undefined, true],
  ])("of %j on %j says %j", (selector, labels, expected) => {
    expect(compileSelector(selector)(labels as Record<string, string> | undefined)).toBe(expected);
  });
});

describe("a selector's signature", () => {
  it("is the same in any order, and another for another selector", () => {
    const a: GameServerSelector = {
      matchLabels: { x: "1", y: "2" },
      matchExpressions: [
        { key: "k", operator: "In", values: ["b", "a", "a"] },
        { key: "j", operator: "Exists" },
      ],
    };
    const b: GameServerSelector = {
      matchExpressions: [
        { key: "j", operator: "Exists" },
        { key: "k", operator: "In", values: ["a", "b"] },
      ],
      matchLabels: { y: "2", x: "1" },
      gameServerState: "Ready",
    };
    expect(signatureOf(a)).toBe(signatureOf(b));
    expect(signatureOf(a)).toBe("Ready;x=1;y=2;j Exists ();k In (a,b)");
    const others = [
      { ...a, gameServerState: "Allocated" as const },
      { matchLabels: { x: "1" } },
      {},
    ];
    expect(new Set([a, ...others].map(signatureOf)).size).toBe(4);
  });
});

describe("a field selector", () => {
  const server = {
    metadata: { name: "a", namespace: "default" },
    status: { state: "Ready", nodeName: "" },
  };
  it.each([
    ["", true],
    ["metadata.name=a", true],
    ["metadata.name=a,status.state=Ready", true],
    ["status.state!=Ready", false],
    ["status.state==Ready", true],
    ["status.nodeName=", true],
    ["spec.nodeName=b", false],
  ])("finds with %j: %j", (text, expected) => {
    expect(parseFieldSelector(text)(server)).toBe(expected);
  });

  it("names the fields that it knows", () => {
    const message = messageOf(() => parseFieldSelector("spec.replicas=1"));
    expect(message).toContain('"spec.replicas" is not metadata.name, ');
    expect(messageOf(() => parseFieldSelector("x"))).toContain('"x" is not field=value');
  });
});
