import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DashboardVisitor, PHONE } from "../testing/dashboard-visitor.ts";
import { DashboardWorld } from "../testing/dashboard-world.ts";
import { chromiumPath } from "../testing/page-player.ts";

const ASSETS = join(import.meta.dirname, "../../.build/dashboard/page/assets");
const BUNDLE_BYTES_MAX = 250 * 1024;
const PASSWORD = "a long enough password";
const executablePath = chromiumPath();
const SOON = { timeout: 20_000, interval: 100 };
const FLEET = "/apis/agones.dev/v1/namespaces/default/fleets/play";
const WORKER = "/apis/flotilla.dev/v1/namespaces/default/containers/worker";
let world: DashboardWorld;
let browser: Browser;
let ann: DashboardVisitor;

beforeAll(async () => {
  if (executablePath === undefined) return;
  world = await DashboardWorld.open("17420-17460");
  const args = ["--no-sandbox", "--disable-dev-shm-usage"];
  browser = await chromium.launch({ executablePath, args });
  ann = await DashboardVisitor.open(browser, world.instance.url);
});
afterAll(async () => {
  await browser?.close();
  await world?.[Symbol.asyncDispose]();
});
beforeEach((context) => {
  if (executablePath === undefined) context.skip("Chromium is not installed");
});

async function read<T>(path: string): Promise<T> {
  return (await world.instance.request("GET", path)).body as T;
}
const replicas = async (): Promise<number> =>
  (await read<{ spec: { replicas: number } }>(FLEET)).spec.replicas;
const phase = async (): Promise<string> =>
  (await read<{ status: { phase: string } }>(WORKER)).status.phase;
const readyServer = async (): Promise<string> =>
  (await world.servers()).find(({ state }) => state === "Ready")?.name ?? "";

// One story: each test goes on where the one before it has ended.
describe("the dashboard", () => {
  it("is entered by a one-time link, once", async () => {
    const link = await world.firstLink();
    await ann.page.goto(link);
    await ann.page.getByRole("heading", { name: "Welcome to Flotilla" }).waitFor();
    expect(await ann.axe()).toEqual([]);
    await ann.picture("welcome");
    await ann.welcome(link, "ann", PASSWORD);
    await ann.page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await using late = await DashboardVisitor.open(browser, world.instance.url);
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
    const server = await readyServer();
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
    await ann.go(`#/gameservers/default/${await readyServer()}`, /play-/);
    const memory = ann.page.getByRole("figure", { name: "Memory" });
    await memory.getByRole("row", { name: /Memory used \d+(\.\d+)? [KM]iB/ }).waitFor();
    await ann.page
      .getByRole("figure", { name: "Players" })
      .getByRole("row", { name: /Players 2/ })
      .waitFor();
    expect(await memory.locator("canvas").count()).toBe(1);
    await ann.button("1 h").click();
    expect(await ann.button("1 h").getAttribute("aria-pressed")).toBe("true");
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
    expect(await count()).toBe(1);
  });

  it("scales a fleet, and says that nobody is touched", async () => {
    await ann.go("#/fleets/default/play", "play");
    const said = await ann.act("Scale", { replicas: "3" });
    expect(said).toContain("0 of 4 players are touched");
    expect(await replicas()).toBe(3);
    await ann.page.getByText("play is scaled to 3").waitFor();
    const third = async (): Promise<number> =>
      (await world.servers()).filter(({ state }) => state === "Ready").length;
    await expect.poll(third, SOON).toBe(3);
    await ann.page.locator(".legend").getByText("Ready 3").waitFor();
  });

  it("allocates a game server, and says where it is", async () => {
    await ann.act("Allocate");
    await ann.page.getByText(/play-\S+ is allocated: 127\.0\.0\.1:179\d\d/).waitFor();
    await ann.page.locator(".legend").getByText("Allocated 1").waitFor();
  });

  it("ends a game server after it has named how many players that touches", async () => {
    const name = await readyServer();
    await ann.go(`#/gameservers/default/${name}`, new RegExp(name));
    const said = await ann.act("End");
    expect(said).toContain("This ends the game of 2 players.");
    const isThere = async (): Promise<boolean> =>
      (await world.servers()).some((one) => one.name === name);
    await expect.poll(isThere, SOON).toBe(false);
    await ann.page.getByText("It is not there any more.").waitFor();
    await ann.picture("gone");
  });

  it("stops, starts and restarts a container", async () => {
    await ann.go("#/containers/default/worker", /worker/);
    expect(await ann.act("Stop")).toContain("This ends the game of 0 players.");
    await expect.poll(phase, SOON).toBe("Stopped");
    await ann.page.locator("h1").getByText("Stopped").waitFor();
    await ann.act("Start");
    await expect.poll(phase, SOON).toBe("Running");
    await ann.act("Restart");
    const again = async (): Promise<string | undefined> =>
      (await read<{ spec: { restartedAt?: string } }>(WORKER)).spec.restartedAt;
    expect(await again()).toMatch(/^20/);
    await expect.poll(phase, SOON).toBe("Running");
  });

  it("edits as YAML: a wrong field is named with its line, a conflict is told, and what is right is saved", async () => {
    await ann.go("#/fleets/default/play", "play");
    await ann.button("Edit").click();
    const text = ann.dialog.getByLabel("YAML");
    const written = await text.inputValue();
    await text.fill(`${written.replace("replicas: 3", "replicaz: 3")}`);
    await ann.dialog.getByText(/replicaz/).waitFor();
    const line = written.split("\n").findIndex((one) => one.includes("replicas: 3")) + 1;
    await ann.dialog.getByText(`Line ${line}`, { exact: true }).waitFor();
    expect(await ann.button("Save…").isDisabled()).toBe(true);
    expect(await ann.axe()).toEqual([]);
    await ann.picture("edit-wrong-field");
    await text.fill("spec: [");
    await ann.dialog
      .getByText(/^Line 1/)
      .first()
      .waitFor();
    await text.fill(written.replace("replicas: 3", "replicas: 2"));
    await ann.dialog.getByText("The server takes it as it is.").waitFor();
    const labels = { metadata: { labels: { by: "somebody" } } };
    const patch = { "content-type": "application/merge-patch+json" };
    await world.instance.request("PATCH", FLEET, labels, patch);
    await ann.button("Save…").click();
    await ann.dialog.getByText(/players are on its 3 game servers/).waitFor();
    await ann.button("Save now").click();
    await ann.dialog.getByText("Somebody else changed it meanwhile.").waitFor();
    await ann.picture("edit-conflict");
    await ann.button("Load the present version").click();
    await expect.poll(() => text.inputValue(), SOON).toContain("by: somebody");
    await text.fill((await text.inputValue()).replace("replicas: 3", "replicas: 2"));
    await ann.dialog.getByText("The server takes it as it is.").waitFor();
    await ann.button("Save…").click();
    await ann.button("Save now").click();
    await ann.dialog.waitFor({ state: "detached" });
    expect(await replicas()).toBe(2);
  });

  it("drains a node, says why it is as it is, and takes that back", async () => {
    await ann.go("#/nodes/home", /home/);
    const said = await ann.act("Drain", { deadline: "2h" });
    expect(said).toMatch(/This ends the game of \d players/);
    await ann.page.locator("h1").getByText("Draining").waitFor();
    await ann.picture("node-draining");
    await ann.go("#/fleets/default/play", "play");
    await ann.page
      .getByRole("cell", { name: /Unplaceable/ })
      .first()
      .waitFor();
    await ann.go("#/nodes/home", /home/);
    await ann.act("Uncordon");
    await ann.page.locator("h1").getByText("Ready").waitFor();
  });

  it("tells of what fails, until somebody acknowledges and silences it", async () => {
    await ann.go("#/alerts", "Alerts");
    const alert = ann.page.getByRole("listitem").filter({ hasText: "CrashLoop" });
    await alert.getByRole("link", { name: "crasher" }).waitFor();
    await ann.act("Acknowledge", { comment: "ann looks" });
    await alert.getByText(/Seen by .*ann.*ann looks/).waitFor();
    await ann.act("Silence", { minutes: "5", comment: "known" });
    await alert.getByText("silenced").waitFor();
    expect(await ann.axe()).toEqual([]);
    await ann.picture("alert");
    await ann.act("End silence");
    await ann.page.getByText("Nothing is silenced.").waitFor();
  });

  it("keeps what became of each thing, why and by whom, and gives it away as a file", async () => {
    await ann.go("#/history?name=worker&kind=Container", "History");
    const row = ann.page.getByRole("row").filter({ hasText: "Stopped" }).first();
    await row.getByText("node home").waitFor();
    const [download] = await Promise.all([
      ann.page.waitForEvent("download"),
      ann.page.getByRole("link", { name: "Export JSON" }).click(),
    ]);
    expect(download.url()).toMatch(/kind=Container.*format=json/);
    await ann.picture("history-of-one");
  });

  it("is led by keys alone", async () => {
    const { keyboard } = ann.page;
    await ann.go("#/", "Overview");
    await keyboard.press("g");
    await keyboard.press("g");
    await ann.page.getByRole("heading", { level: 1, name: /Game servers/ }).waitFor();
    await keyboard.press("/");
    await keyboard.type("nothing has this name");
    await ann.page.getByText("Nothing matches.").waitFor();
    await ann.page.locator("main [type=search]").fill("");
    await keyboard.press("Tab");
    await ann.page.locator("main").focus();
    await keyboard.press("j");
    await keyboard.press("Enter");
    await ann.page.getByRole("heading", { level: 1, name: /play-/ }).waitFor();
    await keyboard.press("?");
    await ann.dialog.getByText("Next or previous row").waitFor();
    expect(await ann.axe()).toEqual([]);
    await keyboard.press("Escape");
    await keyboard.press("Control+k");
    await keyboard.type("work");
    await ann.dialog.getByRole("link", { name: /worker/ }).waitFor();
    await keyboard.press("Enter");
    await ann.page.getByRole("heading", { level: 1, name: /worker/ }).waitFor();
  });

  it("says when the server is gone, how old what is shown is, and goes on by itself", async () => {
    await ann.go("#/", "Overview");
    expect(world.instance.kill("server")).toBe(true);
    await ann.page.getByText("The connection to the server is lost.").waitFor();
    await ann.page.getByText(/What you see is \d+ s old/).waitFor();
    await ann.page
      .getByText("The connection to the server is lost.")
      .waitFor({ state: "detached" });
    await ann.page.getByText("Live", { exact: true }).waitFor();
    expect(ann.faults).toEqual([]);
  });
});

describe("who may do what", () => {
  let vic: DashboardVisitor;

  it("is decided by an admin, who invites by a one-time link", async () => {
    await ann.go("#/users", "Users");
    await ann.page.locator("main [name=name]").fill("vic");
    await ann.page.getByLabel("Role").first().selectOption("viewer");
    await ann.button("Invite").click();
    const link = await ann.dialog.getByLabel("One-time link").inputValue();
    expect(link).toMatch(/#\/welcome\/\S{20,}$/);
    await ann.picture("invited");
    await ann.page.keyboard.press("Escape");
    vic = await DashboardVisitor.open(browser, world.instance.url);
    await vic.welcome(link, "", PASSWORD);
    await vic.page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  });

  it("lets a viewer look and do nothing, and says so", async () => {
    await vic.go("#/fleets/default/play", "play");
    expect(await vic.button("Scale").isDisabled()).toBe(true);
    expect(await vic.button("Scale").getAttribute("title")).toContain("may only look");
    expect(await vic.page.getByRole("link", { name: "Users" }).count()).toBe(0);
    await vic.go("#/users", "Users");
    await vic.page.getByText("Your role may not do that.").waitFor();
    expect(await vic.axe()).toEqual([]);
    await vic.picture("forbidden");
    expect(vic.faults).toEqual([]);
  });

  it("gives a program a token, shown once, and takes it back", async () => {
    await ann.go("#/tokens", "Tokens");
    await ann.page.locator("main [name=name]").fill("matchmaker");
    await ann.button("Make token").click();
    const token = await ann.dialog.getByLabel("Token", { exact: true }).inputValue();
    const authorization = { authorization: `Bearer ${token}` };
    const asked = { method: "GET", headers: authorization };
    const path = `${world.instance.url}/apis`;
    expect((await fetch(path, asked)).status).toBe(200);
    await ann.page.keyboard.press("Escape");
    expect(await ann.act("Revoke")).toContain("refused from now on");
    await ann.page.getByText("There is no token of a program yet.").waitFor();
    expect((await fetch(path, asked)).status).toBe(401);
  });

  it("stands in the audit, which can be saved as a file", async () => {
    await ann.go("#/audit?who=ann", "Audit");
    await ann.page
      .getByRole("cell", { name: /matchmaker|tokens/ })
      .first()
      .waitFor();
    const [download] = await Promise.all([
      ann.page.waitForEvent("download"),
      ann.page.getByRole("link", { name: "Export CSV" }).click(),
    ]);
    expect(download.url()).toContain("format=csv");
  });

  it("ends with signing out", async () => {
    await vic.button("Sign out").click();
    await vic.page.getByRole("heading", { name: "Sign in" }).waitFor();
    await vic[Symbol.asyncDispose]();
  });
});

describe("on a phone, in Korean and in the dark", () => {
  it("has all pages, and none is wider than the screen", async () => {
    await using kim = await DashboardVisitor.open(browser, world.instance.url, PHONE);
    await kim.signIn("ann", PASSWORD);
    await kim.page.getByRole("heading", { level: 1, name: "한눈에 보기" }).waitFor();
    await kim.page.locator(".card").first().waitFor();
    await kim.picture("phone-overview");
    const server = (await world.servers())[0]?.name ?? "";
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
      const wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
      expect([hash, await kim.page.evaluate(wide)]).toEqual([hash, 0]);
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
