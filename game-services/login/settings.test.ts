import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { settingsOf } from "./settings.ts";

const read = (file: string): string => readFileSync(join(import.meta.dirname, file), "utf8");

it("has a default for everything, in the state folder of the platform", () => {
  expect(settingsOf({ XDG_DATA_HOME: "/data" }, 1000)).toMatchObject({
    host: "127.0.0.1",
    port: 8711,
    documents: "file:///data/flotilla/login/login.db",
    keyFile: "/data/flotilla/login/keys.json",
    accessSeconds: 900,
  });
  expect(settingsOf({}, 0).keyFile).toBe("/var/lib/flotilla/login/keys.json");
  expect(settingsOf({ FLOTILLA_STATE: "/s", LOGIN_PORT: "0" }, 0)).toMatchObject({
    documents: "file:///s/login/login.db",
    port: 0,
  });
});

it.each([
  ["LOGIN_PORT", "70000"],
  ["LOGIN_ACCESS_SECONDS", "1"],
  ["LOGIN_LOG_LEVEL", "loud"],
])("says which value makes no sense: %s=%s", (name, value) => {
  expect(() => settingsOf({ [name]: value }, 0)).toThrow(name);
});

it("is told of in full by --help and by the guide", () => {
  const namesIn = (text: string): string[] => [...new Set(text.match(/LOGIN_[A-Z_]+/g))].sort();
  const names = namesIn(read("settings.ts"));
  expect(names.length).toBeGreaterThan(10);
  expect(namesIn(read("main.ts"))).toEqual(names);
  expect(namesIn(read("../../docs/login.md"))).toEqual(names);
});
