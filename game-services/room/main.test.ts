import { expect, it } from "vitest";
import { ServiceProcess } from "../service/service-process.fixture.ts";
import { CHAIR, HARBOUR, TestRoom } from "./room.fixture.ts";

it("serves as a process, ends in order and says nothing secret", { timeout: 60_000 }, async () => {
  await using room = await TestRoom.open();
  await room.stop();
  const { settings, folder, keys } = room;
  const urls = { LOGIN_URL: settings.loginUrl, ASSET_URL: settings.assetUrl };
  const platform = { FLOTILLA_API: "http://127.0.0.1:9" };
  await using service = new ServiceProcess("game-services/room/main.ts", {
    ROOM_PORT: "0",
    HOME: folder,
    FLOTILLA_STATE: folder,
    ...urls,
    ...platform,
  });
  const url = await service.listening();
  const token = await keys.token("ann", Date.now());
  const ask = (method: string, path: string, body?: object): Promise<Response> =>
    fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const made = await ask("POST", "/maps", { ...HARBOUR, objects: [CHAIR], access: "link" });
  expect(made.status).toBe(201);
  const { message } = (await made.json()) as { message: { map_id: string } };
  const linked = (await (await ask("POST", `/maps/${message.map_id}/link`)).json()) as {
    message: { link: string };
  };
  await ask("GET", `/maps/${message.map_id}?link=${linked.message.link}`);
  // The platform is not there: that is worth a line in the log.
  const { link } = linked.message;
  expect((await ask("POST", `/maps/${message.map_id}/enter`, { link })).status).toBe(503);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(await service.ended("SIGTERM")).toBe(0);
  expect(service.said).toContain('"msg":"ended"');
  expect(service.said).toContain("cannot reach");
  for (const secret of [token, linked.message.link]) expect(service.said).not.toContain(secret);
});

it.each([
  ["a setting that makes no sense", { ROOM_SEATS: "x" }, [], "error: ROOM_SEATS is a whole number"],
  ["a store that is none", { ROOM_DOCUMENTS: "redis://x" }, [], "error: documents are kept at"],
  ["an argument that is none", {}, ["--port"], "error: there is no argument --port"],
])("says what is wrong with %s", async (_, env, args, expected) => {
  await using service = new ServiceProcess(
    "game-services/room/main.ts",
    { ROOM_PORT: "0", ...env },
    { args },
  );
  expect(await service.ended()).toBe(1);
  expect(service.said).toContain(expected);
});
