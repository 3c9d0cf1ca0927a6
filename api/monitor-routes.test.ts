import { afterAll, beforeAll, expect, it } from "vitest";
import { containerIdOf } from "../core/model/container-plan.ts";
import { type ApiHarness, GAME_SPEC, openApi } from "./api.fixture.ts";

const START = 1_800_000_000_000;
let api: ApiHarness;
beforeAll(async () => {
  api = await openApi();
  await api.put("Node", { metadata: { name: "n1" } }, { ready: true });
  const fleet = {
    metadata: { name: "arena" },
    spec: { replicas: 3, template: { spec: GAME_SPEC } },
  };
  const lists = { players: { allocatedCount: 2, allocatedCapacity: 8, count: 2, capacity: 24 } };
  await api.put("Fleet", fleet, { replicas: 3, readyReplicas: 2, allocatedReplicas: 1, lists });
  const labels = { "agones.dev/fleet": "arena" };
  for (const [i, state] of (["Ready", "Ready", "Allocated"] as const).entries())
    await api.put(
      "GameServer",
      { metadata: { name: `arena-${i}`, labels }, spec: GAME_SPEC },
      { state, nodeName: "n1", address: "10.0.0.1", ports: [{ name: "default", port: 7_000 + i }] },
    );
  const web = { image: "web", resources: { limits: { cpu: "500m", memory: "64Mi" } } };
  await api.put(
    "Container",
    { metadata: { name: "web" }, spec: web },
    { phase: "Running", nodeName: "n1" },
  );
  await measure();
});
afterAll(() => api[Symbol.asyncDispose]());

/** Two batches of the node, and a point after each. */
async function measure(): Promise<void> {
  const used = [...api.store.list("GameServer"), ...api.store.list("Container")];
  for (const second of [1, 2]) {
    const rows = used.map(({ metadata }) => [
      containerIdOf(metadata.uid),
      second * 250_000,
      1_024,
      2,
    ]);
    const machine = { cpuMicros: second * 1_500_000, memoryBytes: 9_000, load: 0.25 };
    const body = { atMs: second * 1_000, rows, machine };
    const { status } = await api.ask("/link/v1/nodes/n1/usage", {
      ...{ method: "POST", token: api.tokens.agent, body },
    });
    expect(status).toBe(200);
    api.samples.tick(START + second * 1_000);
  }
}
const rows = async (query: string) => (await api.ask(`/v1/rows?${query}`)).body;

it("shows rows with what was measured, by filters, in pages", async () => {
  const all = await rows("kind=GameServer&limit=2");
  expect(all).toMatchObject({ total: 3, next: "default/arena-1" });
  expect(all.items).toMatchObject([
    { name: "arena-0", state: "Ready", fleet: "arena", node: "n1", cpu: 250, memory: 1_024 },
    { name: "arena-1" },
  ]);
  const rest = await rows(`kind=GameServer&limit=2&before=${all.next}`);
  expect(rest.items).toMatchObject([{ name: "arena-2", state: "Allocated" }]);
  expect(rest.next).toBeUndefined();
  const counts = {
    "state=Ready": 2,
    "fleet=other": 0,
    "node=n1": 3,
    "q=ARENA-2": 1,
    "namespace=x": 0,
  };
  for (const [query, total] of Object.entries(counts))
    expect([query, (await rows(`kind=GameServer&${query}`)).total]).toEqual([query, total]);
  expect((await rows("kind=Fleet")).items).toMatchObject([
    { name: "arena", ready: 2, players: 2, cpu: 750 },
  ]);
  expect((await rows("kind=Node")).items).toMatchObject([
    { name: "n1", state: "Ready", cpu: 1_500 },
  ]);
  expect((await rows("kind=Network")).total).toBe(0);
});

it("shows what was measured of a container, a fleet, a node and the platform", async () => {
  const of = async (query: string) => (await api.ask(`/v1/samples?${query}`)).body;
  const web = await of("kind=Container&namespace=default&name=web");
  expect(web).toMatchObject({
    step: 1,
    times: [START + 1_000, START + 2_000],
    series: { cpu: [null, 250], memory: [1_024, 1_024], throttled: [null, null] },
    unit: { cpu: "milli", memory: "bytes", cpuLimit: "milli", memoryLimit: "bytes" },
  });
  expect(web.series).toMatchObject({ cpuLimit: [500, 500], memoryLimit: [67_108_864, 67_108_864] });
  const since = await of(`kind=Fleet&namespace=default&name=arena&from=${START + 2_000}`);
  expect(since).toMatchObject({ times: [START + 2_000], series: { ready: [2], cpu: [750] } });
  expect(await of("kind=Node&name=n1")).toMatchObject({ series: { load: [0.25, 0.25] } });
  expect(await of("kind=Platform")).toMatchObject({ series: { waiting: [0, 0], players: [2, 2] } });
  expect(await of("kind=Platform&step=15")).toMatchObject({ step: 15, times: [] });
});

it("shows the platform at a glance", async () => {
  const scaler = {
    metadata: { name: "arena-scaler" },
    spec: {
      fleetName: "arena",
      policy: { type: "Buffer", buffer: { bufferSize: 2, maxReplicas: 9 } },
    },
  };
  await api.put("FleetAutoscaler", scaler, {
    desiredReplicas: 4,
    message: "two more",
    reason: "ScaleUp",
  });
  const { body } = await api.ask("/v1/overview");
  expect(body).toMatchObject({
    atMs: START + 2_000,
    nodes: { ready: 1, total: 1 },
    containers: { running: 4, total: 4 },
    ...{ players: 2, rooms: 0, services: [], alerts: { firing: 0, pending: 0 } },
    allocations: { perSecond: 0, p99Ms: null, refusedPerSecond: 0, waiting: 0 },
  });
  expect(body.fleets).toMatchObject([
    {
      ...{
        name: "arena",
        replicas: 3,
        ready: 2,
        allocated: 1,
        desired: 3,
        players: 2,
        playersMax: 24,
      },
      autoscaler: { name: "arena-scaler", desired: 4, because: "ScaleUp", message: "two more" },
    },
  ]);
});

it.each([
  ["/v1/rows", 400, "kind must be one of GameServer, Container"],
  ["/v1/rows?kind=Planet", 400, 'not "Planet"'],
  ["/v1/rows?kind=Node&limit=5000", 400, "limit must be a whole number from 0 to 1000"],
  [`/v1/rows?kind=Node&q=${"a".repeat(101)}`, 400, "q has at most 100 characters"],
  ["/v1/samples?kind=Planet", 400, "kind must be one of Container"],
  ["/v1/samples?kind=Platform&step=7", 400, "step must be 1 or 15"],
  [
    "/v1/samples?kind=Fleet&namespace=default&name=nobody",
    404,
    "nothing was measured of Fleet default/nobody",
  ],
  ["/v1/samples?kind=Platform&from=yesterday", 400, "from must be a whole number"],
])("says of %s what is wrong", async (path, code, message) => {
  const { status, body } = await api.ask(path);
  expect([status, String(body.message)]).toEqual([code, expect.stringContaining(message)]);
});
