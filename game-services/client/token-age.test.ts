import { expect, it } from "vitest";
import { TokenSigner } from "../game/join-keys.fixture.ts";
import { tokenLifeMs } from "./token-age.ts";

it("reads from a token how long it is good, less the way to the game, whatever time it is here", async () => {
  const signer = await TokenSigner.make("key-1");
  expect(tokenLifeMs(await signer.sign({ iat: 0, exp: 60 }))).toBe(55_000);
  expect(tokenLifeMs(await signer.sign({ iat: 4_000_000_000, exp: 4_000_000_003 }))).toBe(0);
  expect(tokenLifeMs(await signer.sign({ sub: "아리 ÿ~?>", iat: 1, exp: 31 }))).toBe(25_000);
});

it.each(["", "a.b.c", "a.e30.c", `a.${btoa('{"iat":"x","exp":9}')}.c`])(
  "takes for used up what is no token: %s",
  (text) => {
    expect(tokenLifeMs(text)).toBe(0);
  },
);
