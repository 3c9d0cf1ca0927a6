import { describe, expect, it } from "vitest";
import { FlotillaError } from "../../../client/errors.ts";
import { Failure } from "../net/failure.ts";
import { failureText, refusedText, requestIdOf } from "./failure-text.ts";
import { FAILURES } from "./failures.ts";
import { languageOf, textsFor } from "./texts.ts";
import { WORDS } from "./words.ts";

describe("the page's texts", () => {
  const rows = Object.entries({ ...WORDS, ...FAILURES });
  it.each(["en", "ko"] as const)(
    "are all there in %s, and say the same with the same parts",
    (language) => {
      const texts = textsFor(language) as unknown as Record<string, unknown>;
      for (const [name, [en, ko]] of rows) {
        const text = texts[name];
        expect([name, typeof text, String(text).trim()]).not.toContain("");
        expect([name, typeof en, en.length > 0]).toEqual([name, typeof ko, ko.length > 0]);
        if (typeof en === "function") expect([name, en.length]).toEqual([name, ko.length]);
      }
    },
  );

  it("are Korean where they should be: every sentence has Hangul in it", () => {
    const foreign = rows.filter(([, [, ko]]) => typeof ko === "string" && !/[가-힣]/.test(ko));
    expect(foreign.map(([name]) => name)).toEqual(["language", "languageLabel", "pictureHint"]);
  });

  it.each([
    [null, ["ko-KR", "en"], "ko"],
    [null, ["de", "ko"], "ko"],
    [null, ["fr", "de"], "en"],
    [null, [], "en"],
    ["en", ["ko"], "en"],
    ["xx", ["KO"], "ko"],
  ] as const)(
    "are chosen by the player (%s), then by the browser (%j): %s",
    (chosen, wanted, expected) => {
      expect(languageOf(chosen, wanted)).toBe(expected);
    },
  );
});

describe("what went wrong", () => {
  it.each([
    [new Failure(401, "password mismatch"), "wrongPassword"],
    [new Failure(409, "user already exists"), "userTaken"],
    [new Failure(401, "token reused"), "signedOutElsewhere"],
    [new Failure(401, "token revoked"), "signedOut"],
    [new Failure(503, "the room service is away"), "roomAway"],
    [new Failure(503, "something new"), "busy"],
    [new Failure(0, "network"), "network"],
    [new Failure(418, "teapot"), "other"],
    [
      new FlotillaError("UNAVAILABLE", "x", { cause: new Failure(503, "no game server is free") }),
      "full",
    ],
    [new FlotillaError("REFUSED", "join refused: MapGone"), "mapGone"],
    [new FlotillaError("REFUSED", "join refused: Busy"), "gameAway"],
    [new FlotillaError("REFUSED", "join refused: Full"), "full"],
    [new FlotillaError("REFUSED", "join refused: New"), "forbidden"],
    [new FlotillaError("NETWORK", "the connection failed"), "network"],
    ["closed with 4101: came in anew", "elsewhere"],
    ["closed with 1006", "lost"],
    [new TypeError("a bug"), "other"],
  ] as const)("%s is told as %s", (error, text) => {
    expect(failureText(error)).toBe(text);
  });

  it("comes with a number for support only where nobody expected it", () => {
    expect(requestIdOf(new Failure(500, "x", { requestId: "r1" }))).toBe("r1");
    expect(requestIdOf(new Failure(503, "x", { requestId: "r1" }))).toBeUndefined();
    expect(requestIdOf(new Failure(404, "x", { requestId: "r1" }))).toBeUndefined();
    expect(requestIdOf(new Error("x"))).toBeUndefined();
  });

  it("is told for what the game refused", () => {
    expect(["place", "whisper", "new"].map(refusedText)).toEqual([
      "notPlaced",
      "notWhispered",
      "other",
    ]);
  });
});
