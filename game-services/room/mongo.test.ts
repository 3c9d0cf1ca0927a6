import { afterAll, beforeAll, expect, it } from "vitest";
import { FerretServer, findFerret } from "../../store/mongodb/ferret-server.fixture.ts";
import { CHAIR, HARBOUR, makeMap, TestRoom, told } from "./room.fixture.ts";

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
  await using room = await TestRoom.open({ documents: `${server.url}room`, mapsPerUser: 3 });
  const map = await makeMap(room, { access: "public" });
  const url = `/maps/${map}`;
  const placed = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      room.ask("ann", "POST", `${url}/objects`, { ...CHAIR, y: i % 4 }),
    ),
  );
  expect(new Set(placed.map(({ status }) => status))).toEqual(new Set([201]));
  expect((await room.ask("ann", "POST", `${url}/undo`)).body.message.objects).toHaveLength(9);
  const shown = await room.ask("ann", "POST", `${url}/redo`);
  expect(shown.body.message).toMatchObject({ version: 13 });
  expect(shown.body.message.objects).toHaveLength(10);
  await room.ask("ann", "POST", `${url}/publish`);
  const { items } = (await room.ask("ben", "GET", "/maps")).body.message;
  expect(items.map(({ map_id }: { map_id: string }) => map_id)).toEqual([map]);
  const more = await Promise.all([1, 2, 3].map(() => room.ask("ann", "POST", "/maps", HARBOUR)));
  expect(more.map(told)).toContain("403 too many maps");
  expect(more.filter(({ status }) => status === 201)).toHaveLength(2);
  await server.kill();
  const away = await room.ask("ann", "POST", `${url}/objects`, CHAIR);
  expect([told(away), away.headers["retry-after"]]).toEqual([
    "503 not available at the moment",
    "1",
  ]);
  expect((await room.ask(undefined, "GET", "/readyz")).status).toBe(503);
  expect((await room.ask(undefined, "GET", "/livez")).status).toBe(200);
  await server.start();
  expect((await room.ask("ann", "POST", `${url}/objects`, CHAIR)).status).toBe(201);
  expect(told(await room.ask("ann", "DELETE", url))).toBe(`200 {"map_id":"${map}"}`);
  expect(told(await room.ask("ann", "GET", url))).toBe("404 map not found");
});
