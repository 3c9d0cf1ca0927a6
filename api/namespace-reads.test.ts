import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Alert, AlertSubject, Silence } from "../core/model/alert.ts";
import { containerIdOf } from "../core/model/container-plan.ts";
import { newToken } from "./access.fixture.ts";
import type { AlertDesk } from "./alert-routes.ts";
import { type ApiHarness, GAME_SPEC, openApi } from "./api.fixture.ts";
import { LateHistory } from "./history.fixture.ts";
import type { ListSource } from "./stream/list-topic.ts";
import { SseReader } from "./stream/sse-reader.fixture.ts";

const NODE = "closet-machine";
const subjects: readonly AlertSubject[] = [
  { kind: "Fleet", namespace: "eu", name: "eu-fleet" },
  { kind: "Fleet", namespace: "asia", name: "asia-fleet" },
  { kind: "Node", name: NODE },
  { kind: "Platform", name: "asia-allocator" },
];

/** Alerts and silences that do not change by themselves; `change` says that they did. */
class FixedDesk implements AlertDesk, ListSource<Alert> {
  #alerts: readonly Alert[] = subjects.map((subject, i) => ({
    ...{ id: `a${i}`, rule: "NodeLost", severity: "warning", state: "firing", subject },
    ...{ summary: `about ${subject.name}`, pendingAtMs: 1 },
  }));
  readonly #listeners = new Set<() => void>();
  readonly list = (): readonly Alert[] => this.#alerts;
  readonly items = (): readonly Alert[] => this.#alerts;
  readonly silences = (): readonly Silence[] =>
    [{ namespace: "eu" }, { namespace: "asia" }, { rule: "NodeLost" }].map((match, i) => ({
      ...{ id: `s${i}`, match, by: "ann", atMs: 1, endsAtMs: 2 },
      comment: match.namespace === "eu" ? "known in eu" : "asia moves",
    }));
  readonly onChange = (listener: () => void): Disposable => {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  };
  change(name: string, state: Alert["state"]): void {
    this.#alerts = this.#alerts.map((one) => (one.subject.name === name ? { ...one, state } : one));
    for (const tell of this.#listeners) tell();
  }
  readonly acknowledge = (): Promise<never> => Promise.reject(new Error("not asked for"));
  readonly silence = this.acknowledge;
  readonly unsilence = this.acknowledge;
}

const history = new LateHistory();
const desk = new FixedDesk();
let api: ApiHarness;
let token: string;

beforeAll(async () => {
  const parts = { history, historyList: history.list, alerts: desk, alertList: desk };
  api = await openApi({}, undefined, 0, [], parts);
  await history.open(api.store);
  await api.put("Node", { metadata: { name: NODE } }, { ready: true });
  for (const namespace of ["eu", "asia"]) {
    await make(namespace, `${namespace}-server`);
    const metadata = { name: `${namespace}-fleet`, namespace };
    await api.put("Fleet", { metadata, spec: { template: { spec: GAME_SPEC } } });
    happen(namespace, `${namespace}-server`);
  }
  happen("", NODE);
  const rows = api.store
    .list("GameServer")
    .map(({ metadata }) => [containerIdOf(metadata.uid), 1, 2, 3]);
  const body = { atMs: 1_000, rows, machine: { cpuMicros: 1, memoryBytes: 2, load: 3 } };
  const usage = { method: "POST", token: api.tokens.agent, body };
  expect((await api.ask(`/link/v1/nodes/${NODE}/usage`, usage)).status).toBe(200);
  api.samples.tick(1_800_000_000_000);
  token = (await newToken(api, "operator", ["eu"])).token;
});
afterAll(async () => {
  await history[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

async function make(namespace: string, name: string): Promise<void> {
  const status = { state: "Ready", nodeName: NODE } as const;
  await api.put("GameServer", { metadata: { name, namespace }, spec: GAME_SPEC }, status);
}
function happen(namespace: string, name: string): void {
  const subject = { kind: namespace ? "GameServer" : "Node", namespace, name };
  api.events.record({ type: "Normal", reason: "Placed", message: `says ${name}`, subject });
}
/** Waits until each kind of message has come with this in it. */
async function told(reader: SseReader, about: RegExp): Promise<void> {
  for (const event of ["rows", "history", "alerts", "events"])
    await reader.until((one) => one.event === event && about.test(JSON.stringify(one.data)));
}
const events = "/apis/flotilla.dev/v1/namespaces/eu/events";
/** Names that are of other namespaces, or of none; where a server runs is told with the server. */
const OTHERS = /asia|"name":"closet|about closet|says closet/;

describe("a token for one namespace", () => {
  it.each([
    ["history", "/v1/history", /eu-server/],
    ["history of its namespace", "/v1/history?namespace=eu&kind=GameServer", /eu-server/],
    ["history of a machine", `/v1/history?node=${NODE}`, /eu-server/],
    ["history as CSV", "/v1/history?format=csv", /eu-server/],
    ["history as JSON", "/v1/history?format=json", /eu-server/],
    ["alerts", "/v1/alerts", /about eu-fleet/],
    ["alerts of a rule", "/v1/alerts?rule=NodeLost&state=firing", /about eu-fleet/],
    ["silences", "/v1/silences", /known in eu/],
    ["rules", "/v1/alert-rules", /NodeLost/],
    ["rows, and how many", "/v1/rows?kind=GameServer", /eu-server.*"total":1\b/],
    ["rows that a search finds", "/v1/rows?kind=GameServer&q=server", /"total":1\b/],
    ["rows on a machine", `/v1/rows?kind=GameServer&node=${NODE}&limit=1`, /"total":1\}/],
    ["rows of a fleet", "/v1/rows?kind=Fleet&namespace=eu", /eu-fleet.*"total":1\b/],
    ["samples", "/v1/samples?kind=GameServer&namespace=eu&name=eu-server", /"memory":\[2\]/],
    ["events", events, /says eu-server/],
  ])("reads %s of that one alone", async (_, path, sees) => {
    const { status, text } = await api.ask(path, { token });
    expect([status, text]).toEqual([200, expect.stringMatching(sees)]);
    expect(text).not.toMatch(OTHERS);
    // All of it is there for who may read all: the test would see a leak.
    if (!/alert-rules|eu\b/.test(path)) expect((await api.ask(path)).text).toMatch(OTHERS);
  });

  it.each([
    "/v1/history?namespace=asia",
    "/v1/history?namespace=asia&format=csv",
    "/v1/rows?kind=GameServer&namespace=asia",
    "/v1/rows?kind=Node",
    "/v1/rows?kind=Node&namespace=eu",
    "/v1/samples?kind=GameServer&namespace=asia&name=asia-server",
    "/v1/samples?kind=Fleet&namespace=asia&name=nothing",
    "/v1/samples?kind=Fleet&name=eu-fleet",
    `/v1/samples?kind=Node&name=${NODE}`,
    "/v1/samples?kind=Platform",
    "/v1/overview",
    "/v1/stream?topics=overview",
    "/v1/stream?topics=rows:Node",
    "/v1/stream?topics=rows:GameServer,samples:Platform//",
    "/v1/stream?topics=samples:GameServer/asia/asia-server",
    "/apis/flotilla.dev/v1/events",
    "/apis/flotilla.dev/v1/namespaces/asia/events",
    "/metrics",
  ])("is refused %s", async (path) => {
    const { status, text } = await api.ask(path, { token });
    expect([path, status]).toEqual([path, 403]);
    expect(text).toContain("this token is for namespace eu");
  });

  it("changes no alerts: an operator for all namespaces does", async () => {
    const match = { namespace: "eu" };
    for (const [path, body] of [
      ["/v1/alerts/a0/acknowledge", {}],
      ["/v1/silences", { match, minutes: 5, comment: "x" }],
    ] as const)
      expect((await api.ask(path, { token, method: "POST", body })).status).toBe(403);
  });

  it("follows what changes in that one, and does not learn that anything changes elsewhere", async () => {
    const topics = "rows:GameServer,events,alerts,history,samples:GameServer/eu/eu-server";
    await using reader = await SseReader.open(api.url, token, topics);
    await using whole = await SseReader.open(
      api.url,
      api.tokens.admin,
      "rows:GameServer,history,alerts,events",
    );
    for (const one of [reader, whole]) await told(one, /./);
    await reader.until(({ event }) => event === "samples");
    const before = reader.events.length;
    await make("asia", "asia-second");
    happen("asia", "asia-second");
    desk.change("asia-fleet", "resolved");
    await told(whole, /asia-second|resolved/);
    expect(reader.events.slice(before)).toEqual([]);
    await make("eu", "eu-second");
    happen("eu", "eu-second");
    desk.change("eu-fleet", "resolved");
    await told(reader, /eu-second|resolved/);
    expect(JSON.stringify(reader.events)).not.toMatch(OTHERS);
  });
});
