import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type ApiHarness, GAME_SPEC, openApi } from "../api/api.fixture.ts";
import { containerIdOf } from "../core/model/container-plan.ts";
import { freePort } from "../core/std/free-port.ts";
import { findProgram } from "../runtime/image/host-programs.ts";

const found = await Promise.all(
  ["prometheus", "promtool"].map((name) => findProgram(name).catch(() => undefined)),
);
const isMissing = found.includes(undefined);
let api: ApiHarness;
let folder: string;
let measuring: NodeJS.Timeout;
const SOON = { timeout: 60_000, interval: 100 };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-prometheus-"));
  api = await openApi();
  const labels = { "agones.dev/fleet": "arena" };
  const fleet = {
    metadata: { name: "arena" },
    spec: { replicas: 2, template: { spec: GAME_SPEC } },
  };
  await api.put("Fleet", fleet, { replicas: 1, readyReplicas: 1 });
  const server = { metadata: { name: "arena-a", labels }, spec: GAME_SPEC };
  const { metadata } = await api.put("GameServer", server, { state: "Ready", nodeName: "n1" });
  await api.put("Node", { metadata: { name: "n1" } }, { ready: true });
  const scaler = {
    fleetName: "arena",
    policy: { type: "Buffer", buffer: { bufferSize: 2, maxReplicas: 9 } },
  };
  await api.put("FleetAutoscaler", { metadata: { name: "scaler" }, spec: scaler });
  const row = [
    containerIdOf(metadata.uid),
    2_500_000,
    1_024,
    3,
    250_000,
    10,
    20,
    1,
    2,
    4_096,
    0,
    1,
    2,
    3,
  ] as const;
  const machine = { cpuMicros: 1, memoryBytes: 5_000, load: 0.5 };
  let atMs = 0;
  const measure = (): void => {
    atMs += 500;
    api.samples.take("n1", { atMs, rows: [row], machine });
    api.samples.tick(Date.now());
  };
  measure();
  measuring = setInterval(measure, 500);
  api.metrics.allocated("Allocated", 0.003);
});
afterAll(async () => {
  clearInterval(measuring);
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** The block of the page, for this server. */
async function configOf(): Promise<string> {
  const page = await readFile(join(import.meta.dirname, "monitoring.md"), "utf8");
  const [, block = ""] = /```yml\n([\s\S]*?)```/.exec(page) ?? [];
  const token = join(folder, "token");
  await writeFile(token, api.tokens.admin, { mode: 0o600 });
  return block
    .replace("/etc/prometheus/flotilla.token", token)
    .replace("127.0.0.1:8700", new URL(api.url).host)
    .replace("scrape_interval: 5s", "scrape_interval: 500ms\n    scrape_timeout: 500ms");
}

/** What promtool complains of, line by line. */
function promtool(words: readonly string[], input?: string): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const child = execFile("promtool", words, (_error, _out, err) =>
      resolve(err.split("\n").filter((line) => line !== "")),
    );
    child.stdin?.end(input);
  });
}
/** Agones calls gauges so: that is its contract, not ours to change. */
const AGONES_OWN =
  /^agones_\w+_count non-histogram and non-summary metrics should not have "_count"/;

it.skipIf(isMissing)(
  "shows a configuration that Prometheus takes, and numbers that promtool finds nothing wrong with",
  async () => {
    const config = join(folder, "checked.yml");
    await writeFile(config, await configOf());
    expect(await promtool(["check", "config", config])).toEqual([]);
    const { text } = await api.ask("/metrics?containers=true");
    expect(text).toContain("flotilla_container_cpu_seconds_total{");
    expect(text).toContain("agones_gameservers_node_count_bucket{");
    expect(text).toContain("# TYPE agones_gameserver_state_duration histogram");
    const complaints = await promtool(["check", "metrics"], text);
    expect(complaints.filter((line) => !AGONES_OWN.test(line))).toEqual([]);
    expect((await api.ask("/metrics")).text).not.toContain("flotilla_container_");
  },
);

it.skipIf(isMissing)(
  "is scraped by Debian's Prometheus, which then answers with Agones' names",
  async () => {
    const config = join(folder, "prometheus.yml");
    await writeFile(config, await configOf());
    const port = await freePort();
    const flags = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const prometheus = spawn("prometheus", flags, { stdio: "ignore" });
    const query = async (text: string): Promise<string | undefined> => {
      const path = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`;
      const { data } = (await (await fetch(path)).json()) as {
        data: { result: { value: [number, string] }[] };
      };
      return data.result[0]?.value[1];
    };
    // A scrape that comes too late on a busy machine leaves nothing to be asked for, up to the next one.
    const becomes = (text: string, value: string): Promise<void> =>
      vi.waitFor(async () => expect([text, await query(text)]).toEqual([text, value]), SOON);
    try {
      await becomes('up{job="flotilla"}', "1");
      const expected = {
        'agones_gameservers_count{type="Ready",fleet_name="arena",namespace="default"}': "1",
        'agones_fleets_replicas_count{name="arena",type="desired"}': "2",
        'agones_gameservers_total{type="Ready"}': "1",
        'agones_fleet_autoscalers_buffer_size{fleet_name="arena",type="count"}': "2",
        'agones_gameserver_allocations_duration_seconds_count{status="Allocated"}': "1",
        'flotilla_container_cpu_seconds_total{name="arena-a",fleet="arena",node="n1"}': "2.5",
        'flotilla_node_memory_bytes{node="n1"}': "5000",
        'agones_nodes_count{empty="false"}': "1",
      };
      for (const [text, value] of Object.entries(expected)) await becomes(text, value);
    } finally {
      prometheus.kill("SIGKILL");
      await once(prometheus, "exit");
    }
  },
  90_000,
);
