import type { FastifyInstance } from "fastify";
import { FleetError } from "../core/std/errors.ts";
import type { Metrics } from "../monitor/metrics.ts";
import { containerMetricsText } from "../monitor/samples/container-metrics.ts";
import type { LiveSamples } from "../monitor/samples/live-samples.ts";
import { isAsked, serve } from "./route.ts";

export interface HealthRoutesOptions {
  readonly notReady: () => string | undefined;
  readonly metrics: Metrics;
  readonly samples: LiveSamples;
}

/** Whether it lives, whether it can serve, and its numbers. */
export function healthRoutes(app: FastifyInstance, options: HealthRoutesOptions): void {
  aliveRoutes(app, options);
  serve(app, "/metrics", {
    GET: {
      access: "read",
      handle: async (request, reply) => {
        const { type, text } = await options.metrics.show();
        const more = isAsked(request, "containers") ? containerMetricsText(options.samples) : "";
        return await reply.type(type).send(text + more);
      },
      about: {
        tag: "Monitoring",
        summary: "Numbers for Prometheus: Agones' names where Agones has them",
        query: { containers: "true: also some twenty lines for each container" },
      },
    },
  });
}

/** Whether it lives, and whether it can serve. */
export function aliveRoutes(
  app: FastifyInstance,
  options: Pick<HealthRoutesOptions, "notReady">,
): void {
  serve(app, "/livez", {
    GET: { access: "open", handle: (_request, reply) => reply.type("text/plain").send("ok\n") },
  });
  serve(app, "/readyz", {
    GET: {
      access: "open",
      handle: (_request, reply) => {
        const reason = options.notReady();
        if (reason !== undefined) throw new FleetError("UNAVAILABLE", `not ready: ${reason}`);
        return reply.type("text/plain").send("ok\n");
      },
    },
  });
}
