import { serviceMain } from "../service/service-main.ts";
import { openMeet } from "./open-meet.ts";
import { settingsOf } from "./settings.ts";

const HELP = `The page where players meet, and one origin for the services behind it.

  npm run service:meet
  MEET_PORT=9000 LOGIN_URL=http://10.0.0.7:8711 npm run service:meet

  MEET_HOST, MEET_PORT         where it listens (default: 127.0.0.1, 8710)
  LOGIN_URL, ASSET_URL,
  ROOM_URL                     the services (default: http://127.0.0.1:8711, …:8712, …:8713)
  MEET_GAME_ENDPOINT           where pages connect to game servers, such as wss://{host}/{port}
                               (default: the game server's own host and port)
  MEET_CONNECT                 what pages may connect to, as Content-Security-Policy has it
                               (default: http: https: ws: wss:)
  MEET_BODY_MIB                size of what is passed on to a service (default: 8)
  MEET_ANSWER_SECONDS          how long a service may take to answer (default: 40)
  MEET_OPEN                    requests under way to each service, half of them of one
                               address (default: 256)
  MEET_TOKEN_FILE              the operator's token (default: meet/operator.token in the state folder)
  MEET_PROXIES                 proxies in front whose X-Forwarded-For counts (default: 0)
  MEET_DRAIN_SECONDS           between not being ready and the end (default: 0)
  MEET_LOG_LEVEL               debug, info, warn or error (default: info)
  MEET_PAGE                    the folder of the built page (default: .build/meet/page)
  --help                       this text`;

serviceMain({ name: "meet", help: HELP, settingsOf, open: openMeet });
