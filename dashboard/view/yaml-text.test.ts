import { describe, expect, it } from "vitest";
import { editable, lineOf, parsed, toSend } from "./yaml-text.ts";

const FLEET = {
  apiVersion: "agones.dev/v1",
  kind: "Fleet",
  metadata: {
    name: "arena",
    namespace: "default",
    uid: "u",
    resourceVersion: "12",
    generation: 3,
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { game: "arena" },
  },
  spec: { replicas: 3, template: { spec: { ports: [{ name: "game", containerPort: 7654 }] } } },
  status: { replicas: 3 },
};

describe("the text of an object", () => {
  it("holds what a person writes, and nothing that the server keeps", () => {
    const text = editable(FLEET);
    expect(text).toContain("replicas: 3");
    expect(text).not.toMatch(/status|uid|resourceVersion|generation|creationTimestamp/);
    expect(parsed(text).object).toEqual({
      apiVersion: "agones.dev/v1",
      kind: "Fleet",
      metadata: { name: "arena", namespace: "default", labels: { game: "arena" } },
      spec: FLEET.spec,
    });
  });

  it("is sent on top of the version that was read", () => {
    const { object = {} } = parsed(editable(FLEET));
    expect(toSend(object, "12")).toMatchObject({
      metadata: { name: "arena", resourceVersion: "12" },
    });
  });

  it.each([
    ["a: [1,", 1],
    ["a: 1\nb: 2\n\tc: 3", 3],
    ["- one\n- two", 1],
    ["just words", 1],
    ["", 1],
  ])("that says no object names the line: %j", (text, line) => {
    const { object, problems } = parsed(text);
    expect(object).toBeUndefined();
    expect(problems?.[0]?.line).toBe(line);
  });

  it("leads from a field to its line, or to that of what is around it", () => {
    const text = editable(FLEET);
    const lines = text.split("\n");
    const at = (field: string): string => lines[lineOf(text, field) - 1]?.trim() ?? "";
    expect(at("spec.replicas")).toBe("replicas: 3");
    expect(at("spec.template.spec.ports[0].containerPort")).toBe("containerPort: 7654");
    expect(at("spec.template.spec.ports[0].gone")).toBe("- name: game");
    expect(at("metadata.labels.game")).toBe("game: arena");
    expect(lineOf(text, "")).toBe(0);
  });
});
