import { serviceMain } from "../service/service-main.ts";
import { openAsset } from "./open-asset.ts";
import { settingsOf } from "./settings.ts";

const HELP = `The asset service of a game: what users made, with thumbnails, to be placed on maps.

  npm run service:asset
  ASSET_PORT=9000 ASSET_DOCUMENTS=mongodb://127.0.0.1/game npm run service:asset

  ASSET_HOST, ASSET_PORT       where it listens (default: 127.0.0.1, 8712)
  ASSET_DOCUMENTS              file:///path or mongodb://… (default: asset/asset.db in the state folder)
  ASSET_DOCUMENTS_FILE         a file that holds it instead, for a URL with a password
  ASSET_FILES                  folder of the thumbnails (default: asset/files there)
  ASSET_TOKEN_FILE             the operator's token (default: asset/operator.token there)
  LOGIN_URL                    the login service, whose tokens it believes (default: http://127.0.0.1:8711)
  ASSET_PROXIES                proxies in front whose X-Forwarded-For counts (default: 0)
  ASSET_THUMBNAIL_KIB          size of a thumbnail's file, at most (default: 1024)
  ASSET_THUMBNAIL_SIDE         pixels of its width and of its height, at most (default: 2048)
  ASSET_UPLOAD_SECONDS         time that an upload may take (default: 15)
  ASSET_UPLOADS                uploads at once (default: 32)
  ASSET_UPLOADS_OF_ONE         those of one player among them (default: 8)
  ASSET_PER_USER               assets of a user (default: 1000)
  ASSET_MIB_PER_USER           size of a user's thumbnails together (default: 100)
  ASSET_DRAIN_SECONDS          between not being ready and the end (default: 0)
  ASSET_LOG_LEVEL              debug, info, warn or error (default: info)
  --help                       this text

Its API is described at /openapi.json.`;

serviceMain({ name: "asset", help: HELP, settingsOf, open: openAsset });
