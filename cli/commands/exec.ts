import type { Command } from "commander";
import { FleetError } from "../../core/std/errors.ts";
import {
  dialExec,
  type ExecConnection,
  type ExecDial,
  ExecRefused,
} from "../../runtime/link/exec-client.ts";
import { errorOfStatus, parsed, pathOf, readToken } from "../api-client.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand, oneContainer } from "../command.ts";
import { ExitCode } from "../explain.ts";
import type { Io } from "../io.ts";

interface ExecOptions {
  readonly interactive?: true;
  readonly tty?: true;
}

export function execCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "exec <what> <command...>",
    summary: "Run a command in a container, as its user and under its limits",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla exec gs/arena-x7k2p -- ls /", "one command; its exit code is ours"],
      ["flotilla exec -it container/red -- busybox sh", "a shell"],
    ],
  });
  command
    .option("-i, --interactive", "hand standard input on")
    .option("-t, --tty", "give it a terminal")
    .passThroughOptions()
    .action((what: string, argv: readonly string[], options: ExecOptions) =>
      // The options before the command are ours, so commander leaves the `--` between the two to us.
      exec(io, command, { what, argv: argv[0] === "--" ? argv.slice(1) : argv }, options),
    );
  return command;
}

async function exec(
  io: Io,
  command: Command,
  { what, argv }: { readonly what: string; readonly argv: readonly string[] },
  options: ExecOptions,
): Promise<void> {
  const { config } = contextOf(io, command);
  if (options.tty && !process.stdin.isTTY)
    throw new FleetError("INVALID", "standard input is no terminal", { next: "leave -t out" });
  const target = { ...oneContainer([what]), namespace: config.namespace, part: "exec" };
  using session = await dial({
    url: config.api,
    token: readToken(config),
    path: pathOf(target),
    argv,
    tty: options.tty === true,
    signal: io.signal,
  });
  const giveBack = options.tty ? takeTerminal(session) : () => undefined;
  if (options.interactive) handInput(io.stdin, session);
  else session.end();
  try {
    for await (const { stream, data } of session.output) process[stream].write(data);
    const code = await session.exit;
    if (code !== 0) throw new ExitCode(code);
  } finally {
    giveBack();
    io.stdin.pause();
  }
}

async function dial(to: ExecDial): Promise<ExecConnection> {
  try {
    return await dialExec(to);
  } catch (error) {
    if (error instanceof ExecRefused) throw errorOfStatus(error.status, parsed(error.body));
    throw error;
  }
}

function handInput(stdin: NodeJS.ReadableStream, session: ExecConnection): void {
  stdin.on("data", (chunk: Buffer | string) => session.write(Buffer.from(chunk)));
  stdin.once("end", () => session.end());
}

/** Every key goes to the other side, Ctrl-C too; returns what gives the terminal back. */
function takeTerminal(session: ExecConnection): () => void {
  const { stdin, stdout } = process;
  const resize = (): void => session.resize(stdout.columns ?? 80, stdout.rows ?? 24);
  stdin.setRawMode(true);
  stdout.on("resize", resize);
  resize();
  return () => {
    stdin.setRawMode(false);
    stdout.off("resize", resize);
  };
}
