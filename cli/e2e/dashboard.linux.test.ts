import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DashboardStory, PASSWORD, pathsOf, SOON } from "../testing/dashboard-story.ts";
import { type DashboardVisitor, PHONE } from "../testing/dashboard-visitor.ts";
import { chromiumPath } from "../testing/page-player.ts";
import { actionsOnWhatRuns } from "./dashboard-actions.ts";
import { peopleAndTokens } from "./dashboard-people.ts";
import { rolloutsAndDeletions } from "./dashboard-rollout.ts";

const ASSETS = join(import.meta.dirname, "../../.build/dashboard/page/assets");
const BUNDLE_BYTES_MAX = 250 * 1024;
const executablePath = chromiumPath();
let story: DashboardStory;
let ann: DashboardVisitor;

beforeAll(async () => {
  if (executablePath === undefined) return;
  story = await DashboardStory.open(executablePath, "17420-17460");
  ({ ann } = story);
});
afterAll(() => story?.[Symbol.asyncDispose]());
beforeEach((context) => {
  if (executablePath === undefined) context.skip("Chromium is not installed");
});

// One story: each test goes on where the one before it has ended.
describe("the dashboard", () => {
  it("is entered by a one-time link, once", async () => {
    const link = await story.world.firstLink();
    await ann.page.goto(link);
    await ann.page.getByRole("heading", { name: "Welcome to Flotilla" }).waitFor();
    expect(await ann.axe()).toEqual([]);
    await ann.picture("welcome");
    await ann.welcome(link, "ann", PASSWORD);
    await ann.page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await using late = await story.visitor();
    await late.page.goto(link);
    await late.page.locator("[name=user]").fill("mallory");
    await late.page.locator("[name=password]").fill(PASSWORD);
    await late.button("Set password and sign in").click();
    await late.page.getByText("This link was used already").waitFor();
    await late.signIn("ann", "some wrong password");
    await late.page.getByText("User name or password is wrong.").waitFor();
    expect(await late.axe()).toEqual([]);
    await late.picture("wrong-password");
    expect(late.faults).toEqual([]);
  });

  it("shows on every page what is there, with nothing that axe objects to", async () => {
    const server = await story.readyServer();
    const pages: readonly (readonly [
      hash: string,
      heading: string | RegExp,
      sees: string | RegExp,
    ])[] = [
      ["#/", "Overview", "in 0 rooms"],
      ["#/fleets", /Fleets/, "play"],
      ["#/fleets/default/play", "play", "No autoscaler: the number of servers is set by hand."],
      ["#/gameservers", /Game servers/, server],
      [`#/gameservers/default/${server}`, new RegExp(server), "<b>ben</b>"],
      ["#/rooms", /Rooms/, "Nobody plays in a room right now."],
      ["#/containers", /Containers/, "worker"],
      ["#/containers/default/worker", /worker/, "<script>alert(2)</script> begins"],
      ["#/services", /Services/, "web"],
      ["#/services/default/web", "web", "1 of 1 ready"],
      ["#/nodes", /Nodes/, "home"],
      ["#/nodes/home", /home/, "CPU asked for"],
      ["#/networks", /Networks/, "lab"],
      ["#/networks/default/lab", "lab", "10.201.7.0/24"],
      ["#/events", "Events", "made set"],
      ["#/history", "History", "Export CSV"],
      ["#/alerts", "Alerts", "Rules"],
      ["#/users", "Users", "ann"],
      ["#/tokens", "Tokens", "There is no token of a program yet."],
      ["#/audit", "Audit", "welcome"],
    ];
    const wrong: string[] = [];
    for (const [hash, heading, sees] of pages) {
      await ann.go(hash, heading);
      await ann.page.locator("main").getByText(sees).first().waitFor();
      wrong.push(...(await ann.axe()));
      await ann.picture(hash.replaceAll(server, "one").replace(/\W+/g, "-").replace(/^-/, "page-"));
    }
    expect(wrong).toEqual([]);
    expect(ann.faults).toEqual([]);
  });

  it("draws what is measured, and says it in words beside the chart", async () => {
    await ann.go(`#/gameservers/default/${await story.readyServer()}`, /play-/);
    const memory = ann.page.getByRole("figure", { name: "Memory" });
    await memory.getByRole("row", { name: /Memory used \d+(\.\d+)? [KM]iB/ }).waitFor();
    await ann.page
      .getByRole("figure", { name: "Players" })
      .getByRole("row", { name: /Players 2/ })
      .waitFor();
    await memory.locator("canvas").waitFor();
    await ann.button("1 h").click();
    await ann.page.getByRole("button", { name: "1 h", pressed: true }).waitFor();
  });

  it("follows a log as it is said, as text, and searches it", async () => {
    const log = ann.page.getByRole("region", { name: "Lines of the log" });
    await log.getByText("tick").first().waitFor();
    const count = async (): Promise<number> =>
      Number.parseInt((await ann.page.getByText(/^[\d,]+ lines?$/).textContent()) ?? "", 10);
    const before = await count();
    await expect.poll(count, SOON).toBeGreaterThan(before);
    await ann.page.getByLabel("Search the log").fill("ALERT(1)");
    await log.getByText("the game <script>alert(1)</script> runs").waitFor();
    await expect.poll(count, SOON).toBe(1);
    await ann.page.getByLabel("Search the log").fill("");
  });

  it("stops following a log when somebody reads back, until that is asked for again", async () => {
    const log = ann.page.getByRole("region", { name: "Lines of the log" });
    await log.getByText("tick").first().waitFor();
    await log.hover();
    await ann.page.mouse.wheel(0, -100);
    await ann.page.getByRole("button", { name: "Follow", pressed: false }).click();
    await ann.page.getByRole("button", { name: "Follow", pressed: true }).waitFor();
  });
});

describe("what runs", () => actionsOnWhatRuns(() => story));

describe("what went wrong, and what has been", () => {
  it("tells of what fails, until somebody acknowledges and silences it", async () => {
    await ann.go("#/alerts", "Alerts");
    const alert = ann.page.getByRole("listitem").filter({ hasText: "CrashLoop" });
    await alert.getByRole("link", { name: "crasher" }).waitFor();
    await ann.act("Acknowledge", { comment: "ann looks" }, alert);
    await alert.getByText(/Seen by .*ann.*ann looks/).waitFor();
    await ann.act("Silence", { minutes: "5", comment: "known" }, alert);
    await alert.getByText("silenced").waitFor();
    expect(await ann.axe()).toEqual([]);
    await ann.picture("alert");
    await ann.act("End silence");
    await ann.page.getByText("Nothing is silenced.").waitFor();
    await alert.getByText("silenced").waitFor({ state: "detached" });
    expect((await story.read("/v1/silences")).items).toEqual([]);
  });

  it("keeps what became of each thing, why and by whom, and gives it away as a file", async () => {
    // It runs again after the drain: nothing more becomes of it while the two files are written.
    const worker = async (): Promise<string> =>
      (await story.read(pathsOf.container("worker"))).status.phase;
    await expect.poll(worker, SOON).toBe("Running");
    await ann.go("#/history?name=worker&kind=Container", "History");
    const row = ann.page.getByRole("row").filter({ hasText: "Stopped" }).first();
    await row.getByText("node home").waitFor();
    const json = await ann.saved("Export JSON");
    expect(json.url).toMatch(/kind=Container.*format=json/);
    const { items } = JSON.parse(json.text) as { items: { name: string; to: string }[] };
    expect(new Set(items.map(({ name }) => name))).toEqual(new Set(["worker"]));
    expect(items.map(({ to }) => to)).toContain("Stopped");
    const csv = await ann.saved("Export CSV");
    expect(csv.text.trim().split("\r\n")).toHaveLength(items.length + 1);
    await ann.picture("history-of-one");
  });
});

describe("the page itself", () => {
  it("is led by keys alone", async () => {
    const { keyboard } = ann.page;
    await ann.go("#/", "Overview");
    const servers = ann.page.getByRole("heading", { level: 1, name: /Game servers/ });
    // Two letters are one word when they come within a moment, which a busy machine may miss.
    const goes = async (): Promise<boolean> => {
      for (const letter of "gg") await keyboard.press(letter);
      return await servers.isVisible();
    };
    await expect.poll(goes, SOON).toBe(true);
    await keyboard.press("/");
    await keyboard.type("nothing has this name");
    await ann.page.getByText("Nothing matches.").waitFor();
    await ann.page.locator("main [type=search]").fill("");
    await ann.page
      .getByRole("link", { name: /^play-/ })
      .first()
      .waitFor();
    await keyboard.press("Tab");
    await ann.page.locator("main").focus();
    await keyboard.press("j");
    await keyboard.press("Enter");
    await ann.page.getByRole("heading", { level: 1, name: /play-/ }).waitFor();
    await keyboard.press("?");
    await ann.dialog.getByText("Next or previous row").waitFor();
    expect(await ann.axe()).toEqual([]);
    // At once, as fast fingers do: what closes must not take with it what opens.
    await keyboard.press("Escape");
    await keyboard.press("Control+k");
    // What is typed before the field has the focus is lost.
    const focused = (): Promise<unknown> => ann.page.evaluate("document.activeElement?.name");
    await expect.poll(focused, SOON).toBe("find");
    await keyboard.type("work");
    await expect.poll(() => ann.dialog.textContent(), SOON).toContain("worker");
    await keyboard.press("Enter");
    await ann.page.getByRole("heading", { level: 1, name: /worker/ }).waitFor();
  });

  it("says when the server is gone, how old what is shown is, and goes on by itself", async () => {
    await ann.go("#/", "Overview");
    const lost = /The connection to the server is lost\. What you see is \d+ s old/;
    const [, isKilled] = await Promise.all([
      ann.saysOnce(".banner", lost),
      story.world.instance.kill("server"),
    ]);
    expect(isKilled).toBe(true);
    await ann.page
      .getByText("The connection to the server is lost.")
      .waitFor({ state: "detached" });
    await ann.page.getByText("Live", { exact: true }).waitFor();
    expect(ann.faults).toEqual([]);
  });
});

describe("rollouts and deletions", () => rolloutsAndDeletions(() => story));

describe("who may do what", () => peopleAndTokens(() => story));

describe("on a phone, in Korean and in the dark", () => {
  it("has all pages, and none is wider than the screen", async () => {
    await using kim = await story.visitor(PHONE);
    await kim.signIn("ann", PASSWORD);
    await kim.page.getByRole("heading", { level: 1, name: "한눈에 보기" }).waitFor();
    await kim.page.locator(".card").first().waitFor();
    await kim.picture("phone-overview");
    const server = (await story.world.servers())[0]?.name ?? "";
    const pages = [
      ["#/fleets/default/play", "play"],
      ["#/gameservers", "게임 서버"],
      [`#/gameservers/default/${server}`, server],
      ["#/nodes/home", "home"],
      ["#/alerts", "알림"],
      ["#/history", "기록"],
      ["#/users", "사용자"],
    ] as const;
    for (const [hash, heading] of pages) {
      await kim.go(hash, new RegExp(heading));
      await kim.settled();
      const wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
      await expect.poll(() => kim.page.evaluate(wide), { ...SOON, message: hash }).toBe(0);
      await kim.picture(`phone${hash.replaceAll(server, "one").replace(/\W+/g, "-")}`);
    }
    await kim.button("메뉴").tap();
    await kim.page.getByRole("link", { name: "컨테이너" }).tap();
    await kim.page.getByRole("heading", { level: 1, name: /컨테이너/ }).waitFor();
    await kim.button("English").tap();
    await kim.page.getByRole("heading", { level: 1, name: /Containers/ }).waitFor();
    expect(kim.faults).toEqual([]);
  });
});

it(`is at most ${BUNDLE_BYTES_MAX / 1024} KiB, packed`, () => {
  const sizes = readdirSync(ASSETS)
    .filter((name) => name.endsWith(".gz"))
    .map((name) => statSync(join(ASSETS, name)).size);
  expect(sizes.length).toBeGreaterThanOrEqual(2);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(BUNDLE_BYTES_MAX);
});
