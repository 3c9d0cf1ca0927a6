import { describe, expect, it } from "vitest";
import { signUp, TestLogin } from "../login/login.fixture.ts";
import { create, form, png, sendTo, TestAsset, told, WELL } from "./asset.fixture.ts";

const MISSING = `a${"0".repeat(24)}`;

describe("an asset", () => {
  it("is made, changed and read by its owner, and counts its changes", async () => {
    await using asset = await TestAsset.open();
    const token = await asset.token("ann");
    const made = await create(asset, token);
    expect(made).toEqual({
      asset_id: expect.stringMatching(/^a[0-9a-f]{24}$/),
      owner: "ann",
      ...WELL,
      is_delete: false,
      visibility: "private",
      version: 1,
      created_at: "2026-01-01T00:00:00Z",
      updated_at: "2026-01-01T00:00:00Z",
    });
    await asset.clock.advance(5_000);
    const url = `/assets/${made.asset_id}`;
    const patched = await asset.send("PATCH", url, { token, body: { price: 5, name: null } });
    const expected = { ...made, price: 5, version: 2, updated_at: "2026-01-01T00:00:05Z" };
    expect(patched.body.message).toEqual(expected);
    expect((await asset.send("GET", url, { token })).body.message).toEqual(expected);
  });

  it("is changed under a version by one of those who have it", async () => {
    await using asset = await TestAsset.open();
    const token = await asset.token("ann");
    const { asset_id } = await create(asset, token);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, price) =>
        asset.send("PATCH", `/assets/${asset_id}`, { token, body: { price, version: 1 } }),
      ),
    );
    expect(answers.map(told).sort().slice(1)).toEqual(Array(7).fill('409 "changed meanwhile"'));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it("is seen by others while it is public, and changed by nobody else", async () => {
    await using asset = await TestAsset.open();
    const [ann, bob] = [await asset.token("ann"), await asset.token("bob")];
    const { asset_id } = await create(asset, ann);
    const url = `/assets/${asset_id}`;
    const attempts = async (): Promise<string[]> => {
      const all = [
        asset.send("GET", url, { token: bob }),
        asset.send("PATCH", url, { token: bob, body: { price: 1 } }),
        asset.send("DELETE", url, { token: bob }),
        asset.send("POST", `${url}/unpublish`, { token: bob }),
        asset.send("PUT", `${url}/thumbnail`, { token: bob, ...form(png(1, 1)) }),
      ];
      return (await Promise.all(all)).map((answer) =>
        answer.status === 200 ? "200" : told(answer),
      );
    };
    expect(await attempts()).toEqual(Array(5).fill('404 "asset not found"'));
    await asset.send("POST", `${url}/publish`, { token: ann });
    expect(await attempts()).toEqual(["200", ...Array(4).fill('403 "not your asset"')]);
    await asset.send("POST", `${url}/unpublish`, { token: ann });
    expect((await attempts())[0]).toBe('404 "asset not found"');
    expect(asset.files()).toEqual([]);
  });

  it("that is deleted leaves the lists, stays for those who placed it, and cannot be changed", async () => {
    await using asset = await TestAsset.open();
    const [ann, bob] = [await asset.token("ann"), await asset.token("bob")];
    const { asset_id } = await create(asset, ann, { visibility: "public" });
    const url = `/assets/${asset_id}`;
    expect((await asset.send("DELETE", url, { token: ann })).body.message).toMatchObject({
      is_delete: true,
      version: 2,
    });
    // Again is no change.
    expect((await asset.send("DELETE", url, { token: ann })).body.message).toMatchObject({
      version: 2,
    });
    for (const list of ["/assets", "/assets/mine"])
      expect((await asset.send("GET", list, { token: ann })).body.message).toEqual({ items: [] });
    const body = { ids: [asset_id, MISSING, asset_id] };
    const batch = await asset.send("POST", "/assets/batch", { token: bob, body });
    expect(batch.body.message).toEqual({
      items: [expect.objectContaining({ asset_id, is_delete: true })],
      missing: [MISSING],
    });
    expect(told(await asset.send("PATCH", url, { token: ann, body: { price: 1 } }))).toBe(
      '404 "asset not found"',
    );
    expect(told(await asset.send("POST", `${url}/publish`, { token: ann }))).toBe(
      '404 "asset not found"',
    );
  });

  it("is made once under an Idempotency-Key, whoever else uses the same one", async () => {
    await using asset = await TestAsset.open();
    await using second = await asset.another();
    const [ann, bob] = [await asset.token("ann"), await asset.token("bob")];
    const headers = { "idempotency-key": "k1" };
    const ask = (token: string, body: object = WELL) =>
      asset.send("POST", "/assets", { token, body, headers });
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, () => ask(ann)),
      ...Array.from({ length: 5 }, () =>
        sendTo(second, "POST", "/assets", { token: ann, body: WELL, headers }),
      ),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const ids = answers.map(({ body }) => (body.message as { asset_id: string }).asset_id);
    expect(new Set(ids).size).toBe(1);
    expect(told(await ask(ann, { ...WELL, price: 31 }))).toBe('422 "idempotency key reused"');
    const other = (await ask(bob)).body.message as { asset_id: string };
    expect(ids).not.toContain(other.asset_id);
    const mine = await asset.send("GET", "/assets/mine", { token: ann });
    expect((mine.body.message as { items: [] }).items).toHaveLength(1);
  });

  it("belongs to whom the login service's own token names", async () => {
    await using login = await TestLogin.open();
    await login.running.app.listen({ host: "127.0.0.1", port: 0 });
    const loginUrl = login.running.app.listeningOrigin;
    await using asset = await TestAsset.open({ loginUrl });
    const { access_token: token } = await signUp(login);
    expect((await create(asset, token)).owner).toBe("ann");
    await asset.clock.advance(1_000_000);
    expect(told(await asset.send("GET", "/assets", { token }))).toBe('401 "token expired"');
  });
});

describe("lists", () => {
  const names = async (asset: TestAsset, url: string, token: string): Promise<string[]> => {
    const found: string[] = [];
    for (let after = ""; ; ) {
      const { status, body } = await asset.send("GET", `${url}${after}`, { token });
      expect(status).toBe(200);
      const { items, next } = body.message as { items: { name: string }[]; next?: string };
      found.push(...items.map(({ name }) => name));
      if (next === undefined) return found;
      after = `&after=${encodeURIComponent(next)}`;
    }
  };

  it("filter, sort and page over what is published, and over one's own", async () => {
    await using asset = await TestAsset.open();
    const [ann, bob] = [await asset.token("ann"), await asset.token("bob")];
    const kinds = [
      ["Well", "a", 30, "public"],
      ["wall", "b", 10, "public"],
      ["Tree", "a", 20, "private"],
      ["Über", "b", 20, "public"],
      ["WELCOME", "a", 5, "public"],
    ] as const;
    for (const [name, category_id, price, visibility] of kinds) {
      await create(asset, ann, { name, category_id, price, visibility });
      await asset.clock.advance(1_000);
    }
    await create(asset, bob, { name: "Bob's", category_id: "a", price: 30, visibility: "public" });
    const all = "/assets?limit=2";
    expect(await names(asset, all, bob)).toEqual(["Bob's", "WELCOME", "Über", "wall", "Well"]);
    expect(await names(asset, `${all}&sort=price`, bob)).toHaveLength(5);
    expect(await names(asset, `${all}&sort=name`, bob)).toEqual([
      "Bob's",
      "wall",
      "WELCOME",
      "Well",
      "Über",
    ]);
    expect(await names(asset, `${all}&name=WEL`, bob)).toEqual(["WELCOME", "Well"]);
    expect(await names(asset, `${all}&name=wel&sort=new&price_min=6`, bob)).toEqual(["Well"]);
    expect(await names(asset, `${all}&price_min=10&price_max=20`, bob)).toEqual(["wall", "Über"]);
    expect(await names(asset, `${all}&category_id=a&owner=ann`, bob)).toEqual(["WELCOME", "Well"]);
    expect(await names(asset, `${all}&category_id=a&sort=price`, bob)).toContain("Bob's");
    const mine = "/assets/mine?limit=2";
    expect(await names(asset, mine, ann)).toEqual(["WELCOME", "Über", "Tree", "wall", "Well"]);
    expect(await names(asset, `${mine}&visibility=private`, ann)).toEqual(["Tree"]);
    expect(await names(asset, mine, bob)).toEqual(["Bob's"]);
  });

  it("refuse a page of another list, and a limit over the bound", async () => {
    await using asset = await TestAsset.open();
    const token = await asset.token("ann");
    for (let i = 0; i < 2; i++) await create(asset, token);
    const { next } = (await asset.send("GET", "/assets/mine?limit=1", { token })).body.message as {
      next: string;
    };
    for (const url of [`/assets?after=${next}`, "/assets?limit=101", "/assets?sort=best"])
      expect((await asset.send("GET", url, { token })).status).toBe(400);
  });

  it("show what was published a moment before, on whichever process", async () => {
    await using asset = await TestAsset.open();
    await using second = await asset.another();
    const token = await asset.token("ann");
    for (let i = 1; i <= 10; i++) {
      await create(asset, token, { visibility: "public" });
      const seen = [asset.running, second].map(async (one) => {
        const { body } = await sendTo(one, "GET", "/assets", { token });
        return (body.message as { items: [] }).items.length;
      });
      expect(await Promise.all(seen)).toEqual([i, i]);
    }
  });
});

describe("the quota", () => {
  it("is exact, however many processes and requests there are", async () => {
    await using asset = await TestAsset.open({ assetsPerUser: 7 });
    await using second = await asset.another();
    const token = await asset.token("ann");
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        sendTo(i % 2 ? second : asset.running, "POST", "/assets", { token, body: WELL }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(7);
    expect(new Set(answers.filter(({ status }) => status !== 201).map(told))).toEqual(
      new Set(['403 "too many assets"']),
    );
    const list = await asset.send("GET", "/assets/mine", { token });
    const { items } = list.body.message as { items: { asset_id: string }[] };
    expect(items).toHaveLength(7);
    await asset.send("DELETE", `/assets/${items[0]?.asset_id}`, { token });
    await create(asset, token);
    expect(told(await asset.send("POST", "/assets", { token, body: WELL }))).toBe(
      '403 "too many assets"',
    );
    // Another user has its own.
    await create(asset, await asset.token("bob"));
  });

  it("counts the bytes of thumbnails, and an upload over it leaves nothing", async () => {
    const [small, other] = [png(8, 8, 1), png(8, 8, 2)];
    await using asset = await TestAsset.open({ bytesPerUser: small.length + other.length });
    const token = await asset.token("ann");
    const ids = [
      await create(asset, token),
      await create(asset, token),
      await create(asset, token),
    ];
    const put = async (i: number, bytes: Buffer): Promise<string> =>
      told(
        await asset.send("PUT", `/assets/${ids[i]?.asset_id}/thumbnail`, { token, ...form(bytes) }),
      );
    expect(await put(0, small)).toContain("200");
    expect(await put(1, other)).toContain("200");
    expect(await put(2, png(9, 9, 3))).toBe('403 "too many bytes"');
    expect(asset.files()).toHaveLength(2);
    await asset.send("DELETE", `/assets/${ids[0]?.asset_id}`, { token });
    expect(await put(2, small)).toContain("200");
  });

  it("says so when a user asks for too much at once", async () => {
    await using asset = await TestAsset.open();
    const token = await asset.token("ann");
    // Then the token is known: to look at 150 signatures takes long enough for some of them to be done meanwhile.
    await asset.send("GET", "/assets/mine", { token });
    const answers = await Promise.all(
      Array.from({ length: 150 }, () => asset.send("POST", "/assets", { token, body: WELL })),
    );
    const refused = answers.filter(({ status }) => status !== 201);
    expect(new Set(refused.map(told))).toEqual(new Set(['503 "too much to do at the moment"']));
    expect(answers.length - refused.length).toBe(101);
  });
});
