import { expect, it } from "vitest";
import { settingsOf } from "./settings.ts";

it("takes ports and habits from the environment, and has a default for each", () => {
  expect(settingsOf({})).toEqual({
    host: "0.0.0.0",
    webSocketPort: 7654,
    udpPort: 7655,
    reuse: "stay",
    emptyMs: 10_000,
    tokensWanted: "optional",
    hasSdk: false,
  });
  expect(
    settingsOf({ FLOTILLA_PORT_GAME: "0", ARENA_REUSE: "ready", AGONES_SDK_GRPC_PORT: "9357" }),
  ).toMatchObject({ webSocketPort: 0, reuse: "ready", hasSdk: true });
});

it.each([
  ["FLOTILLA_PORT_UDP", "70000"],
  ["FLOTILLA_PORT_GAME", "x"],
  ["ARENA_REUSE", "maybe"],
  ["ARENA_TOKENS", "never"],
])("says which value makes no sense: %s=%s", (name, value) => {
  expect(() => settingsOf({ [name]: value })).toThrow(name);
});

it("wants no tokens when there is nobody who gives them", () => {
  expect(() => settingsOf({ ARENA_TOKENS: "required" })).toThrow("no platform");
  const env = { ARENA_TOKENS: "required", AGONES_SDK_GRPC_PORT: "9357" };
  expect(settingsOf(env)).toMatchObject({ tokensWanted: "required" });
});
