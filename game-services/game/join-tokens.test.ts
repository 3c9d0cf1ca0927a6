import { SignJWT } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { shownClosing, shownWith, TokenSigner, type Wanted } from "./join-keys.fixture.ts";
import { JoinRefused, JoinTokens } from "./join-tokens.ts";

let signer: TokenSigner;
let next: TokenSigner;
let tokens: JoinTokens;
let now: number;
beforeAll(async () => {
  [signer, next] = await Promise.all([TokenSigner.make("key-1"), TokenSigner.make("key-2")]);
});
beforeEach(() => {
  now = Date.now();
  tokens = tokensOf({});
  tokens.show(shownWith("uid-1", signer));
});

function tokensOf(options: { usedMax?: number; keysWaitMs?: number; waitersMax?: number }) {
  const { usedMax = 100, keysWaitMs = 1, waitersMax = 10 } = options;
  return new JoinTokens({ now: () => now, usedMax, keysWaitMs, waitersMax });
}
/** The reason word, or "in". */
function outcomeOf(taking: Promise<unknown>): Promise<string> {
  return taking.then(
    () => "in",
    (error: unknown) => (error instanceof JoinRefused ? error.reason : String(error)),
  );
}
const seconds = (ago: number): number => Math.floor(now / 1000) - ago;

describe("a join token", () => {
  it("lets its player into its room, and says who and where", async () => {
    const claims = await tokens.take(await signer.sign(), { room: "arena-abcde" });
    expect(claims).toMatchObject({
      sub: "ann",
      ns: "default",
      room: "arena-abcde",
      seat: "s000000000001",
      cap: 2,
      attrs: { mode: "duel" },
    });
  });

  it("may say as much of its room as a room can have", async () => {
    const long = (i: number) => [`${"d".repeat(253)}/${i}${"k".repeat(60)}`, "v".repeat(63)];
    const attrs = Object.fromEntries(Array.from({ length: 16 }, (_, i) => long(i)));
    expect(await tokens.take(await signer.sign({ attrs }))).toMatchObject({ attrs });
  });

  it.each<[string, Wanted, string]>([
    ["another server's", { aud: "uid-2" }, "WrongServer"],
    ["one for another room", { room: "arena-other" }, "WrongRoom"],
    ["somebody else's issue", { iss: "other" }, "WrongIssuer"],
    ["one with a key that is not here", { kid: "key-9" }, "UnknownKey"],
    ["one without a player", { sub: "" }, "Malformed"],
    ["one with a room of no size", { cap: 0 }, "Malformed"],
    ["one with a room of a text's size", { cap: "2" }, "Malformed"],
    ["one with attributes that are no texts", { attrs: { map: 7 } }, "Malformed"],
  ])("is refused when it is %s", async (_, wanted, reason) => {
    expect(await outcomeOf(tokens.take(await signer.sign(wanted), { room: "arena-abcde" }))).toBe(
      reason,
    );
    expect(tokens.remembered).toBe(0);
  });

  it("is refused when it has expired, five seconds later at the latest", async () => {
    const late = await signer.sign({ iat: seconds(64) });
    const tooLate = await signer.sign({ iat: seconds(66) });
    expect(await outcomeOf(tokens.take(late))).toBe("in");
    expect(await outcomeOf(tokens.take(tooLate))).toBe("Expired");
  });

  it("is refused when another key signed it under a known name", async () => {
    const forged = await next.sign({ kid: "key-1" });
    expect(await outcomeOf(tokens.take(forged))).toBe("BadSignature");
  });

  it("is refused with any other algorithm, `none` among them", async () => {
    const part = (value: object): string =>
      Buffer.from(JSON.stringify(value)).toString("base64url");
    const [, claims = ""] = (await signer.sign()).split(".");
    const none = `${part({ alg: "none", kid: "key-1" })}.${claims}.`;
    expect(await outcomeOf(tokens.take(none))).toBe("WrongAlgorithm");
    const secret = Buffer.from(signer.publicKey.x ?? "", "base64url");
    const hmac = await new SignJWT({})
      .setProtectedHeader({ alg: "HS256", kid: "key-1" })
      .sign(secret);
    expect(await outcomeOf(tokens.take(hmac))).toBe("WrongAlgorithm");
  });

  it.each([
    [undefined, "NoToken"],
    ["", "NoToken"],
    [17, "Malformed"],
    ["a.b.c", "Malformed"],
    ["x".repeat(20_000), "Malformed"],
  ])("is refused when it is none: %s", async (token, reason) => {
    expect(await outcomeOf(tokens.take(token))).toBe(reason);
  });
});

describe("a token lets in once", () => {
  it("also when it comes twice at the same moment", async () => {
    const token = await signer.sign();
    const both = await Promise.all([token, token].map((one) => outcomeOf(tokens.take(one))));
    expect(both.sort()).toEqual(["Used", "in"]);
  });

  it("and is not used up by a room that it is not for", async () => {
    const token = await signer.sign();
    expect(await outcomeOf(tokens.take(token, { room: "arena-other" }))).toBe("WrongRoom");
    expect(await outcomeOf(tokens.take(token, { room: "arena-abcde" }))).toBe("in");
  });

  it("and is not used up by another player than its own", async () => {
    const token = await signer.sign();
    expect(await outcomeOf(tokens.take(token, { player: "ben" }))).toBe("OtherUser");
    expect(await outcomeOf(tokens.take(token, { player: "ann" }))).toBe("in");
  });

  it("and into no room that was closed, whatever the token says", async () => {
    tokens.show(shownClosing("uid-1", ["arena-older", "arena-abcde"], signer));
    expect(await outcomeOf(tokens.take(await signer.sign()))).toBe("RoomClosed");
    expect(await outcomeOf(tokens.take(await signer.sign({ room: "arena-other" })))).toBe("in");
    tokens.show(shownWith("uid-1", signer));
    expect([...tokens.closedRooms]).toEqual([]);
  });

  it("and is forgotten only when it has expired: who comes when the memory is full has to wait", async () => {
    tokens = tokensOf({ usedMax: 2 });
    tokens.show(shownWith("uid-1", signer));
    // By the clock of this test, however long it takes to sign.
    const sign = (): Promise<string> => signer.sign({ iat: seconds(0) });
    const [one, two, three] = await Promise.all([sign(), sign(), sign()]);
    const taken: string[] = [];
    for (const token of [one, two, three, one]) taken.push(await outcomeOf(tokens.take(token)));
    expect(taken).toEqual(["in", "in", "Busy", "Used"]);
    now += 66_000;
    expect(await outcomeOf(tokens.take(await sign()))).toBe("in");
    expect(tokens.remembered).toBe(1);
  });
});

describe("keys", () => {
  it("change while old tokens are still good", async () => {
    tokens.show(shownWith("uid-1", signer, next));
    expect(await outcomeOf(tokens.take(await signer.sign()))).toBe("in");
    expect(await outcomeOf(tokens.take(await next.sign()))).toBe("in");
    tokens.show(shownWith("uid-1", next));
    expect(await outcomeOf(tokens.take(await signer.sign()))).toBe("UnknownKey");
  });

  it("may be told after the first player is there, who waits for them", async () => {
    tokens = tokensOf({ keysWaitMs: 60_000 });
    const taking = outcomeOf(tokens.take(await signer.sign()));
    await new Promise((resolve) => setImmediate(resolve));
    tokens.show(shownWith("uid-1", next));
    tokens.show(shownWith("uid-1", next, signer));
    expect(await taking).toBe("in");
  });

  it("are waited for by so many and no more", async () => {
    tokens = tokensOf({ waitersMax: 1, keysWaitMs: 20 });
    const both = await Promise.all([signer.sign(), signer.sign()]);
    const taken = await Promise.all(both.map((token) => outcomeOf(tokens.take(token))));
    expect(taken.sort()).toEqual(["Busy", "NotReady"]);
  });

  it.each(["", "no json", "{}", "[1]", '[{"kid":7}]'])(
    "are none when the platform tells none: %s",
    async (text) => {
      tokens.show({
        objectMeta: { uid: "uid-1", annotationsMap: [["flotilla.dev/join-keys", text]] },
      });
      expect(await outcomeOf(tokens.take(await signer.sign()))).toBe("NotReady");
    },
  );
});
