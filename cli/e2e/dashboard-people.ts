import { beforeAll, expect, it } from "vitest";
import { type DashboardStory, PASSWORD, SOON } from "../testing/dashboard-story.ts";
import type { DashboardVisitor } from "../testing/dashboard-visitor.ts";

const OTHER_PASSWORD = "another long password";

let story: DashboardStory;
let ann: DashboardVisitor;
let vic: DashboardVisitor;

/** Does something to Vic, in his line of the list. */
const toVic = async (button: string, values: Readonly<Record<string, string>> = {}) =>
  await ann.act(button, values, ann.page.getByRole("row", { name: /^vic/ }));
/** The link that is shown once. */
const linkShown = async (): Promise<string> => {
  const link = await ann.dialog.getByLabel("One-time link").inputValue();
  await ann.page.keyboard.press("Escape");
  return link;
};
const isIn = (who: DashboardVisitor): Promise<void> =>
  who.page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();

function invitations(): void {
  it("is decided by an admin, who invites by a one-time link", async () => {
    await ann.go("#/users", "Users");
    await ann.page.locator("main [name=name]").fill("vic");
    await ann.page.getByLabel("Role").first().selectOption("viewer");
    await ann.button("Invite").click();
    await ann.dialog.getByLabel("One-time link").waitFor();
    await ann.picture("invited");
    const link = await linkShown();
    expect(link).toMatch(/#\/welcome\/\S{20,}$/);
    await ann.page.getByRole("row", { name: /vic.*Invited/ }).waitFor();
    vic = await story.visitor();
    await vic.welcome(link, "", PASSWORD);
    await isIn(vic);
  });

  it("lets a viewer look and do nothing, and says so", async () => {
    await vic.go("#/fleets/default/play", "play");
    await vic.button("Scale").waitFor();
    expect(await vic.button("Scale").isDisabled()).toBe(true);
    expect(await vic.button("Scale").getAttribute("title")).toContain("may only look");
    expect(await vic.page.getByRole("link", { name: "Users" }).count()).toBe(0);
    await vic.go("#/users", "Users");
    await vic.page.getByText("Your role may not do that.").waitFor();
    expect(await vic.axe()).toEqual([]);
    await vic.picture("forbidden");
    expect(vic.faults).toEqual([]);
  });

  it("gives somebody another role, which counts at once, also on a page that is open", async () => {
    await vic.go("#/fleets/default/play", "play");
    await ann.go("#/users", "Users");
    expect(await toVic("Role", { role: "operator" })).toContain("operators act");
    await ann.page.getByRole("row", { name: /^vic Operator/ }).waitFor();
    await expect.poll(() => vic.button("Scale").isDisabled(), SOON).toBe(false);
  });
}

function passwords(): void {
  it("lets everybody change their own password, who knows the present one", async () => {
    const change = async (old: string): Promise<void> => {
      await vic.dialog.locator("[name=old]").fill(old);
      await vic.dialog.locator("[name=new]").fill(OTHER_PASSWORD);
      await vic.dialog.getByRole("button", { name: "Change password" }).click();
    };
    await vic.page.getByTitle("Change password").click();
    await change("not the present one");
    await vic.dialog.getByRole("alert").waitFor();
    await vic.picture("password-wrong");
    await Promise.all([vic.saysOnce(".note", /The password was changed/), change(PASSWORD)]);
    await vic.dialog.waitFor({ state: "detached" });
    await vic.signOut();
    await vic.signIn("vic", PASSWORD);
    await vic.page.getByText("User name or password is wrong.").waitFor();
    await vic.signIn("vic", OTHER_PASSWORD);
    await isIn(vic);
  });

  it("gives a new one-time link to who has lost the password, which works once", async () => {
    const vicsRow = ann.page.getByRole("row", { name: /^vic/ });
    expect(await ann.begin("New link", {}, vicsRow)).toContain("set a new password");
    await ann.confirm.click();
    const link = await linkShown();
    await using late = await story.visitor();
    await late.welcome(link, "", PASSWORD);
    await isIn(late);
    await using later = await story.visitor();
    await later.page.goto(link);
    await later.page.locator("[name=password]").fill(PASSWORD);
    await later.button("Set password and sign in").click();
    await later.page.getByText("This link was used already").waitFor();
  });
}

function shuttingOut(): void {
  it("shuts somebody out wherever they are, and lets them in again", async () => {
    await vic.signIn("vic", PASSWORD);
    await isIn(vic);
    expect(await toVic("Disable")).toContain("signed out everywhere");
    await ann.page.getByRole("row", { name: /vic.*Disabled/ }).waitFor();
    await vic.page.getByRole("heading", { name: "Sign in" }).waitFor();
    await vic.signIn("vic", PASSWORD);
    await vic.page.getByText("User name or password is wrong.").waitFor();
    await toVic("Enable");
    await ann.page.getByRole("row", { name: /vic.*Active/ }).waitFor();
    await vic.signIn("vic", PASSWORD);
    await isIn(vic);
  });

  it("deletes somebody, who is out at once", async () => {
    await toVic("Delete");
    await ann.page.getByRole("row", { name: /^vic/ }).waitFor({ state: "detached" });
    await vic.page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(vic.faults).toEqual([]);
    await vic[Symbol.asyncDispose]();
  });
}

function tokensAndAudit(): void {
  it("gives a program a token for one namespace, shown once, and takes it back", async () => {
    await ann.go("#/tokens", "Tokens");
    await ann.page.locator("main [name=name]").fill("matchmaker");
    await ann.page.getByLabel("Role").first().selectOption("viewer");
    await ann.page.locator("main [name=namespaces]").fill("default");
    await ann.button("Make token").click();
    const token = await ann.dialog.getByLabel("Token", { exact: true }).inputValue();
    const asked = { headers: { authorization: `Bearer ${token}` } };
    const status = async (path: string): Promise<number> =>
      (await fetch(`${story.world.instance.url}${path}`, asked)).status;
    expect(await status("/v1/history?namespace=default")).toBe(200);
    expect(await status("/v1/rows?kind=Node")).toBe(403);
    await ann.page.keyboard.press("Escape");
    await ann.page.getByRole("row", { name: /matchmaker Viewer default/ }).waitFor();
    expect(await ann.act("Revoke")).toContain("refused from now on");
    await ann.page.getByText("There is no token of a program yet.").waitFor();
    expect(await status("/v1/history?namespace=default")).toBe(401);
  });

  it("stands in the audit, which can be saved as a file", async () => {
    await ann.go("#/audit?who=ann", "Audit");
    await ann.page
      .getByRole("cell", { name: /matchmaker|tokens/ })
      .first()
      .waitFor();
    const csv = await ann.saved("Export CSV");
    expect(csv.url).toMatch(/who=ann.*format=csv/);
    expect(csv.text).toMatch(/^seq,at,who,kind,from,action,target,outcome/);
    expect(csv.text).toMatch(/ann,user,.*users.*vic/);
    const records = JSON.parse((await ann.saved("Export JSON")).text) as { who: string }[];
    expect(new Set(records.map(({ who }) => who))).toEqual(new Set(["ann"]));
  });

  it("ends with signing out", async () => {
    await using own = await story.visitor();
    await own.signIn("ann", PASSWORD);
    await isIn(own);
    await own.signOut();
  });
}

/** Users from their invitation to their end, their passwords, programs' tokens, and the record of it all. */
export function peopleAndTokens(opened: () => DashboardStory): void {
  beforeAll(() => {
    story = opened();
    ({ ann } = story);
  });
  invitations();
  passwords();
  shuttingOut();
  tokensAndAudit();
}
