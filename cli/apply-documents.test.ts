import { describe, expect, it } from "vitest";
import { type AnyKind, apiVersionOf } from "../core/model/kinds.ts";
import { FleetError } from "../core/std/errors.ts";
import { documentsOf, inOrder } from "./apply-documents.ts";

const FLEET = "apiVersion: agones.dev/v1\nkind: Fleet\nmetadata: { name: a }\n";

function refusal(text: string): FleetError {
  try {
    documentsOf("f.yaml", text);
  } catch (error) {
    if (error instanceof FleetError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("documentsOf", () => {
  it("reads several documents, skips empty ones, and takes lists apart", () => {
    const list = JSON.stringify({
      apiVersion: "v1",
      kind: "List",
      items: [{ apiVersion: "flotilla.dev/v1", kind: "Network" }],
    });
    const found = documentsOf("f.yaml", `${FLEET}---\n---\n# nothing\n---\n${list}\n`);
    expect(found.map(({ kind }) => kind)).toEqual(["Fleet", "Network"]);
  });

  it.each([
    ["text that is no YAML, with its line", "a: [1\nb: 2\n", /^f\.yaml: .*line \d+/],
    ["a document that is no object", "- 1\n", "f.yaml: a resource must be an object"],
    ["a document without a kind", "metadata: {}\n", "f.yaml: has no kind"],
    [
      "a wrong apiVersion",
      FLEET.replace("v1", "v2"),
      "f.yaml: apiVersion of a Fleet must be agones.dev/v1",
    ],
    [
      "the second of two, by its number",
      `${FLEET}---\nkind: x\n`,
      "f.yaml, document 2: there is no kind x",
    ],
  ])("refuses %s", (_, text, message) => {
    const error = refusal(text);
    expect(error.code).toBe("INVALID");
    if (typeof message === "string") expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
  });

  it("proposes the kind that was probably meant", () => {
    expect(refusal(FLEET.replace("Fleet", "Flet")).details).toEqual({
      next: "did you mean Fleet?",
    });
  });

  it("refuses aliases that would blow up", () => {
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x,x]"];
    for (let i = 1; i < 8; i++) {
      const before = String.fromCharCode(96 + i);
      bomb.push(
        `${String.fromCharCode(97 + i)}: &${String.fromCharCode(97 + i)} [${`*${before},`.repeat(9)}*${before}]`,
      );
    }
    expect(refusal(`${bomb.join("\n")}\n`).message).toMatch(/alias/i);
  });
});

it("applies networks first and autoscalers last, and leaves the rest in order", () => {
  const of = (kind: string, name: string): string =>
    `apiVersion: ${apiVersionOf(kind as AnyKind)}\nkind: ${kind}\nmetadata: { name: ${name} }\n`;
  const text = [of("FleetAutoscaler", "a"), of("Fleet", "b"), of("Network", "c"), of("Fleet", "d")];
  const order = inOrder(documentsOf("f", text.join("---\n")));
  expect(order.map(({ value }) => value)).toMatchObject(
    ["c", "b", "d", "a"].map((name) => ({ metadata: { name } })),
  );
});
