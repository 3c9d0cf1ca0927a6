import { describe, expect, it } from "vitest";
import { settingsOf } from "./settings.ts";

describe("the environment of the meet service", () => {
  it("needs nothing: everything has its usual place", () => {
    const settings = settingsOf({ HOME: "/home/ann" }, 0);
    expect(settings).toMatchObject({ host: "127.0.0.1", port: 8710, gameEndpoint: "" });
    expect(Object.values(settings.services).map(String)).toEqual([
      "http://127.0.0.1:8711/",
      "http://127.0.0.1:8712/",
      "http://127.0.0.1:8713/",
    ]);
    expect(settings.tokenFile).toBe("/var/lib/flotilla/meet/operator.token");
  });

  it.each([
    ["LOGIN_URL", "127.0.0.1:8711"],
    ["ASSET_URL", "ftp://127.0.0.1"],
    ["ROOM_URL", "http://ann:secret@127.0.0.1"],
    ["ROOM_URL", "http://127.0.0.1/?a=b"],
    ["MEET_GAME_ENDPOINT", "https://{host}/{port}"],
    ["MEET_GAME_ENDPOINT", "wss://games.example.org/"],
    ["MEET_CONNECT", "ws: ; script-src *"],
    ["MEET_BODY_MIB", "0"],
    ["MEET_PORT", "65536"],
  ])("names %s when it is %s", (name, text) => {
    expect(() => settingsOf({ [name]: text }, 0)).toThrow(name);
  });

  it("takes a place behind a proxy for the games, and a list of places for pages to connect to", () => {
    const env = {
      MEET_GAME_ENDPOINT: "wss://{host}/{port}",
      MEET_CONNECT: "wss://*.example.org:*",
    };
    expect(settingsOf(env, 0)).toMatchObject({
      gameEndpoint: "wss://{host}/{port}",
      connectSources: "wss://*.example.org:*",
    });
  });
});
