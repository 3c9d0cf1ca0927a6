import { describe, expect, it } from "vitest";
import { decideAccess, readSession, sessionWith } from "./decide-session.ts";
import { Failure, failureOf, isSignedOut } from "./failure.ts";

const NOW = 1_800_000_000_000;
const USER = { user_id: "Ann", nickname: "앤", email: "not kept" };
const kept = sessionWith(USER, { access_token: "a", refresh_token: "r", expires_in: 900 }, NOW);

describe("the session that a browser keeps", () => {
  it.each([
    ["used while it is good", kept, 0, undefined, "use"],
    ["traded before it ends", kept, 845_000, undefined, "trade"],
    ["traded when a service did not take it", kept, 0, "a", "trade"],
    ["used when a service did not take the one before", kept, 0, "older", "use"],
    ["traded when the clock was set back by years", kept, -1e11, undefined, "trade"],
    ["none when nobody is logged in", undefined, 0, undefined, "none"],
  ] as const)("is %s", (_, session, laterMs, refused, decision) => {
    expect(decideAccess(session, NOW + laterMs, refused)).toBe(decision);
  });

  it("uses most of a token's life, however short that is", () => {
    const short = sessionWith(USER, { access_token: "a", refresh_token: "r", expires_in: 10 }, NOW);
    expect(short.expires_at - NOW).toBe(7_500);
  });

  it("is read back as it was, without what is not needed, and nothing else is taken for one", () => {
    expect(readSession(JSON.stringify(kept))).toEqual(kept);
    expect(kept).not.toHaveProperty("email");
    for (const text of [
      null,
      "",
      "x",
      "null",
      "{}",
      "[]",
      '{"user_id":1}',
      JSON.stringify({ ...kept, expires_at: "1" }),
    ])
      expect(readSession(text)).toBeUndefined();
  });
});

describe("a failure", () => {
  it("is what the envelope says, with the fields that are wrong", () => {
    const body = {
      code: 0,
      message: "bad request",
      details: [{ path: "email", message: "…" }],
      request_id: "r1",
    };
    expect(failureOf(400, body, null)).toMatchObject({
      status: 400,
      text: "bad request",
      fields: ["email"],
      requestId: "r1",
    });
    expect(failureOf(503, body, "7").retryAfterSeconds).toBe(7);
  });

  it.each([undefined, null, "text", 7, { message: 7 }, { details: "x" }])(
    "is known by its status when something on the way answers %j",
    (body) => {
      expect(failureOf(502, body, "soon")).toMatchObject({ text: "http 502", fields: [] });
    },
  );

  it("ends the session only when a service says so", () => {
    expect(isSignedOut(new Failure(401, "token expired"))).toBe(true);
    expect(isSignedOut(new Failure(0, "network"))).toBe(false);
    expect(isSignedOut(new Error("401"))).toBe(false);
  });
});
