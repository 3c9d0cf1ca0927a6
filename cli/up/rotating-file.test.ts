import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { RotatingFile } from "./rotating-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("never holds more than its bound twice, and keeps the newest", () => {
  const path = join(folder, "a.log");
  using file = new RotatingFile(path, 10);
  for (const word of ["one-", "two-", "three-", "four-", "five-"]) file.write(Buffer.from(word));
  expect(readFileSync(path, "utf8")).toBe("four-five-");
  expect(readFileSync(`${path}.1`, "utf8")).toBe("three-");
});

it("goes on where an earlier run ended", () => {
  const path = join(folder, "a.log");
  for (const word of ["one-", "two-"]) {
    using file = new RotatingFile(path, 10);
    file.write(Buffer.from(word));
  }
  expect(readFileSync(path, "utf8")).toBe("one-two-");
});
