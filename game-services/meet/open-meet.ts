import { FleetError } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import { createService } from "../service/create-service.ts";
import { ServiceMetrics } from "../service/metrics.ts";
import type { ServiceRoute } from "../service/route.ts";
import type { RunningService } from "../service/run-service.ts";
import { readTokenFile } from "../service/token-file.ts";
import { readPage } from "./page-files.ts";
import { pageRoutes } from "./page-routes.ts";
import { ServiceProxy } from "./service-proxy.ts";
import { SERVICES, type Settings } from "./settings.ts";

export interface OpenMeetOptions {
  readonly settings: Settings;
  readonly logger: Logger;
}

const VERSION = "1";
/** Of what this service itself is asked: nothing that needs a body. */
const BODY_BYTES_MAX = 1_024;

/** The page and the way to the services behind it, ready to listen. */
export async function openMeet({ settings, logger }: OpenMeetOptions): Promise<RunningService> {
  await using stack = new AsyncDisposableStack();
  const files = readPage(settings.page);
  const proxies = SERVICES.map((name) =>
    stack.use(new ServiceProxy({ ...settings, name, url: settings.services[name] })),
  );
  let isEnding = false;
  const app = await createService({
    title: "Flotilla meet",
    version: VERSION,
    description: "The page of a game, and one origin for the services behind it.",
    routes: [settingsRoute(settings)],
    plain: {},
    authenticate: async () => {
      throw new FleetError("UNAUTHENTICATED", "token invalid");
    },
    operatorToken: readTokenFile(settings.tokenFile),
    isEnding: () => isEnding,
    // A service that is away is told by the page itself, which needs this one for it.
    notReady: async () => undefined,
    bodyBytesMax: BODY_BYTES_MAX,
    proxies: settings.proxies,
    metrics: new ServiceMetrics(),
    logger,
    beside: (own) => {
      pageRoutes(own, { files, connectSources: settings.connectSources });
      for (const proxy of proxies) proxy.mount(own);
    },
  });
  stack.defer(() => app.close());
  const all = stack.move();
  return {
    app,
    fatal: new Promise(() => undefined),
    beginEnd: () => {
      isEnding = true;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** What the page cannot know by itself. */
function settingsRoute({ gameEndpoint }: Settings): ServiceRoute {
  const message = gameEndpoint === "" ? {} : { game_endpoint: gameEndpoint };
  return {
    method: "GET",
    url: "/settings",
    access: "open",
    summary: "What the page needs to know of where it runs.",
    status: 200,
    answer: {
      type: "object",
      properties: {
        game_endpoint: {
          type: "string",
          description: "Where to connect instead of a game server's own host and port.",
        },
      },
    },
    failures: [],
    example: { message: { game_endpoint: "wss://{host}/{port}" } },
    handle: async () => ({ message }),
  };
}
