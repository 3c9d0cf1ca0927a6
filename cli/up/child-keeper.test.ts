import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { ChildKeeper } from "./child-keeper.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keeper-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A real process that runs `script` as an ES module. */
function keep(script: string, restarts: string[] = []): ChildKeeper {
  return new ChildKeeper({
    name: "part",
    argv: [process.execPath, "--input-type=module", "-e", script],
    env: { FOLDER: folder },
    logFolder: folder,
    logBytesMax: 1_000_000,
    clock: systemClock,
    backoff: { firstMs: 1, factor: 2, maxMs: 10 },
    steadyMs: 60_000,
    onRestart: (sentence) => restarts.push(sentence),
  });
}

const WAIT_FOR_ORDER = `
process.on("message", ({ do: how }) => { console.log("told to " + how); process.disconnect(); });
process.send({ say: "ready" });`;

describe("ChildKeeper", () => {
  it("resolves when the part is ready, tells it how to end, and keeps what it wrote", async () => {
    const keeper = keep(WAIT_FOR_ORDER);
    await keeper.ready;
    await keeper.end("down", 10_000);
    expect(readFileSync(keeper.logFile, "utf8")).toBe("told to down\n");
  });

  it("starts a part again that died after it was ready", async () => {
    const restarts: string[] = [];
    const keeper = keep(
      `import { existsSync, writeFileSync } from "node:fs";
       const mark = process.env.FOLDER + "/mark";
       process.send({ say: "ready" }, () => {
         if (!existsSync(mark)) { writeFileSync(mark, ""); process.kill(process.pid, "SIGKILL"); }
         console.log("second life");
       });
       ${WAIT_FOR_ORDER}`,
      restarts,
    );
    await keeper.ready;
    while (!readFileSync(keeper.logFile, "utf8").includes("second life"))
      await systemClock.sleep(10);
    await keeper.end("stop", 10_000);
    expect(restarts).toEqual(["part ended (SIGKILL), started again in 1 ms"]);
  });

  it("fails with the part's own words when it cannot start, and does not try again", async () => {
    const restarts: string[] = [];
    const failed = {
      say: "failed",
      cause: "the port is taken",
      problems: [],
      next: "take another",
      exit: 6,
    };
    const keeper = keep(
      `process.send(${JSON.stringify(failed)}, () => process.exit(6));`,
      restarts,
    );
    await expect(keeper.ready).rejects.toMatchObject({
      message: "the port is taken",
      details: { next: "take another" },
    });
    await keeper.end("stop", 10_000);
    expect(restarts).toEqual([]);
  });

  it("kills a part that does not end in time", async () => {
    const keeper = keep(
      `process.on("message", () => {}); process.send({ say: "ready" }); setInterval(() => {}, 1e6);`,
    );
    await keeper.ready;
    await keeper.end("stop", 50);
  });
});
