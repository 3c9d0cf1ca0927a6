import { beforeAll, expect, it } from "vitest";
import { type DashboardStory, pathsOf, SOON } from "../testing/dashboard-story.ts";
import type { DashboardVisitor } from "../testing/dashboard-visitor.ts";

const WORKER = pathsOf.container("worker");
const SPARE = pathsOf.fleet("spare");
const GONE = "It is not there any more.";

const versionOf = (fleet: { spec: { template: { metadata?: { labels?: { v?: string } } } } }) =>
  fleet.spec.template.metadata?.labels?.v;

/** A fleet of its own, whose template says which version it is. */
function spareFleet(version: string): object {
  const command = ["busybox", "sleep", "1000"];
  const pod = { containers: [{ name: "game", image: "red-blue", command }] };
  return {
    apiVersion: "agones.dev/v1",
    kind: "Fleet",
    metadata: { name: "spare", namespace: "default" },
    spec: {
      replicas: 1,
      template: {
        metadata: { labels: { v: version } },
        spec: {
          ports: [{ name: "game", containerPort: 7654 }],
          health: { disabled: true },
          template: { spec: { ...pod, terminationGracePeriodSeconds: 0 } },
        },
      },
    },
  };
}
const AUTOSCALER = {
  apiVersion: "autoscaling.agones.dev/v1",
  kind: "FleetAutoscaler",
  metadata: { name: "spare", namespace: "default" },
  spec: {
    fleetName: "spare",
    policy: { type: "Buffer", buffer: { bufferSize: 1, maxReplicas: 3 } },
  },
};

let story: DashboardStory;
let ann: DashboardVisitor;

const version = async (): Promise<string | undefined> => versionOf(await story.read(SPARE));
const isGone = (path: string) => async (): Promise<boolean> =>
  (await story.read(path)) === undefined;

function rollouts(): void {
  it("pauses a rollout, goes on with it, and rolls back to the version before", async () => {
    const parent = SPARE.replace(/\/spare$/, "");
    expect((await story.world.instance.request("POST", parent, spareFleet("one"))).status).toBe(
      201,
    );
    await ann.go("#/fleets/default/spare", "spare");
    const versions = ann.page.getByRole("region", { name: "Versions" });
    await versions.getByRole("row", { name: /^1 .*present/ }).waitFor();
    await story.patch(SPARE, { spec: { template: { metadata: { labels: { v: "two" } } } } });
    await versions.getByRole("row", { name: /^2 .*present/ }).waitFor();
    expect(await ann.act("Pause rollout")).toContain("0 players are touched");
    expect((await story.read(SPARE)).spec.paused).toBe(true);
    await ann.button("Resume rollout").waitFor();
    await ann.picture("fleet-versions");
    expect(await ann.axe()).toEqual([]);
    await ann.begin("Roll back");
    await ann.isRefused(/its rollout is paused/);
    await ann.act("Resume rollout");
    await expect.poll(async () => (await story.read(SPARE)).spec.paused, SOON).toBeFalsy();
    await ann.button("Pause rollout").waitFor();
    expect(await ann.act("Roll back")).toContain("held stay until they end");
    await expect.poll(version, SOON).toBe("one");
    await versions
      .getByRole("row", { name: /present/ })
      .getByText("present")
      .waitFor();
  });

  it("edits what an autoscaler wants, and shows what that comes to", async () => {
    const parent = pathsOf.autoscaler("spare").replace(/\/spare$/, "");
    expect((await story.world.instance.request("POST", parent, AUTOSCALER)).status).toBe(201);
    await ann.go("#/fleets/default/play", "play");
    await ann.go("#/fleets/default/spare", "spare");
    await ann.button("Edit policy").click();
    const text = ann.dialog.getByLabel("YAML");
    await expect.poll(() => text.inputValue(), SOON).toContain("bufferSize: 1");
    await text.fill((await text.inputValue()).replace("bufferSize: 1", "bufferSize: 2"));
    const said = (): Promise<string | null> => ann.dialog.textContent();
    await expect.poll(said, SOON).toContain("The server takes it as it is.");
    await ann.button("Save…").click();
    await ann.button("Save now").click();
    await ann.dialog.waitFor({ state: "detached" });
    const policy = (await story.read(pathsOf.autoscaler("spare"))).spec.policy;
    expect(policy.buffer.bufferSize).toBe(2);
    await expect.poll(async () => (await story.read(SPARE)).spec.replicas, SOON).toBe(2);
    await ann.page.getByText("Wants 2").first().waitFor();
    await ann.picture("autoscaler");
  });
}

function deletions(): void {
  it("deletes a fleet, with time for who plays", async () => {
    expect(await ann.begin("Delete", { drain: "5" })).toContain("0 players are touched");
    await ann.picture("delete-fleet");
    await ann.page.keyboard.press("Escape");
    expect(await story.read(SPARE)).toBeDefined();
    await ann.act("Delete", { drain: "5" });
    await expect.poll(isGone(SPARE), SOON).toBe(true);
    await ann.page.getByText(GONE).waitFor();
  });

  it("scales a service, and deletes it", async () => {
    const web = pathsOf.service("web");
    await ann.go("#/services/default/web", "web");
    await ann.act("Scale", { replicas: "2" });
    await expect.poll(async () => (await story.read(web)).status.readyReplicas, SOON).toBe(2);
    await ann.page.getByText("2 of 2 ready").waitFor();
    await ann.act("Delete");
    await expect.poll(isGone(web), SOON).toBe(true);
    await ann.page.getByText(GONE).waitFor();
  });
}

function networksAndMachines(): void {
  it("deletes a network, while what runs on it goes on, and then that", async () => {
    const lab = pathsOf.network("lab");
    await ann.go("#/networks/default/lab", "lab");
    await ann.page.getByRole("link", { name: "worker" }).waitFor();
    expect(await ann.act("Delete")).toContain("What runs on it goes on");
    await expect.poll(isGone(lab), SOON).toBe(true);
    await ann.page.getByText(GONE).waitFor();
    await ann.go("#/containers/default/worker", /worker/);
    await ann.page.locator("h1").getByText("Running").waitFor();
    await ann.act("Delete");
    await expect.poll(isGone(WORKER), SOON).toBe(true);
    await ann.page.getByText(GONE).waitFor();
    await ann.go("#/networks", /Networks/);
    await ann.page.getByText("lab", { exact: true }).waitFor({ state: "detached" });
  });

  it("forgets a machine that is away", async () => {
    const nodes = pathsOf.node("attic").replace(/\/attic$/, "");
    const attic = { apiVersion: "flotilla.dev/v1", kind: "Node", metadata: { name: "attic" } };
    expect((await story.world.instance.request("POST", nodes, attic)).status).toBe(201);
    await ann.go("#/nodes/attic", /attic/);
    await ann.act("Delete");
    await expect.poll(isGone(pathsOf.node("attic")), SOON).toBe(true);
    await ann.go("#/nodes/home", /home/);
    await ann.button("Drain").waitFor();
    expect(await ann.button("Delete").count()).toBe(0);
  });
}

/** Rollouts held and taken back, an autoscaler's policy, and everything deleted; what could not be done says why. */
export function rolloutsAndDeletions(opened: () => DashboardStory): void {
  beforeAll(() => {
    story = opened();
    ({ ann } = story);
  });
  rollouts();
  deletions();
  networksAndMachines();
}
