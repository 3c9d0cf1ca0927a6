import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvField } from "./csv.ts";

/** What a reader by RFC 4180 makes of one field. */
function read(field: string): string {
  return field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
}

describe("a field of the CSV", () => {
  it.each([
    ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
    ["+1", "'+1"],
    ["-1+1", "'-1+1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["a,b", '"a,b"'],
    ["two\nlines", '"two\nlines"'],
    ["plain", "plain"],
    [7, "7"],
    [undefined, ""],
  ])("%s becomes %s", (value, field) => {
    expect(csvField(value)).toBe(field);
  });

  it("reads as the text that it was, and never as a formula", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const field = csvField(text);
        expect(field.startsWith('"') || !/[",\r\n]/.test(field)).toBe(true);
        expect(read(field).replace(/^'(?=[=+\-@\t\r\n])/, "")).toBe(
          text.replace(/^'(?=[=+\-@\t\r\n])/, ""),
        );
        expect(read(field)).not.toMatch(/^[=+\-@\t\r\n]/);
      }),
    );
  });
});
