import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { settingsOf } from "./settings.ts";

const read = (file: string): string => readFileSync(join(import.meta.dirname, file), "utf8");

it("has a default for everything, in the state folder of the platform", () => {
  expect(settingsOf({ XDG_DATA_HOME: "/data" }, 1000)).toMatchObject({
    host: "127.0.0.1",
    port: 8712,
    documents: "file:///data/flotilla/asset/asset.db",
    files: "/data/flotilla/asset/files",
    loginUrl: "http://127.0.0.1:8711",
    thumbnailBytesMax: 1_048_576,
  });
  expect(settingsOf({}, 0).tokenFile).toBe("/var/lib/flotilla/asset/operator.token");
  expect(settingsOf({ FLOTILLA_STATE: "/s", ASSET_FILES: "/f" }, 0)).toMatchObject({
    documents: "file:///s/asset/asset.db",
    files: "/f",
  });
});

it.each([
  ["ASSET_PORT", "70000"],
  ["ASSET_THUMBNAIL_KIB", "0"],
  ["LOGIN_URL", "file:///etc"],
  ["LOGIN_URL", "nowhere"],
  ["ASSET_LOG_LEVEL", "loud"],
])("says which value makes no sense: %s=%s", (name, value) => {
  expect(() => settingsOf({ [name]: value }, 0)).toThrow(name);
});

it("is told of in full by --help and by the guide", () => {
  const namesIn = (text: string): string[] =>
    [...new Set(text.match(/(ASSET_[A-Z_]+|LOGIN_URL)/g))].sort();
  const names = namesIn(read("settings.ts"));
  expect(names.length).toBeGreaterThan(10);
  expect(namesIn(read("main.ts"))).toEqual(names);
  expect(namesIn(read("../../docs/asset.md"))).toEqual(names);
});
