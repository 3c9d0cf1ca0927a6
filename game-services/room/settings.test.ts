import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { settingsOf } from "./settings.ts";

const read = (file: string): string => readFileSync(join(import.meta.dirname, file), "utf8");

it("has a default for everything, in the state folder of the platform", () => {
  expect(settingsOf({ XDG_DATA_HOME: "/data" }, 1000)).toMatchObject({
    ...{ host: "127.0.0.1", port: 8713, fleet: "maps", seats: 100, waitMs: 10_000 },
    documents: "file:///data/flotilla/room/room.db",
    tokenFile: "/data/flotilla/room/operator.token",
    allocateTokenFile: "/data/flotilla/allocate.token",
    ...{ loginUrl: "http://127.0.0.1:8711", assetUrl: "http://127.0.0.1:8712" },
    flotillaUrl: "http://127.0.0.1:8700",
  });
  expect(settingsOf({}, 0).tokenFile).toBe("/var/lib/flotilla/room/operator.token");
});

it.each([
  ["ROOM_PORT", "70000"],
  ["ROOM_SEATS", "0"],
  ["ROOM_WAIT_SECONDS", "300"],
  ["ROOM_LOG_LEVEL", "loud"],
  ["LOGIN_URL", "file:///etc"],
  ["FLOTILLA_API", "nowhere"],
])("says which value makes no sense: %s=%s", (name, value) => {
  expect(() => settingsOf({ [name]: value }, 0)).toThrow(name);
});

it("is told of in full by --help and by the guide", () => {
  const namesIn = (text: string): string[] =>
    [...new Set(text.match(/(ROOM_[A-Z_]+|LOGIN_URL|ASSET_URL|FLOTILLA_API)/g))].sort();
  const names = namesIn(read("settings.ts"));
  expect(names.length).toBeGreaterThan(10);
  expect(namesIn(read("main.ts"))).toEqual(names);
  expect(namesIn(read("../../docs/maps.md"))).toEqual(names);
});
