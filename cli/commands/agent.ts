import type { Command } from "commander";
import { messageOf } from "../../core/std/errors.ts";
import { contextOf, makeCommand } from "../command.ts";
import type { Config } from "../config.ts";
import { explain } from "../explain.ts";
import type { Io } from "../io.ts";
import { runPart } from "../run-part.ts";
import { compileShim } from "../shim-folder.ts";
import { openForwardFolder } from "../state/bring-forward.ts";
import type { ChildControl } from "../up/child-control.ts";
import { isInUse } from "../up/lock-soon.ts";
import { notifyReady } from "../up/notify.ts";
import { AGENT_SETTINGS } from "../up/parts.ts";
import { writeRunRecord } from "../up/run-record.ts";
import { type UpStage, writeUpRecord } from "../up/up-record.ts";
import { packageVersion } from "../version.ts";

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
        const isDown = flags.down === true;
        const isAlone = !control.hasParent;
        if (isAlone) await prepareMachine(config);
        const { runAgent } = await import("../processes/agent.ts");
        if (isAlone && !isDown) await recorded(config, io, control, runAgent);
        else await runAgent(config, control, { isDown });
      }),
    );
  return command;
}

/** Tells `flotilla upgrade` and systemd how far it has come, as `up` does. */
async function recorded(
  config: Config,
  io: Io,
  control: ChildControl,
  run: (config: Config, control: ChildControl, how: { readonly isDown: false }) => Promise<void>,
): Promise<void> {
  const about = {
    ...{ pid: process.pid, version: packageVersion(), words: ["agent"] },
    isSupervised: Boolean(io.env.INVOCATION_ID),
  };
  const record = (stage: UpStage, cause = ""): Promise<void> =>
    writeUpRecord(config.state, { ...about, stage, cause });
  const isReady = async (): Promise<void> => {
    await record("ready");
    const missed = await notifyReady(io.env);
    if (missed) io.err(`${missed}\n`);
  };
  const say: ChildControl["say"] = (message) => {
    if (message.say === "ready")
      isReady().catch((error: unknown) => io.err(`${messageOf(error)}\n`));
    control.say(message);
  };
  try {
    await run(config, { ...control, say }, { isDown: false });
  } catch (error) {
    // Who is refused a folder that is in use has nothing to write there.
    if (!isInUse(error)) await record("failed", explain(error).cause).catch(() => undefined);
    throw error;
  }
}

/** What `up` does for the agent that it starts. */
async function prepareMachine(config: Config): Promise<void> {
  await openForwardFolder(config.state, undefined);
  await compileShim(config);
  await writeRunRecord(config);
}
