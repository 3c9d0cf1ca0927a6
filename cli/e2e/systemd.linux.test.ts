import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { SystemdMachine } from "../testing/systemd-machine.ts";
import { DOWN_EXIT } from "../up/up.ts";

const UNIT = "flotilla.service";
const FLOTILLA = "/opt/flotilla/current/bin/flotilla";
const CLONE = new URL("../..", import.meta.url).pathname;
const SOON = { timeout: 60_000, interval: 200 };

interface Server {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: {
    readonly state: string;
    readonly container?: { readonly pid?: number };
  };
}

let machine: SystemdMachine;
const missing = SystemdMachine.missing();
const flotilla = (...words: readonly string[]): Promise<string> => machine.run(FLOTILLA, ...words);
const servers = async (): Promise<readonly Server[]> =>
  JSON.parse(await flotilla("get", "gs", "-o", "json")).items;
const states = async (): Promise<readonly string[]> =>
  (await servers()).map(({ status }) => status.state).sort();
/** What must stay as it is while the service comes and goes. */
const lasting = async (): Promise<readonly object[]> =>
  (await servers()).map(({ metadata, status }) => ({
    uid: metadata.uid,
    state: status.state,
    pid: status.container?.pid,
  }));
const unit = (...names: readonly string[]) => machine.show(UNIT, ...names);

beforeAll(async () => {
  if (missing === undefined) machine = await SystemdMachine.open();
});
afterAll(() => machine?.[Symbol.asyncDispose]());
beforeEach((context) => {
  // Where there is no systemd, or no root to boot it: the reason is said at the end of the run.
  if (missing !== undefined) context.skip(missing);
});

// One story: each test goes on where the one before it has ended.
it("is a service after one command, which returns when that is ready", async () => {
  const said = await machine.run(`${CLONE}bin/flotilla`, "install", "--enable");
  expect(said).toContain("flotilla.service is started, now and at each boot");
  const properties = await unit("ActiveState", "UnitFileState", "KillMode", "Delegate", "Restart");
  expect(properties).toEqual({
    ActiveState: "active",
    UnitFileState: "enabled",
    KillMode: "process",
    Delegate: "yes",
    Restart: "always",
  });
  expect(await flotilla("get", "nodes")).toMatch(/\bReady\b/);
});

it("keeps what it says in the journal, without what only a terminal has", async () => {
  const journal = await machine.run("journalctl", "--unit", UNIT, "--output", "cat");
  expect(journal).toContain("flotilla is up.");
  expect(journal).not.toMatch(/Ctrl-C|from format 0/);
});

it("has its game servers in groups of their own, out of the unit's limits", async () => {
  await flotilla("image", "build", `${CLONE}examples/demo/image.yaml`);
  await flotilla("apply", "-f", `${CLONE}examples/demo/fleet.yaml`);
  await expect.poll(states, SOON).toEqual(["Ready", "Ready", "Ready"]);
  await flotilla("allocate", "arena");
  for (const { status } of await servers()) {
    const groups = await machine.run("cat", `/proc/${status.container?.pid}/cgroup`);
    // On a machine with cgroup v1 systemd's own list of who belongs to a unit has them still.
    const limits = groups.match(/^\d+:((cpu|memory|pids)\b.*)?:.*$/gm) ?? [];
    expect(limits.length).toBeGreaterThanOrEqual(1);
    for (const line of limits) expect(line).toMatch(/:\/flotilla\/[0-9a-f]{4}\/[0-9a-f]+$/);
  }
});

it.each([
  ["is killed with -9", "kill", "--signal", "KILL", "--kill-whom", "main"],
  ["is restarted", "restart"],
  ["is stopped, and started later", "stop"],
  ["takes over from itself", "reload"],
])("leaves game servers and who plays there alone when it %s", async (_, ...words) => {
  const before = await lasting();
  const { MainPID, InvocationID } = await unit("MainPID", "InvocationID");
  const [verb = "", ...flags] = words;
  await machine.run("systemctl", verb, ...flags, UNIT);
  if (verb === "stop") {
    await expect(flotilla("get", "gs")).rejects.toThrow();
    await machine.run("systemctl", "start", UNIT);
  }
  // The process stays the one that systemd knows when another program takes it over.
  const isNew = async (): Promise<boolean> =>
    (await unit("InvocationID")).InvocationID !== InvocationID;
  if (verb === "reload") expect((await unit("MainPID")).MainPID).toBe(MainPID);
  else await expect.poll(isNew, SOON).toBe(true);
  await expect.poll(() => lasting().catch(() => []), SOON).toEqual(before);
  await expect.poll(async () => (await unit("ActiveState")).ActiveState, SOON).toBe("active");
});

it("becomes another version in the process that systemd knows, and its game servers stay", async () => {
  const before = await lasting();
  const { MainPID } = await unit("MainPID");
  const [from, to] = ["/opt/flotilla/versions/*", "/root/flotilla-9.9.9"];
  await machine.run("sh", "-c", `cp -a ${from} ${to}; chmod u+w ${to} ${to}/package.json`);
  const asNew = `s/"version": *"[^"]*"/"version": "9.9.9"/`;
  await machine.run("sed", "-i", asNew, `${to}/package.json`);
  await flotilla("upgrade", "--to", to);
  expect(await flotilla("version")).toContain("9.9.9");
  expect(await unit("MainPID", "ActiveState")).toEqual({ MainPID, ActiveState: "active" });
  await expect.poll(() => lasting().catch(() => []), SOON).toEqual(before);
});

it("stays down when it is told to by `flotilla down`", async () => {
  await flotilla("down");
  const ended = async () => await unit("ActiveState", "ExecMainStatus", "Result");
  const expected = { ActiveState: "inactive", ExecMainStatus: `${DOWN_EXIT}`, Result: "success" };
  await expect.poll(ended, SOON).toEqual(expected);
  const processes = await machine.run("ps", "-e", "-o", "args=");
  expect(processes).not.toMatch(/\/app\/main\.mjs|flotilla-shim|flotilla\.js/);
});

it("comes back with its fleet when the machine boots after a power cut", async () => {
  await machine.run("systemctl", "start", UNIT);
  await expect.poll(states, SOON).toEqual(["Ready", "Ready", "Ready"]);
  const gone = new Set((await servers()).map(({ metadata }) => metadata.uid));
  await machine.powerOff();
  await machine.boot();
  const fresh = async () =>
    (await servers().catch(() => []))
      .filter(({ metadata }) => !gone.has(metadata.uid))
      .map(({ status }) => status.state);
  await expect.poll(fresh, SOON).toEqual(["Ready", "Ready", "Ready"]);
  await expect.poll(states, SOON).toHaveLength(3);
});

it("goes away whole, when nobody plays", async () => {
  const said = await flotilla("uninstall");
  expect(said).toMatch(/✓ flotilla\.service is gone\n✓ the program is gone from/);
  expect(await unit("LoadState")).toEqual({ LoadState: "not-found" });
});
