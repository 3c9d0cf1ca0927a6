import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTokens, readToken, TOKEN_SCOPES, tokenFileOf } from "./tokens.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-tokens-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("tokens of a state folder", () => {
  it("are made on the first start: 256 random bits each, readable by the owner only", async () => {
    await openTokens(folder);
    expect((await readdir(folder)).sort()).toEqual([
      "admin.token",
      "agent.token",
      "allocate.token",
    ]);
    const tokens = await Promise.all(
      TOKEN_SCOPES.map(async (scope) => {
        const path = join(folder, tokenFileOf(scope));
        expect((await stat(path)).mode & 0o777).toBe(0o600);
        return (await readFile(path, "utf8")).trim();
      }),
    );
    expect(new Set(tokens).size).toBe(3);
    for (const token of tokens) expect(Buffer.from(token, "base64url")).toHaveLength(32);
  });

  it("stay the same on the next start", async () => {
    await openTokens(folder);
    const before = await readToken(join(folder, "admin.token"));
    const again = await openTokens(folder);
    expect(await readToken(join(folder, "admin.token"))).toBe(before);
    expect(again.principalOf(`Bearer ${before}`)).toMatchObject({ kind: "file", scope: "admin" });
  });

  it("are the same for two processes that start at once", async () => {
    const both = await Promise.all([openTokens(folder), openTokens(folder)]);
    const token = await readToken(join(folder, "agent.token"));
    for (const tokens of both) expect(tokens.principalOf(`Bearer ${token}`)?.scope).toBe("agent");
    expect(await readdir(folder)).toHaveLength(3);
  });

  it("are refused when others may read them, or when the file holds something else", async () => {
    await openTokens(folder);
    const path = join(folder, "admin.token");
    await chmod(path, 0o640);
    await expect(openTokens(folder)).rejects.toThrow("admin.token can be read by others");
    await chmod(path, 0o600);
    await writeFile(path, "short");
    await expect(openTokens(folder)).rejects.toThrow("admin.token holds no token");
  });

  it("tell who asks, however the header is written, and nobody from anything else", async () => {
    const tokens = await openTokens(folder);
    const token = await readToken(join(folder, "allocate.token"));
    for (const header of [
      `Bearer ${token}`,
      `bearer ${token}`,
      `Bearer  ${token} `,
      `Bearer ${token}`,
    ])
      expect(tokens.principalOf(header)?.scope).toBe("allocate");
    const wrong = [undefined, "", "Bearer", "Bearer ", token, `Basic ${token}`, `Bearer ${token}x`];
    for (const header of wrong) expect(tokens.principalOf(header)).toBeUndefined();
  });
});
