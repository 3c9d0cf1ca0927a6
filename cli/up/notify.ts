import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { messageOf } from "../../core/std/errors.ts";
import type { Texts } from "../config.ts";

const run = promisify(execFile);
const WITHIN_MS = 10_000;

/**
 * Tells systemd that a unit of `Type=notify` is up; nothing when nobody listens. By systemd's own program, because Node has
 * no datagrams of that kind. Resolves with a sentence when it could not be told.
 */
export async function notifyReady(env: Texts): Promise<string | undefined> {
  if (!env.NOTIFY_SOCKET) return undefined;
  try {
    const words = ["--ready", `--pid=${process.pid}`];
    await run("systemd-notify", words, { env: { ...env }, timeout: WITHIN_MS });
    return undefined;
  } catch (error) {
    return `systemd could not be told that this is ready: ${messageOf(error)}`;
  }
}
