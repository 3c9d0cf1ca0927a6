import { join } from "node:path";
import { ProcessDriver } from "../../runtime/container/process-driver.ts";
import { ProcTable, PsTable } from "../../runtime/container/process-table.ts";
import { FetchingImageStore } from "../../runtime/image/fetching-image-store.ts";
import { openImageStore } from "../../runtime/image/folder-image-store.ts";
import { portableUnpack } from "../../runtime/image/unpack.ts";
import { environment } from "../config.ts";
import { clearOldImages } from "./clear-old-images.ts";
import type { MachineDriver, MachineParts } from "./machine-driver.ts";
import { playersAddress } from "./players-address.ts";

const UNPACK_LIMITS = { entriesMax: 200_000, bytesMax: 16 * 1024 ** 3 };
const MIB = 1024 * 1024;

/** Game servers as plain processes: for a machine without root, or without Linux. */
export async function openProcessMachine(parts: MachineParts): Promise<MachineDriver> {
  const { path, linux, clock, logger, config } = parts;
  const local = await openImageStore({
    root: path,
    unpack: portableUnpack(UNPACK_LIMITS),
    whiteouts: "files",
    clock,
  });
  const images = new FetchingImageStore({ ...parts.imageSource, local });
  const driver = await ProcessDriver.open({
    folder: join(path, "agent"),
    images,
    table: process.platform === "linux" ? new ProcTable(linux) : new PsTable(),
    host: { nodeBinary: process.execPath, path: environment().PATH ?? "/usr/bin:/bin" },
    clock,
    logger,
    logBytesMax: 8 * MIB,
    rawBytesMax: 8 * MIB,
    removedLogsMax: 200,
    pollMs: 250,
    killWaitMs: 5_000,
  });
  return {
    driver,
    images,
    blob: (digest) => local.images.blobs.open(digest),
    address: playersAddress(config, linux),
    platformApi: undefined,
    addressUse: () => [],
    setServices: async (leads) => {
      if (leads.length > 0)
        logger.warn({}, "services need isolated containers: nothing leads to these replicas");
    },
    run: (signal) => clearOldImages({ images: local.images, root: path, clock, logger }, signal),
    end: async () => undefined,
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  };
}
