import type { Command } from "commander";
import { FleetError } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand } from "../command.ts";
import { durationMs } from "../duration.ts";
import type { Io } from "../io.ts";

/** `flotilla node token`: what another machine needs to join. */
export function nodeCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "node",
    summary: "Let other machines join",
    settings: [],
    examples: [["flotilla node token --expires 1h", "prints the command for the other machine"]],
  });
  const token = makeCommand(io, {
    usage: "token",
    summary:
      "Make a node token: whoever has it can join a machine until it expires, and nothing else",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla node token", "good for one hour"],
      [
        "flotilla node token --expires 10m --url https://10.0.0.5:8701",
        "where the other machine dials",
      ],
    ],
  });
  token
    .option("--expires <time>", "how long it is good for: 90s, 10m, 1h, 7d", "1h")
    .option("--url <url>", "where the other machine reaches the control plane (default: --api)")
    .action((options: { readonly expires: string; readonly url?: string }) =>
      printToken(io, token, options),
    );
  return command.addCommand(token);
}

async function printToken(
  io: Io,
  command: Command,
  { expires, url }: { readonly expires: string; readonly url?: string },
): Promise<void> {
  const { api, config } = contextOf(io, command);
  const ms = durationMs(expires);
  if (ms === undefined)
    throw new FleetError("INVALID", `--expires takes a time such as 10m, 1h or 7d, not ${expires}`);
  const { body } = await api.request({
    method: "POST",
    path: "/link/v1/node-tokens",
    body: { expiresSeconds: ms / 1_000 },
  });
  if (!isObject(body)) throw new FleetError("INTERNAL", "the API answered without a token");
  io.err(`On the other machine, as root, until ${String(body.expiresAt)}:\n`);
  const where = url ?? (typeof body.url === "string" ? body.url : config.api);
  io.out(`FLOTILLA_JOIN_TOKEN=${String(body.token)} flotilla agent --api ${where}\n`);
}
