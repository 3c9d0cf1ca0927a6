import { type Clock, systemClock } from "../../core/std/clock.ts";
import { messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import { serviceLogger } from "./log.ts";
import { type RunningService, runService } from "./run-service.ts";
import type { Environment } from "./settings.ts";

/** What the settings of every service have. */
export interface RunSettings {
  readonly host: string;
  readonly port: number;
  readonly drainMs: number;
  readonly logLevel: string;
}

/** A service as a program. */
export interface ServiceMain<S extends RunSettings> {
  readonly name: string;
  readonly help: string;
  /** Throws with a sentence when a value makes no sense. */
  readonly settingsOf: (env: Environment, uid: number | undefined) => S;
  readonly open: (options: {
    readonly settings: S;
    readonly clock: Clock;
    readonly logger: Logger;
  }) => Promise<RunningService>;
}

const GRACE_MS = 2_000;

/** Is this process: reads its arguments and environment, runs the service, and exits. */
export function serviceMain<S extends RunSettings>(main: ServiceMain<S>): void {
  run(main, process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error) => {
      console.error(`error: ${messageOf(error)}`);
      process.exit(1);
    },
  );
}

async function run<S extends RunSettings>(
  { name, help, settingsOf, open }: ServiceMain<S>,
  argv: readonly string[],
): Promise<number> {
  if (argv.includes("--help") || argv.includes("-h")) {
    console.log(help);
    return 0;
  }
  if (argv.length > 0) throw new Error(`there is no argument ${argv[0]}; try --help`);
  const settings = settingsOf(process.env, process.getuid?.());
  const logger = serviceLogger(name, settings.logLevel);
  return await runService({
    ...settings,
    graceMs: GRACE_MS,
    logger,
    open: () => open({ settings, clock: systemClock, logger }),
  });
}
