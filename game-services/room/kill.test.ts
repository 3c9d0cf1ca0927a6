import { expect, it } from "vitest";
import { ServiceProcess } from "../service/service-process.fixture.ts";
import { CHAIR, makeMap, TestRoom } from "./room.fixture.ts";

const KILLS = 5;
const WIDTH = 128;

interface Said {
  readonly status: number;
  readonly message: { readonly object_id: string; readonly version: number; readonly name: string };
}
type Ask = (method: string, path: string, body?: object) => Promise<Said>;

/** Places chairs, each on a tile of its own, until the service dies; the ids that were answered. */
async function placeChairs(ask: Ask, map: string, answered: Set<string>): Promise<void> {
  for (;;) {
    const at = answered.size;
    const chair = { ...CHAIR, x: at % WIDTH, y: Math.floor(at / WIDTH) };
    const { status, message } = await ask("POST", `/maps/${map}/objects`, chair);
    expect(status).toBe(201);
    answered.add(message.object_id);
  }
}

/** Renames a map, undoes and redoes it, until the service dies; leaves what was answered last, and what was asked for. */
async function rename(ask: Ask, map: string, story: { last: Said["message"] }): Promise<void> {
  for (let i = 0; ; i++) {
    const { version } = story.last;
    const way = i % 4 === 2 ? "undo" : i % 4 === 3 ? "redo" : undefined;
    const { status, message } = way
      ? await ask("POST", `/maps/${map}/${way}`)
      : await ask("PATCH", `/maps/${map}`, { version, name: `after ${version}` });
    expect(status).toBe(200);
    story.last = message;
  }
}

it("keeps what was answered and whole versions only, however often it is killed in the middle of edits", {
  timeout: 120_000,
}, async () => {
  await using room = await TestRoom.open();
  const { settings, folder, keys } = room;
  const chairs = await makeMap(room, { width: WIDTH, height: 100, objects: [CHAIR] });
  const names = await makeMap(room);
  await room.stop();
  const urls = { LOGIN_URL: settings.loginUrl, ASSET_URL: settings.assetUrl };
  const env = { FLOTILLA_STATE: folder, ROOM_DOCUMENTS: settings.documents, ...urls };
  const free = { ROOM_CHANGES_PER_MINUTE: "0", ROOM_VERSIONS: "6" };
  const token = await keys.token("ann", Date.now());
  const answered = new Set<string>();
  const story = { last: { version: 1, name: "Harbour", object_id: "" } };
  for (let kill = 0; kill < KILLS; kill++) {
    await using service = new ServiceProcess("game-services/room/main.ts", {
      ROOM_PORT: "0",
      HOME: folder,
      ...env,
      ...free,
    });
    const url = await service.listening();
    const ask: Ask = async (method, path, body) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const sent = body ? { body: JSON.stringify(body) } : {};
      const answer = await fetch(url + path, { method, headers, ...sent });
      const { message } = (await answer.json()) as { message: Said["message"] };
      return { status: answer.status, message };
    };
    const { message: seen } = await ask("GET", `/maps/${names}`);
    // The edit that was under way is done, or not done, and nothing else.
    expect([story.last.version, story.last.version + 1]).toContain(seen.version);
    if (seen.version === story.last.version) expect(seen.name).toBe(story.last.name);
    story.last = seen;
    const goal = answered.size + 5 + Math.random() * 20;
    const work = [1, 2, 3].map(() => placeChairs(ask, chairs, answered));
    const all = Promise.allSettled([...work, rename(ask, names, story)]);
    while (answered.size < goal) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(await service.ended("SIGKILL")).toBe("SIGKILL");
    for (const one of await all)
      expect(String(one.status === "rejected" && one.reason)).toMatch(/fetch failed|terminated/);
  }
  await room.clock.advance(Date.now() + 600_000 - room.clock.now());
  await room.start();
  const { objects, version } = (await room.ask("ann", "GET", `/maps/${chairs}`)).body.message;
  const there = new Set(objects.map(({ object_id }: { object_id: string }) => object_id));
  expect([...answered].filter((id) => !there.has(id))).toEqual([]);
  // Each edit was one version: the first one had one chair.
  expect(objects.length).toBe(version);
  for (const map of [chairs, names]) {
    const undone = [];
    for (let i = 0; i < 7; i++)
      undone.push((await room.ask("ann", "POST", `/maps/${map}/undo`)).status);
    expect(undone.filter((status) => status === 200).length).toBeGreaterThan(0);
    expect(undone.every((status) => status === 200 || status === 409)).toBe(true);
  }
  // What killed processes have written for nothing is gone after the first change.
  const versions = await Promise.all(
    [chairs, names].map(async (map) => {
      const { body } = await room.ask("ann", "GET", `/maps/${map}/versions`);
      return body.message.items.length;
    }),
  );
  expect(room.kept().map_contents).toBe(versions.reduce((sum, count) => sum + count, 0));
});
