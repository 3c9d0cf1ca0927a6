import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { messageOf } from "../../core/std/errors.ts";
import { LISTEN_BACKLOG } from "../../core/std/listen-backlog.ts";
import type { Logger } from "../../core/std/logger.ts";
import { endService } from "./end-service.ts";

/** What runs: its routes, and what has to be closed after them. */
export interface RunningService extends AsyncDisposable {
  readonly app: FastifyInstance;
  /** From now on it is not ready, so that whoever balances loads sends nobody new. */
  readonly beginEnd: () => void;
  /** Resolves with the error when it cannot go on. */
  readonly fatal: Promise<Error>;
}

export interface RunOptions {
  readonly host: string;
  readonly port: number;
  /** Between not being ready and letting nobody in: as long as a load balancer takes to notice. */
  readonly drainMs: number;
  /** How long connections on which nothing is asked are kept. */
  readonly graceMs: number;
  readonly logger: Logger;
  readonly open: () => Promise<RunningService>;
}

/** Longer than any answer takes that is worth to be waited for, and shorter than the platform's own grace of 30 s. */
const ANSWER_MS = 25_000;

/** Opens a service, serves until SIGTERM or SIGINT, and ends it in order; resolves with the exit code. */
export async function runService(options: RunOptions): Promise<number> {
  const { host, port, drainMs, graceMs, logger } = options;
  const stop = Promise.withResolvers<string>();
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => stop.resolve(signal));
  await using service = await options.open();
  await service.app.listen({ host, port, backlog: LISTEN_BACKLOG });
  logger.info({ host, port: (service.app.server.address() as AddressInfo).port }, "listening");
  const because = await Promise.race([stop.promise, service.fatal]);
  if (typeof because !== "string") {
    logger.error({ because: messageOf(because) }, "it cannot go on");
    await service.app.close();
    return 1;
  }
  logger.info({ because }, "ending");
  service.beginEnd();
  await new Promise((resolve) => setTimeout(resolve, drainMs));
  await endService(service.app, { graceMs, answerMs: ANSWER_MS });
  logger.info({}, "ended");
  return 0;
}
