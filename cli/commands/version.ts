import type { Command } from "commander";
import { isFleetError } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand } from "../command.ts";
import type { Io } from "../io.ts";
import { textTable } from "../text-table.ts";
import { packageVersion } from "../version.ts";

/** `flotilla version`: this program's and, if one answers, the control plane's. */
export function versionCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "version",
    summary: "Print the version of this program and of the control plane",
    settings: CLIENT_SETTINGS,
    examples: [["flotilla version", "both versions"]],
  });
  command.action(async () => {
    const { config, api } = contextOf(io, command);
    io.out(
      textTable([
        ["flotilla", packageVersion()],
        ["node", process.versions.node],
        [
          "control plane",
          await answered(config.api, () => api.request({ method: "GET", path: "/version" })),
        ],
      ]),
    );
  });
  return command;
}

async function answered(
  url: string,
  ask: () => Promise<{ readonly body: unknown }>,
): Promise<string> {
  try {
    const { body } = await ask();
    const said = isObject(body) ? (body.gitVersion ?? body.version) : undefined;
    return `${String(said ?? "answers without a version")} at ${url}`;
  } catch (error) {
    if (isFleetError(error)) return `none (${error.message})`;
    throw error;
  }
}
