import type { Command } from "commander";
import { contextOf, makeCommand } from "../command.ts";
import type { Io } from "../io.ts";
import { runPart } from "../run-part.ts";
import { openForwardFolder } from "../state/bring-forward.ts";
import { SERVER_SETTINGS } from "../up/parts.ts";

export function serverCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "server",
    summary: "Run the control plane alone",
    settings: SERVER_SETTINGS,
    examples: [
      ["flotilla server", "for clients and an agent on this machine"],
      ["flotilla server --tls-listen 10.0.0.5:8701", "for agents on other machines, too, over TLS"],
    ],
  });
  command.action(() =>
    runPart(async (control) => {
      const { config } = contextOf(io, command);
      const isRoot = process.getuid?.() === 0;
      if (!control.hasParent)
        await openForwardFolder(config.state, isRoot ? config.serverUid : undefined);
      const { runServer } = await import("../processes/server.ts");
      await runServer(config, control);
    }),
  );
  return command;
}
