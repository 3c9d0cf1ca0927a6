import { environment } from "./config.ts";
import { processIo } from "./io.ts";
import { runCli } from "./program.ts";

/** Commands that decide themselves what a signal means; for all others Ctrl-C ends what follows or watches. */
const OWN_SIGNALS = ["up", "server", "agent", "door"];

/** A reader that went away (`flotilla get gs | head`) is no error of ours. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const stop = new AbortController();
const argv = process.argv.slice(2);
if (!OWN_SIGNALS.includes(argv[0] ?? ""))
  process.once("SIGINT", () => {
    stop.abort();
    setTimeout(() => process.exit(130), 200).unref();
  });

process.exitCode = await runCli(argv, processIo(stop.signal, environment()));
