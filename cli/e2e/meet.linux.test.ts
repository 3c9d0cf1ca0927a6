import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { crc32, deflateSync } from "node:zlib";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MeetWorld } from "../testing/meet-world.ts";
import { chromiumPath, PagePlayer } from "../testing/page-player.ts";

const ROOT = join(import.meta.dirname, "../..");
const DESKTOP = { viewport: { width: 1280, height: 800 }, locale: "en-US" };
const PHONE = {
  viewport: { width: 390, height: 780 },
  isMobile: true,
  hasTouch: true,
  locale: "ko-KR",
};
const executablePath = chromiumPath();
const SOON = { timeout: 60_000, interval: 100 };
let world: MeetWorld;
let browser: Browser;
let ann: PagePlayer;
let ben: PagePlayer;

beforeAll(async () => {
  if (executablePath === undefined) return;
  await promisify(execFile)(process.execPath, [join(ROOT, "setup.mjs"), "meet-page"]);
  world = await MeetWorld.open("17620-17660");
  const args = ["--no-sandbox", "--disable-dev-shm-usage"];
  browser = await chromium.launch({ executablePath, args });
  ann = await PagePlayer.signUp(browser, world.urls.meet, ["ann", "Ann"], DESKTOP);
  ben = await PagePlayer.signUp(browser, world.urls.meet, ["ben", "벤"], PHONE);
});
afterAll(async () => {
  await browser?.close();
  await world?.[Symbol.asyncDispose]();
});
beforeEach((context) => {
  if (executablePath === undefined) context.skip("Chromium is not installed");
});

/** A square of one colour, as a PNG. */
function png(side: number): Buffer {
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(side * 3, Buffer.from([200, 80, 60]))]);
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const numbers = Buffer.alloc(8);
    numbers.writeUInt32BE(data.length, 0);
    numbers.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([numbers.subarray(0, 4), body, numbers.subarray(4)]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const image = deflateSync(Buffer.concat(Array.from({ length: side }, () => row)));
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const parts = [chunk("IHDR", head), chunk("IDAT", image), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([signature, ...parts]);
}

/** What the room service keeps of the map that Ann made. */
async function keptObjects(): Promise<number> {
  return Number(
    await ann.page.evaluate(`(async () => {
      const { access_token } = JSON.parse(localStorage.getItem("flotilla.meet.session"));
      const [, id] = location.hash.match(/map\\/(\\w+)/);
      const headers = { authorization: "Bearer " + access_token };
      const answer = await fetch("/room/maps/" + id, { headers });
      return (await answer.json()).message.objects.length;
    })()`),
  );
}

interface RoomSeen {
  readonly gameServer: { readonly name: string };
  readonly seats: { readonly taken: number };
}
async function rooms(): Promise<readonly RoomSeen[]> {
  const { body } = await world.instance.request("GET", "/v1/rooms?fleet=maps");
  return (body as { readonly rooms: readonly RoomSeen[] }).rooms;
}

// One story: each test goes on where the one before it has ended.
describe("two players with a browser each", () => {
  it("make a thing and a map, and both come in", async () => {
    const { page } = ann;
    await page.getByRole("link", { name: "Things" }).click();
    await ann.button("New thing").click();
    await page.getByLabel("Name", { exact: true }).fill("Carpet");
    const file = { name: "carpet.png", mimeType: "image/png", buffer: png(64) };
    await page.getByLabel("Picture", { exact: true }).setInputFiles(file);
    await ann.button("Save").click();
    await page.getByRole("article", { name: "Carpet" }).waitFor();
    await page.getByRole("link", { name: "Maps" }).click();
    await page.getByRole("link", { name: "New map" }).click();
    await page.getByLabel("Name of the map").fill("Harbour");
    await ann.button("Floor").click();
    const canvas = page.getByRole("application");
    const { x = 0, y = 0, width = 0, height = 0 } = (await canvas.boundingBox()) ?? {};
    await page.mouse.move(x + width * 0.4, y + height * 0.5);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.6, y + height * 0.5, { steps: 5 });
    await page.mouse.up();
    await ann.button("Save").click();
    await page.getByRole("link", { name: "Enter" }).waitFor();
    await page.getByRole("link", { name: "Maps" }).click();
    await ann.button("Publish").click();
    await ann.button("Unpublish").waitFor();
    await ann.picture("maps");
    await page.getByRole("link", { name: "Enter" }).click();
    await page.getByRole("heading", { name: "Harbour" }).waitFor();
    await ann.button("Share").click();
    const link = await page.getByLabel("Link", { exact: true }).inputValue();
    await page.getByLabel("User name").fill("carl");
    await ann.button("Add").click();
    await ann.button("Take carl off").waitFor();
    await ann.picture("share");
    await ann.button("Close").first().click();
    await ben.page.goto(link);
    await ben.page.getByRole("heading", { name: "Harbour" }).waitFor();
    await ann.button("2 people here").waitFor();
    await ann.page.getByText("벤 came in").waitFor();
  });

  it("see each other walk, by keys and by taps", async () => {
    await ann.look();
    await ben.look();
    await ann.world.focus();
    await ann.page.keyboard.down("ArrowRight");
    await ben.sees({ width: 80, height: 20 });
    await ann.page.keyboard.up("ArrowRight");
    await ann.look();
    const { x = 0, y = 0, width = 0, height = 0 } = (await ben.world.boundingBox()) ?? {};
    await ben.page.touchscreen.tap(x + width / 2, y + height / 2 + 120);
    await ann.sees({ width: 20, height: 80 });
    await ann.picture("walking");
    await ben.picture("phone-walking");
  });

  it("talk, and whisper to one alone", async () => {
    await using carl = await PagePlayer.signUp(browser, world.urls.meet, ["carl", "Carl"], DESKTOP);
    await carl.page.goto(ann.page.url());
    await ann.button("3 people here").waitFor();
    // Carl is a member and may build; Ben is none.
    await carl.button("Place things").waitFor();
    await ann.say("Hello, all of you");
    await ben.button("대화, 새 메시지 1개").tap();
    for (const { page } of [ben, carl]) await page.getByText("Hello, all of you").waitFor();
    await ben.say("반가워요!");
    await ann.page.getByText("반가워요!").waitFor();
    await ann.button("3 people here").click();
    await ann.button("Whisper to 벤").click();
    await ann.say("only for you");
    await ben.page.getByText("only for you").waitFor();
    await ann.picture("talking");
    await ben.picture("phone-talking");
    await ann.page.getByLabel("To", { exact: true }).selectOption("");
    // What comes later is there: so what was whispered before it was not for Carl.
    await ann.say("the end");
    await carl.page.getByText("the end").waitFor();
    expect(await carl.page.getByText("only for you").count()).toBe(0);
    expect(carl.faults).toEqual([]);
  });

  it("see a thing that is placed, which is kept, and that it is taken away", async () => {
    await ann.button("2 people here").waitFor();
    await ann.button("Place things").click();
    await ann.button("Carpet").click();
    await ben.look();
    const { x = 0, y = 0, width = 0, height = 0 } = (await ann.world.boundingBox()) ?? {};
    const there = [x + width / 2 - 100, y + height / 2 - 100] as const;
    await ann.page.mouse.click(...there);
    await ben.sees({ width: 20, height: 20 });
    await expect.poll(keptObjects, SOON).toBe(1);
    await ann.picture("placed");
    await ben.picture("phone-placed");
    await ann.button("Take away").click();
    await ben.look();
    await ann.page.mouse.click(...there);
    await ben.sees({ width: 20, height: 20 });
    await expect.poll(keptObjects, SOON).toBe(0);
    expect(await ben.button("물건 놓기").count()).toBe(0);
  });

  it("go on by themselves when their game server ends", async () => {
    const [before] = await rooms();
    const name = before?.gameServer.name ?? "";
    await world.instance.mustCli("delete", "gs", name);
    // How long it takes to come back is not known: what stays is the line in the talk.
    await ann.page.getByRole("log").getByText("The game moves to another place.").waitFor();
    await ann.picture("coming-back");
    const both = async (): Promise<boolean> =>
      (await rooms()).some(
        ({ gameServer, seats }) => gameServer.name !== name && seats.taken === 2,
      );
    await expect.poll(both, SOON).toBe(true);
    await ann.button("2 people here").waitFor();
    await ben.say("다시 만났네요");
    await ann.page.getByText("다시 만났네요").waitFor();
    expect([ann.faults, ben.faults]).toEqual([[], []]);
  });
});
