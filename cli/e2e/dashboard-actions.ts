import { beforeAll, expect, it } from "vitest";
import { type DashboardStory, pathsOf, SOON } from "../testing/dashboard-story.ts";
import type { DashboardVisitor } from "../testing/dashboard-visitor.ts";

const PLAY = pathsOf.fleet("play");
const WORKER = pathsOf.container("worker");
const GONE = "It is not there any more.";

let story: DashboardStory;
let ann: DashboardVisitor;

const replicas = async (): Promise<number> => (await story.read(PLAY)).spec.replicas;
const phase = async (): Promise<string> => (await story.read(WORKER)).status.phase;

function fleetActions(): void {
  it("scales a fleet, and says that nobody is touched", async () => {
    await ann.go("#/fleets/default/play", "play");
    const [said] = await Promise.all([
      ann.act("Scale", { replicas: "3" }),
      ann.saysOnce(".note", /play is scaled to 3/),
    ]);
    expect(said).toContain("0 of 4 players are touched");
    expect(await replicas()).toBe(3);
    const third = async (): Promise<number> =>
      (await story.world.servers()).filter(({ state }) => state === "Ready").length;
    await expect.poll(third, SOON).toBe(3);
    await ann.page.locator(".legend").getByText("Ready 3").waitFor();
  });

  it("allocates a game server, and says where it is", async () => {
    await Promise.all([
      ann.act("Allocate"),
      ann.saysOnce(".note", /play-\S+ is allocated: 127\.0\.0\.1:174\d\d/),
    ]);
    await ann.page.locator(".legend").getByText("Allocated 1").waitFor();
  });
}

function switches(): void {
  it("ends a game server after it has named how many players that touches", async () => {
    const name = await story.readyServer();
    await ann.go(`#/gameservers/default/${name}`, new RegExp(name));
    const said = await ann.act("End");
    expect(said).toContain("This ends the game of 2 players.");
    const isThere = async (): Promise<boolean> =>
      (await story.world.servers()).some((one) => one.name === name);
    await expect.poll(isThere, SOON).toBe(false);
    await ann.page.getByText(GONE).waitFor();
    await ann.picture("gone");
  });

  it("stops, starts and restarts a container", async () => {
    await ann.go("#/containers/default/worker", /worker/);
    expect(await ann.act("Stop")).toContain("0 players are touched.");
    await expect.poll(phase, SOON).toBe("Stopped");
    await ann.page.locator("h1").getByText("Stopped").waitFor();
    await ann.act("Start");
    await expect.poll(phase, SOON).toBe("Running");
    await ann.act("Restart");
    expect((await story.read(WORKER)).spec.restartedAt).toMatch(/^20/);
    await expect.poll(phase, SOON).toBe("Running");
  });
}

function edits(): void {
  it("edits as YAML: a wrong field is named with its line, a conflict is told, and what is right is saved", async () => {
    await ann.go("#/fleets/default/play", "play");
    await ann.button("Edit").click();
    const text = ann.dialog.getByLabel("YAML");
    await expect.poll(() => text.inputValue(), SOON).toContain("replicas: 3");
    const written = await text.inputValue();
    await text.fill(`${written.replace("replicas: 3", "replicaz: 3")}`);
    await ann.dialog.getByText(/replicaz/).waitFor();
    const line = written.split("\n").findIndex((one) => one.includes("replicas: 3")) + 1;
    await ann.dialog.getByText(`Line ${line}`, { exact: true }).waitFor();
    await expect.poll(() => ann.button("Save…").isDisabled(), SOON).toBe(true);
    expect(await ann.axe()).toEqual([]);
    await ann.picture("edit-wrong-field");
    await text.fill("spec: [");
    await ann.dialog
      .getByText(/^Line 1/)
      .first()
      .waitFor();
    await text.fill(written.replace("replicas: 3", "replicas: 2"));
    await ann.dialog.getByText("The server takes it as it is.").waitFor();
    await story.patch(PLAY, { metadata: { labels: { by: "somebody" } } });
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
}

function machineActions(): void {
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

  it("cordons a machine and lets it take new ones again, while who plays there plays on", async () => {
    await ann.go("#/nodes/home", /home/);
    // The free one that the drain took off is gone, and another one is there.
    const states = async (): Promise<readonly string[]> =>
      (await story.world.servers()).map(({ state }) => state).sort();
    await expect.poll(states, SOON).toEqual(["Allocated", "Ready"]);
    const before = (await story.world.servers()).map(({ name }) => name).sort();
    expect(await ann.act("Cordon")).toMatch(/0 of \d+ players are touched/);
    await ann.page.locator("h1").getByText("Cordoned").waitFor();
    const { unschedulable, drain } = (await story.read(pathsOf.node("home"))).spec;
    expect([unschedulable, drain]).toEqual([true, undefined]);
    await ann.act("Uncordon");
    await ann.page.locator("h1").getByText("Ready").waitFor();
    expect((await story.read(pathsOf.node("home"))).spec.unschedulable).toBe(false);
    expect((await story.world.servers()).map(({ name }) => name).sort()).toEqual(before);
  });
}

/** What can be done with fleets, game servers, containers and machines, each confirmed, each seen at the API. */
export function actionsOnWhatRuns(opened: () => DashboardStory): void {
  beforeAll(() => {
    story = opened();
    ({ ann } = story);
  });
  fleetActions();
  switches();
  edits();
  machineActions();
}
