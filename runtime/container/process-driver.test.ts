import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { openImageStore } from "../image/folder-image-store.ts";
import { portableUnpack } from "../image/unpack.ts";
import { HostLinux } from "../linux/host-linux.ts";
import { type DriverBench, describeDriver } from "./driver-conformance.ts";
import { writeFixtureImage } from "./driver-fixture.ts";
import { ProcessDriver } from "./process-driver.ts";
import { type ProcessTable, ProcTable, PsTable } from "./process-table.ts";

async function benchWith(table: ProcessTable): Promise<DriverBench> {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-process-"));
  const unpack = portableUnpack({ entriesMax: 1000, bytesMax: 1e8 });
  const images = await openImageStore({
    root: folder,
    unpack,
    whiteouts: "files",
    clock: systemClock,
  });
  await writeFixtureImage(images.images, "host");
  const open = (): Promise<ProcessDriver> =>
    ProcessDriver.open({
      folder,
      images,
      table,
      host: { nodeBinary: process.execPath, path: "/usr/bin:/bin" },
      clock: systemClock,
      logger: silentLogger,
      logBytesMax: 64 * 1024,
      rawBytesMax: 1024 * 1024,
      removedLogsMax: 10,
      pollMs: 20,
      killWaitMs: 30_000,
    });
  return {
    open,
    leftovers: () => leftoversOf(folder),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** Processes whose environment names a folder below ours, and folders of containers. */
async function leftoversOf(folder: string): Promise<readonly string[]> {
  const folders = await readdir(join(folder, "containers")).catch(() => []);
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(
    pids.map(async (pid) => ({
      pid,
      text: await readFile(`/proc/${pid}/environ`, "latin1").catch(() => ""),
    })),
  );
  const processes = environments.filter(({ text }) => text.includes(folder));
  return [...folders, ...processes.map(({ pid }) => `process ${pid}`)];
}

describeDriver("process", () => benchWith(new ProcTable(new HostLinux())));
describeDriver("process (without /proc)", () => benchWith(new PsTable()));
