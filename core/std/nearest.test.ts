import { describe, expect, it } from "vitest";
import { editDistance, nearestName } from "./nearest.ts";

describe("nearestName", () => {
  it.each([
    ["finds a name with a letter missing", "replcas", ["replicas", "strategy"], "replicas"],
    ["ignores case", "hostport", ["hostPort", "containerPort"], "hostPort"],
    ["takes the nearest of several", "porst", ["post", "ports", "part"], "post"],
    ["says nothing when nothing is near", "colour", ["image", "ports"], undefined],
    ["knows no name when there is none", "x", [], undefined],
  ] as const)("%s", (_, word, known, expected) => {
    expect(nearestName(word, known)).toBe(expected);
  });

  it("counts edits the same way from both sides", () => {
    expect(editDistance("kitten", "sitting")).toBe(3);
    expect(editDistance("sitting", "kitten")).toBe(3);
    expect(editDistance("", "abc")).toBe(3);
  });
});
