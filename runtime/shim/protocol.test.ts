import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isFleetError } from "../../core/std/errors.ts";
import {
  ERROR,
  FIELD_HEADER_BYTES,
  MESSAGE_BYTES_MAX,
  MESSAGE_FIELDS_MAX,
  MESSAGE_HEADER_BYTES,
  OP,
  PROTOCOL_VERSION,
  shimError,
  TAG,
} from "./protocol.ts";

const header = readFileSync(join(import.meta.dirname, "protocol.h"), "utf8");

function tableOf(name: string): Record<string, number> {
  const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(header)?.[1] ?? "";
  const rows = [...body.matchAll(/^ {2}[A-Z]+?_(\w+) = (\d+),$/gm)];
  return Object.fromEntries(rows.map(([, key, value]) => [key, Number(value)]));
}

function numberOf(name: string): number {
  const text = new RegExp(`#define ${name} (.+)`).exec(header)?.[1] ?? "";
  return text
    .replace(/[()]/g, "")
    .split("*")
    .reduce((product, factor) => product * Number(factor), 1);
}

describe("the tables of the shim's socket", () => {
  it.each([
    ["op", OP],
    ["tag", TAG],
    ["error", ERROR],
  ])("says the same in C and in TypeScript: enum %s", (name, table) => {
    const found = tableOf(name);
    expect(Object.keys(found).length).toBeGreaterThan(5);
    expect(table).toEqual(found);
    expect(new Set(Object.values(found)).size).toBe(Object.keys(found).length);
  });

  it("has the same bounds on both sides", () => {
    expect(PROTOCOL_VERSION).toBe(numberOf("PROTOCOL_VERSION"));
    expect(MESSAGE_BYTES_MAX).toBe(numberOf("MESSAGE_BYTES_MAX"));
    expect(MESSAGE_FIELDS_MAX).toBe(numberOf("MESSAGE_FIELDS_MAX"));
    expect(MESSAGE_HEADER_BYTES).toBe(numberOf("MESSAGE_HEADER_BYTES"));
    expect(FIELD_HEADER_BYTES).toBe(numberOf("FIELD_HEADER_BYTES"));
  });

  it("turns the shim's code into the house's error, and an unknown code into INTERNAL", () => {
    expect(isFleetError(shimError(ERROR.NOT_FOUND, "no such"), "NOT_FOUND")).toBe(true);
    expect(isFleetError(shimError(999, "new"), "INTERNAL")).toBe(true);
  });
});
