import type { Command } from "commander";
import { contextOf, makeCommand } from "../command.ts";
import type { Io } from "../io.ts";
import { runPart } from "../run-part.ts";
import { DOOR_SETTINGS } from "../up/parts.ts";

/** Started by the agent, never by a person: the process that ends the game servers' SDK connections. */
export function doorCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "door",
    summary: "Run the SDK door (started by the agent)",
    settings: DOOR_SETTINGS,
    examples: [],
  });
  command.action(() =>
    runPart(async (control) => {
      const { runDoorProcess } = await import("../processes/door.ts");
      await runDoorProcess(contextOf(io, command).config, control);
    }),
  );
  return command;
}
