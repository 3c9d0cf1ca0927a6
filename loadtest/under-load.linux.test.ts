import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { machine } from "./bench/machine.ts";
import { faults } from "./faults/faults.ts";
import { platformFaults } from "./faults/platform-faults.ts";
import type { LoadPlatform } from "./platform/load-platform.ts";
import { startOwnPlatform } from "./platform/own-platform.ts";
import { renderReport } from "./report/report.ts";
import type { RunResult } from "./report/run-result.ts";
import { byPlayers, runOne } from "./scaling/scaling.ts";
import type { Progress } from "./scenario.ts";
import { StepLog } from "./swarm/seated/step-log.ts";
import { sockets } from "./swarm/sockets/sockets-scenario.ts";
import { udp } from "./swarm/udp/udp-scenario.ts";

const ARTEFACTS = join(import.meta.dirname, "../.artefacts/loadtest");
const BROWSERS = [process.env.CHROMIUM ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser"];
const browserPath = BROWSERS.find((path) => path !== "" && existsSync(path));
const quiet: Progress = { say: () => undefined, second: () => undefined };
const { signal } = new AbortController();

let platform: LoadPlatform;
/** What the tests of this file have seen, one after the other: the report shows it. */
const seen: Partial<RunResult>[] = [];

beforeAll(async () => {
  const images = [...new Set([...faults.images, ...udp.images, ...sockets.images])];
  platform = await startOwnPlatform({ parts: [], images, diskMiB: 1_000 });
}, 180_000);
afterAll(() => platform?.[Symbol.asyncDispose]());

describe("a whole Flotilla under load", () => {
  it("answers a swarm of UDP players through a port map", async () => {
    const run = await udp.run(platform, { profile: "smoke", arrivals: 100 }, quiet, signal);
    seen.push(run);
    const { wanted, open, counts = {} } = run.swarms?.udp ?? {};
    const { sent = 0, answered = 0, lost } = counts;
    expect([wanted, open]).toEqual([40, 40]);
    expect(counts).toMatchObject({ duplicates: 0, strays: 0, unsent: 0 });
    // A busy machine may lose some: what is counted must come out even.
    expect(answered).toBeGreaterThan(sent / 2);
    expect(sent - answered).toBe(lost);
  });

  it("has a fleet that follows a sawtooth of players with seats, and goes back to its floor", async () => {
    const began = performance.now();
    using log = new StepLog(() => performance.now() - began, quiet);
    const run = byPlayers(6, 3, [{ name: "tooth", everyMs: 100 }]);
    const { fleet, violations, swarms } = await runOne(platform, run, log, quiet, signal);
    expect(violations).toEqual([]);
    expect(Math.max(...fleet.replicas.map((one) => one ?? 0))).toBe(run.most);
    expect(fleet.players).toContain(run.players);
    expect(fleet.events?.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(["ScaleUp", "ScaleDown"]),
    );
    // Asked of the platform's own samples.
    expect(fleet.cpuPercent?.some((one) => one !== null && one > 0)).toBe(true);
    expect(swarms.sockets?.counts).toMatchObject({ joined: 6, failed: 0, closed: 0 });
    seen.push({ fleets: { [run.name]: fleet }, steps: log.steps });
  }, 400_000);

  it("keeps its players while server and door are killed, and seats anew who loses a game server", async () => {
    const began = performance.now();
    const nowMs = (): number => performance.now() - began;
    const run = await platformFaults(platform, "smoke", { nowMs, progress: quiet, signal });
    seen.push(run);
    const records = run.faults ?? [];
    expect(records.map(({ what }) => what)).toEqual([
      "kill -9 of the server",
      "kill -9 of the door",
      "kill -9 of a game server",
    ]);
    // How many packets a busy machine loses is no matter of ours.
    const promised = run.thresholds?.filter(({ name }) => !name.includes("UDP")) ?? [];
    expect(promised.filter(({ passed }) => !passed)).toEqual([]);
    expect(promised.length).toBeGreaterThanOrEqual(9);
    expect(records[0]?.lost["failed tries to allocate: ECONNREFUSED"]).toBeGreaterThan(0);
    expect(records[2]?.lost["its own players dropped"]).toBeGreaterThan(0);
  }, 400_000);
});

describe.skipIf(browserPath === undefined)("the report of a real run", () => {
  it("opens from a file, light and dark, without an error, and everybody can read it", async () => {
    const file = join(ARTEFACTS, "report.html");
    mkdirSync(ARTEFACTS, { recursive: true });
    writeFileSync(file, renderReport(whole()));
    const args = ["--no-sandbox", "--disable-dev-shm-usage"];
    const browser = await chromium.launch({ executablePath: browserPath ?? "", args });
    try {
      for (const colorScheme of ["light", "dark"] as const) {
        const viewport = { width: 1200, height: 900 };
        const context = await browser.newContext({ colorScheme, viewport, bypassCSP: true });
        const page = await context.newPage();
        const said: string[] = [];
        page.on("console", (message) => said.push(message.text()));
        page.on("pageerror", (error) => said.push(String(error)));
        await page.goto(pathToFileURL(file).href);
        await page.screenshot({
          path: join(ARTEFACTS, `report-${colorScheme}.png`),
          fullPage: true,
        });
        await page.evaluate(axe.source);
        const violations = await page.evaluate("axe.run().then((found) => found.violations)");
        expect(violations).toEqual([]);
        expect(await page.locator("svg.chart").count()).toBeGreaterThan(5);
        expect(await page.locator("h1").textContent()).toContain("everything");
        expect(said).toEqual([]);
      }
    } finally {
      await browser.close();
    }
  });
});

function whole(): RunResult {
  const all = <K extends keyof RunResult>(key: K) => seen.flatMap((one) => one[key] ?? []);
  return {
    ...{ format: 1, name: "everything", profile: "smoke", command: "vitest", commit: "unknown" },
    startedAt: new Date().toISOString(),
    seconds: seen.reduce((sum, { seconds = 0 }) => sum + seconds, 0),
    machine: { ...machine(), memoryMiB: Math.round(totalmem() / 2 ** 20), loadBefore: 0 },
    versions: { node: process.version },
    settings: {},
    ...Object.assign({}, ...seen),
    steps: Object.assign({}, ...seen.map(({ steps }) => steps)),
    swarms: Object.assign({}, ...seen.map(({ swarms }) => swarms)),
    fleets: Object.assign({}, ...seen.map(({ fleets }) => fleets)),
    thresholds: all("thresholds"),
    notes: all("notes"),
  };
}
