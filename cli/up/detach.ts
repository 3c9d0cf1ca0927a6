import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import { type Config, childEnvironment, configFlags, type SettingName } from "../config.ts";
import type { Io } from "../io.ts";
import type { FromChild } from "./child-control.ts";
import { ownArgv } from "./parts.ts";
import { openStateFolder } from "./state-folder.ts";

export interface DetachOptions {
  readonly config: Config;
  readonly settings: readonly SettingName[];
  readonly files: readonly string[];
  readonly io: Io;
}

/** Starts `up` in a session of its own, shows its progress, and returns when it is ready. */
export async function detach({ config, settings, files, io }: DetachOptions): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const { path } = openStateFolder(config.state, isRoot ? config.serverUid : undefined);
  const logFile = join(path, "logs", "up.log");
  // Opened to write from the start: this log holds one run's few lines.
  const log = openSync(logFile, "w", 0o600);
  const flags = configFlags({ ...config, state: path }, settings);
  const apply = files.length > 0 ? ["-f", ...files] : [];
  const [program, ...args] = ownArgv(["up", ...flags, "--detached-run", ...apply]);
  const stdio = ["ignore", log, log, "ipc"] as const;
  const child = spawn(program, args, {
    detached: true,
    stdio: [...stdio],
    env: childEnvironment(io.env, config, settings),
  });
  closeSync(log);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.on("message", (message: FromChild) => {
    if (message.say === "line")
      io.out(`${message.text.replace(/^Ctrl-C stops/m, "`flotilla down` stops")}\n`);
    else if (message.say === "ready") resolve();
    else reject(failure(message));
  });
  child.once("error", reject);
  child.once("exit", (code, signal) => reject(ended(signal ?? `exit code ${code}`, logFile)));
  await promise.finally(() => {
    child.removeAllListeners();
    if (child.connected) child.disconnect();
    child.unref();
  });
  io.out(`It runs in the background (process ${child.pid}); its words go to ${logFile}\n`);
}

function failure({ cause, next, problems }: FromChild & { say: "failed" }): FleetError {
  const details = { next, problems: problems.map((message) => ({ path: "", message })) };
  return new FleetError("FAILED_PRECONDITION", cause, details);
}

function ended(how: string, logFile: string): FleetError {
  return new FleetError("INTERNAL", `the background process ended (${how})`, {
    next: `its words are in ${logFile}`,
  });
}
