import type { Clock } from "../../core/std/clock.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { LinkClientOptions } from "../../runtime/link/link-client.ts";
import type { Config } from "../config.ts";
import { authorityOf } from "./join.ts";

/** The bounds of a machine's link, the same for agent and door. */
export function linkOptions(
  config: Pick<Config, "api" | "node" | "state">,
  token: string,
  clock: Clock,
  logger: Logger,
): LinkClientOptions {
  return {
    url: config.api,
    authority: authorityOf(config),
    token,
    node: config.node,
    clock,
    logger,
    backoff: { firstMs: 20, factor: 2, maxMs: 1_000 },
    queueMax: 100_000,
    requestTimeoutMs: 30_000,
    silenceMaxMs: 15_000,
    streamsMax: 1_024,
  };
}
