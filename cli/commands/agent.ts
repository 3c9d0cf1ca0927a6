import type { Command } from "commander";
import { contextOf, makeCommand } from "../command.ts";
import type { Config } from "../config.ts";
import type { Io } from "../io.ts";
import { runPart } from "../run-part.ts";
import { compileShim } from "../shim-folder.ts";
import { openForwardFolder } from "../state/bring-forward.ts";
import { AGENT_SETTINGS } from "../up/parts.ts";
import { writeRunRecord } from "../up/run-record.ts";

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
        const { config } = contextOf(io, command);
        if (!control.hasParent) await prepareMachine(config);
        const { runAgent } = await import("../processes/agent.ts");
        await runAgent(config, control, { isDown: flags.down === true });
      }),
    );
  return command;
}

/** What `up` does for the agent that it starts. */
async function prepareMachine(config: Config): Promise<void> {
  await openForwardFolder(config.state, undefined);
  await compileShim(config);
  await writeRunRecord(config);
}
