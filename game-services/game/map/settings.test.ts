import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { settingsOf } from "./settings.ts";

it("takes where the other services are from the environment, and has a default for each but the secret", () => {
  expect(settingsOf({ ROOM_TOKEN: "secret" })).toMatchObject({
    loginUrl: "http://127.0.0.1:8711",
    roomUrl: "http://127.0.0.1:8713",
    roomToken: "secret",
    redisUrl: undefined,
    ticksPerSecond: 20,
    metricsPort: 7656,
    webSocketPort: 7654,
    udpPort: 7655,
    hasSdk: false,
  });
  const env = { ROOM_TOKEN: "s", MAP_METRICS_PORT: "0", MAP_REUSE: "shutdown" };
  expect(settingsOf(env)).toMatchObject({ metricsPort: undefined, reuse: "shutdown" });
});

it("shares rooms when it is told where, and how players get here", () => {
  const { redisUrl, publicAddress } = settingsOf(GOOD);
  expect([redisUrl, publicAddress]).toEqual([GOOD.REDIS_URL, GOOD.MAP_PUBLIC_ADDRESS]);
});

it("reads the secret from a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-map-"));
  const file = join(folder, "operator.token");
  writeFileSync(file, "from-a-file\n");
  expect(settingsOf({ ROOM_TOKEN_FILE: file }).roomToken).toBe("from-a-file");
  rmSync(folder, { recursive: true });
});

const GOOD = {
  ROOM_TOKEN: "secret",
  REDIS_URL: "redis://:password@127.0.0.1:6379/0",
  MAP_PUBLIC_ADDRESS: "games.example.com:7654",
};

it.each([
  ["ROOM_TOKEN", ""],
  ["LOGIN_URL", "ftp://login"],
  ["ROOM_URL", "nowhere"],
  ["MAP_TICKS", "0"],
  ["MAP_TICKS", "61"],
  ["MAP_METRICS_PORT", "x"],
  ["REDIS_URL", "http://redis"],
  ["MAP_PUBLIC_ADDRESS", ""],
])("says which value makes no sense: %s=%s", (name, value) => {
  expect(() => settingsOf({ ...GOOD, [name]: value })).toThrow(name);
});
