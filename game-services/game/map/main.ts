import { systemClock } from "../../../core/std/clock.ts";
import { RemoteLogin } from "../../service/remote-login.ts";
import { runGame } from "../game-process.ts";
import { aloneIn, settingsOf } from "./settings.ts";

const HELP = `The game server on maps, without a platform: who has logged in comes in by its access token and says which map.

  npm run service:game
  MAP_HOST=0.0.0.0 ROOM_URL=http://127.0.0.1:9000 npm run service:game

  MAP_HOST                                 where it listens (default: 127.0.0.1)
  FLOTILLA_PORT_GAME, FLOTILLA_PORT_UDP    WebSocket and UDP (default: 7654, 7655)
  LOGIN_URL, ROOM_URL                      the services it asks (default: http://127.0.0.1:8711, http://127.0.0.1:8713)
  ROOM_TOKEN_FILE                          the room service's operator token (default: room/operator.token in the state folder)
  --help                                   this text

Players join the Colyseus room "map" with {access: an access token, map: a map_id}. All settings: docs/game.md`;

const argv = process.argv.slice(2);
const isAlone = argv[0] === "--alone";
const [strange] = isAlone ? argv.slice(1) : argv;
if (strange === "--help" || strange === "-h") {
  console.log(HELP);
  process.exit(0);
}

runGame(() => {
  if (strange !== undefined) throw new Error(`there is no argument ${strange}; try --help`);
  const settings = settingsOf(isAlone ? aloneIn(process.env, process.getuid?.()) : process.env);
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
