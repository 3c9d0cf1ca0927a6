import { environment } from "./config.ts";
import { processIo } from "./io.ts";
import { runCli } from "./program.ts";

/** Commands that decide themselves what a signal means; for all others Ctrl-C ends what follows or watches. */
const OWN_SIGNALS = ["up", "server", "agent", "door"];

const stop = new AbortController();
const argv = process.argv.slice(2);
const isLongLived = OWN_SIGNALS.includes(argv[0] ?? "");

/** A reader that went away (`flotilla get gs | head`) is no error of ours, and no reason for `up` to end. */
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (!isLongLived) process.exit(0);
  });

if (!isLongLived)
  process.once("SIGINT", () => {
    stop.abort();
    setTimeout(() => process.exit(130), 200).unref();
  });

process.exitCode = await runCli(argv, processIo(stop.signal, environment()));
