import type { Command } from "commander";
import { contextOf, makeCommand } from "../command.ts";
import type { Io } from "../io.ts";
import { runPart } from "../run-part.ts";
import { AGENT_SETTINGS } from "../up/parts.ts";

export function agentCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "agent",
    summary: "Run this machine's agent alone, for a control plane on another one",
    settings: AGENT_SETTINGS,
    examples: [
      ["flotilla agent --api https://10.0.0.5:8701", "join with FLOTILLA_JOIN_TOKEN, or go on"],
    ],
  });
  command
    .addOption(
      command.createOption("--down", "end what an earlier run left, then return").hideHelp(),
    )
    .action((flags: { readonly down?: true }) =>
      runPart(async (control) => {
        const { runAgent } = await import("../processes/agent.ts");
        await runAgent(contextOf(io, command).config, control, { isDown: flags.down === true });
      }),
    );
  return command;
}
