import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { SettingsReader } from "./settings.ts";

it("takes what is there and falls back where it is not, or empty", () => {
  const read = new SettingsReader({ A: "x", N: "7", EMPTY: "", W: "debug" });
  expect([read.text("A", "y"), read.text("B", "y"), read.text("EMPTY", "y")]).toEqual([
    "x",
    "y",
    "y",
  ]);
  expect([read.number("N", 1, 0, 9), read.number("EMPTY", 1, 0, 9)]).toEqual([7, 1]);
  expect(read.oneOf("W", "info", ["info", "debug"])).toBe("debug");
});

it.each(["10", "-1", "1.5", "x", "1e3", " 1"])(
  "refuses the number %j in a sentence that names the variable",
  (text) => {
    const read = new SettingsReader({ N: text });
    expect(() => read.number("N", 1, 0, 9)).toThrow(
      `N is a whole number from 0 to 9, found "${text}"`,
    );
  },
);

it("refuses an unknown word and names the known ones", () => {
  const read = new SettingsReader({ W: "loud" });
  expect(() => read.oneOf("W", "info", ["info", "debug"])).toThrow(
    'W is info or debug, found "loud"',
  );
});

it("takes what may hold a password from a file that a variable names, and from one place only", () => {
  const folder = mkdtempSync(join(tmpdir(), "settings-"));
  const file = join(folder, "url");
  writeFileSync(file, "mongodb://ann:secret@db/game\n");
  const of = (env: Record<string, string>): string =>
    new SettingsReader(env).secret("DB", "file:///x");
  expect(of({ DB_FILE: file })).toBe("mongodb://ann:secret@db/game");
  expect(of({ DB: "file:///y" })).toBe("file:///y");
  expect(of({ DB_FILE: "" })).toBe("file:///x");
  expect(() => of({ DB: "file:///y", DB_FILE: file })).toThrow("DB and DB_FILE are both set");
  writeFileSync(file, "\n");
  expect(() => of({ DB_FILE: file })).toThrow(`DB_FILE names ${file}, whose first line is empty`);
  expect(() => of({ DB_FILE: join(folder, "nowhere") })).toThrow("ENOENT");
  rmSync(folder, { recursive: true });
});
