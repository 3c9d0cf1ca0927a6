import { systemClock } from "../../../core/std/clock.ts";
import { RemoteLogin } from "../../service/remote-login.ts";
import { runGame } from "../game-process.ts";
import { settingsOf } from "./settings.ts";

runGame(() => {
  const settings = settingsOf(process.env);
  const { redisUrl } = settings;
  const redis = redisUrl === undefined ? undefined : redisSharing(redisUrl, settings.publicAddress);
  return {
    settings,
    ...(redis ? { claim: async (jti, seconds) => (await redis).claim(jti, seconds) } : {}),
    open: async (links) => {
      const { AccessTokens } = await import("./access-tokens.ts");
      const { MapServer } = await import("./map-server.ts");
      const { RoomService } = await import("./room-service.ts");
      const { loginUrl: url, roomUrl, roomToken } = settings;
      const sharing = redis ? { sharing: await redis } : {};
      const login = new RemoteLogin({ url, clock: systemClock });
      const access = new AccessTokens({ authenticate: (token) => login.authenticate(token), url });
      const service = new RoomService({ url: roomUrl, token: roomToken });
      return MapServer.open({
        ...settings,
        ...links,
        access,
        service,
        wallNow: Date.now,
        ...sharing,
      });
    },
  };
});

/** The packages for Redis are loaded by those who use it. */
async function redisSharing(url: string, publicAddress: string) {
  const { RedisSharing } = await import("./redis-sharing.ts");
  return RedisSharing.open(url, publicAddress);
}
