import { systemClock } from "../../../core/std/clock.ts";
import { RemoteLogin } from "../../service/remote-login.ts";
import { JoinTokens } from "../join-tokens.ts";
import { log } from "../log.ts";
import { AccessTokens } from "./access-tokens.ts";
import { MapServer } from "./map-server.ts";
import { RedisSharing } from "./redis-sharing.ts";
import { RoomService } from "./room-service.ts";

/** What the process is told as JSON. */
export interface Serving {
  readonly loginUrl: string;
  readonly roomUrl: string;
  readonly roomToken: string;
  /** Public keys of those who sign join tokens, and for which game server. */
  readonly joinKeys: readonly object[];
  readonly uid: string;
  readonly ticksPerSecond: number;
  readonly webSocketPort?: number;
  readonly redisUrl?: string;
}

/** For tests and benchmarks: a server of maps as a process, told by its argument what else the platform would tell. */
async function main(serving: Serving): Promise<void> {
  const { loginUrl: url, roomUrl, roomToken, uid, joinKeys, ticksPerSecond } = serving;
  const { webSocketPort = 0, redisUrl } = serving;
  const sharing = redisUrl
    ? await RedisSharing.open(redisUrl, `127.0.0.1:${webSocketPort}`)
    : undefined;
  const tokens = new JoinTokens({
    now: Date.now,
    usedMax: 1e5,
    keysWaitMs: 1,
    waitersMax: 10,
    ...(sharing ? { claim: (jti, seconds) => sharing.claim(jti, seconds) } : {}),
  });
  const keys = ["flotilla.dev/join-keys", JSON.stringify(joinKeys)] as const;
  tokens.show({ objectMeta: { uid, annotationsMap: [keys] } });
  const login = new RemoteLogin({ url, clock: systemClock });
  const server = await MapServer.open({
    host: "127.0.0.1",
    webSocketPort,
    udpPort: 0,
    metricsPort: 0,
    ticksPerSecond,
    tokens,
    tokensWanted: "required",
    access: new AccessTokens({ authenticate: (token) => login.authenticate(token), url }),
    service: new RoomService({ url: roomUrl, token: roomToken }),
    wallNow: Date.now,
    ...(sharing ? { sharing } : {}),
    onPlayers: () => undefined,
    onPresence: ({ rooms, players }) => log("presence", { rooms, players: players.size }),
  });
  process.once("SIGTERM", () => {
    void server[Symbol.asyncDispose]().then(() => process.exit(0));
  });
  const { udpPort, metricsPort } = server;
  log("listening", { webSocketPort: server.webSocketPort, udpPort, metricsPort });
}

await main(JSON.parse(process.argv[2] ?? "") as Serving);
