import { serviceMain } from "../service/service-main.ts";
import { openRoom } from "./open-room.ts";
import { settingsOf } from "./settings.ts";

const HELP = `The room service of a game: maps that players make, and the way into their rooms.

  npm run service:room
  ROOM_PORT=9000 ROOM_DOCUMENTS=mongodb://127.0.0.1/game npm run service:room

  ROOM_HOST, ROOM_PORT         where it listens (default: 127.0.0.1, 8713)
  ROOM_DOCUMENTS               file:///path or mongodb://… (default: room/room.db in the state folder)
  ROOM_DOCUMENTS_FILE          a file that holds it instead, for a URL with a password
  ROOM_TOKEN_FILE              the operator's token, for game servers (default: room/operator.token there)
  ROOM_PROXIES                 proxies in front whose X-Forwarded-For counts (default: 0)
  LOGIN_URL                    the login service (default: http://127.0.0.1:8711)
  ASSET_URL                    the asset service (default: http://127.0.0.1:8712)
  FLOTILLA_API                 the platform (default: http://127.0.0.1:8700)
  ROOM_ALLOCATE_TOKEN_FILE     its token of scope allocate (default: allocate.token in the state folder)
  ROOM_FLEET                   the fleet whose game servers run maps (default: maps)
  ROOM_SEATS                   seats of a map's room (default: 100)
  ROOM_WAIT_SECONDS            how long who enters waits for a game server (default: 10)
  ROOM_MAPS_PER_USER           maps of one user (default: 50)
  ROOM_VERSIONS                versions of a map that can be had again (default: 50)
  ROOM_CHANGES_PER_MINUTE      changes and entries of a user, and looks at who is there;
                               0 is no limit (default: 600)
  ROOM_DRAIN_SECONDS           between not being ready and the end (default: 0)
  ROOM_LOG_LEVEL               debug, info, warn or error (default: info)
  --help                       this text

Its API is described at /openapi.json.`;

serviceMain({ name: "room", help: HELP, settingsOf, open: openRoom });
