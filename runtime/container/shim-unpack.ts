import { spawn } from "node:child_process";
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { FleetError } from "../../core/std/errors.ts";
import type { Unpack } from "../image/unpack.ts";

const WORDS_MAX = 4_096;

/** Unpacks layers by the shim's helper, which has no way out of the folder that it fills. */
export function shimUnpack(shim: string): Unpack {
  return async (tar, target) => {
    const child = spawn(shim, ["unpack", target], { stdio: ["pipe", "ignore", "pipe"] });
    let words = "";
    child.stderr.on("data", (chunk: Buffer) => {
      if (words.length < WORDS_MAX) words += chunk.toString();
    });
    const closed = once(child, "close");
    // When the helper refuses, it stops reading: its own words say more than the broken pipe.
    await pipeline(tar, child.stdin).catch(() => undefined);
    const [code, signal] = await closed;
    if (code === 0) return;
    const why = words.trim() || `it ended with ${signal ?? `exit code ${code}`}`;
    throw new FleetError("INVALID", `cannot unpack a layer: ${why}`, { target });
  };
}
