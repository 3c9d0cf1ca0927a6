import { join } from "node:path";
import { readToken } from "../../access/tokens.ts";
import { systemClock } from "../../core/std/clock.ts";
import { LinkCache } from "../../runtime/link/link-cache.ts";
import { LinkClient } from "../../runtime/link/link-client.ts";
import type { DoorLink } from "../../runtime/sdk/door-link.ts";
import { DOOR_MAXIMA, SdkDoor } from "../../runtime/sdk/sdk-door.ts";
import type { Config } from "../config.ts";
import { processLogger } from "../log.ts";
import type { ChildControl } from "../up/child-control.ts";
import { becomeUser } from "./drop-privileges.ts";
import { linkOptions } from "./link-options.ts";
import { warmUp } from "./warm-up.ts";

/** The SDK server of this machine's game servers. It outlives server and agent, and holds nothing that they need. */
export async function runDoorProcess(config: Config, control: ChildControl): Promise<void> {
  const logger = processLogger("door", config.logLevel);
  const token = await readToken(config.agentTokenFile || join(config.state, "agent.token"));
  process.chdir(join(config.state, "sdk"));
  await warmUp();
  await using client = new LinkClient(linkOptions(config, token, systemClock, logger));
  const cache = new LinkCache();
  const stop = new AbortController();
  const link: DoorLink = {
    sdk: (call) => client.sdk(call),
    get: ({ namespace, name, uid }) => {
      const found = cache.get("GameServer", namespace, name);
      return found?.metadata.uid === uid ? found : undefined;
    },
    onChange: (key, listener) => cache.onChange(key, listener),
    connected: () => client.connected(),
  };
  await using _door = await SdkDoor.open({
    peersFolder: "peers",
    link,
    node: config.node,
    clock: systemClock,
    logger,
    maxima: DOOR_MAXIMA,
  });
  becomeUser(config.serverUid);
  const watching = client.watch(["GameServer"], (event) => cache.apply(event), stop.signal);
  logger.info({ node: config.node }, "the SDK door is open");
  control.say({ say: "ready" });
  await control.ending;
  stop.abort(new Error("ending"));
  await watching;
}
