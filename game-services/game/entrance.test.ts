import { beforeAll, describe, expect, it } from "vitest";
import { type Admission, Entrance, type JoinOptions, type TokensWanted } from "./entrance.ts";
import { shownWith, TokenSigner } from "./join-keys.fixture.ts";
import { JoinTokens } from "./join-tokens.ts";

const tokens = new JoinTokens({ now: Date.now, usedMax: 100, keysWaitMs: 1, waitersMax: 10 });
let signer: TokenSigner;
beforeAll(async () => {
  signer = await TokenSigner.make("key-1");
  tokens.show(shownWith("uid-1", signer));
});
const admit = (wanted: TokensWanted, options: JoinOptions): Promise<Admission> =>
  new Entrance({ wanted, tokens }).admit(options);

describe("the entrance", () => {
  it("turns everybody away without a token when tokens are required", async () => {
    await expect(admit("required", { name: "guest" })).rejects.toThrow("join refused: NoToken");
    const options = { token: await signer.sign({ room: "arena-x" }) };
    expect(await admit("required", options)).toMatchObject({ claims: { room: "arena-x" } });
  });

  it("believes no token when nobody told it keys", async () => {
    const options = { token: await signer.sign() };
    await expect(new Entrance({ wanted: "optional" }).admit(options)).rejects.toThrow(
      "join refused: NotReady",
    );
  });

  it("says itself which room it is and how many it takes, and keeps no token", async () => {
    const guest: JoinOptions = { cap: 5 };
    await admit("optional", guest);
    expect(guest).toEqual({ room: "", cap: undefined });
    const ann: JoinOptions = { token: await signer.sign({ room: "arena-x", cap: 3 }), cap: 99 };
    await admit("optional", ann);
    expect(ann).toEqual({ room: "arena-x", cap: 3 });
  });

  it("takes a token once for one request, however often Colyseus asks for it", async () => {
    const entrance = new Entrance({ wanted: "required", tokens });
    const options: JoinOptions = { token: await signer.sign({ room: "arena-x" }) };
    const first = await entrance.admit(options);
    expect(await entrance.admit(options)).toBe(first);
  });
});
