import { afterAll, beforeAll, expect, it } from "vitest";
import { FerretServer, findFerret } from "../../store/mongodb/ferret-server.fixture.ts";
import { create, form, png, sendTo, TestAsset, told, WELL } from "./asset.fixture.ts";

const found = await findFerret();
let server: FerretServer | undefined;
beforeAll(async () => {
  if ("program" in found) server = await FerretServer.start(found.program);
});
afterAll(() => server?.[Symbol.asyncDispose]());

it("does the same on a server that speaks MongoDB's protocol, and says when it is away", {
  timeout: 60_000,
}, async (context) => {
  if (!server) return context.skip("missing" in found ? found.missing : "it did not start");
  await using asset = await TestAsset.open({ documents: `${server.url}asset`, assetsPerUser: 4 });
  await using second = await asset.another();
  const token = await asset.token("ann");
  const wells = ["Old well", "Wall", "oak"];
  for (const [i, name] of wells.entries())
    await create(asset, token, { name, visibility: "public", price: i });
  const answers = await Promise.all(
    [asset.running, second, asset.running, second].map((one) =>
      sendTo(one, "POST", "/assets", { token, body: WELL }),
    ),
  );
  expect(answers.map(told).filter((one) => one === '403 "too many assets"')).toHaveLength(3);
  const listed = async (query: string): Promise<string[]> => {
    const { body } = await asset.send("GET", `/assets?${query}`, { token });
    return (body.message as { items: { name: string }[] }).items.map(({ name }) => name);
  };
  expect(await listed("sort=price&limit=2")).toEqual(["Old well", "Wall"]);
  expect(await listed("name=o")).toEqual(["oak", "Old well"]);
  expect(await listed("category_id=furniture&price_min=1")).toEqual(["Wall", "oak"]);
  const mine = await asset.send("GET", "/assets/mine", { token });
  const { items } = mine.body.message as { items: { asset_id: string }[] };
  expect(items).toHaveLength(4);
  const url = `/assets/${items[0]?.asset_id}`;
  const put = await asset.send("PUT", `${url}/thumbnail`, { token, ...form(png(3, 3)) });
  const { thumbnail } = put.body.message as { thumbnail: string };
  expect((await asset.send("GET", thumbnail)).bytes).toEqual(png(3, 3));
  expect((await asset.send("DELETE", url, { token })).status).toBe(200);
  expect((await asset.send("GET", "/readyz")).status).toBe(200);
  await server.kill();
  const away = await asset.send("GET", "/assets", { token });
  expect([told(away), away.headers["retry-after"]]).toEqual([
    '503 "not available at the moment"',
    "1",
  ]);
  expect((await asset.send("GET", "/readyz")).status).toBe(503);
  expect((await asset.send("GET", "/livez")).status).toBe(200);
  await server.start();
  await create(asset, token);
});
