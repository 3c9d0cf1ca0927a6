import { serviceMain } from "../service/service-main.ts";
import { openLogin } from "./open-login.ts";
import { PASSWORD_COST } from "./passwords.ts";
import { settingsOf } from "./settings.ts";

const HELP = `The login service of a game: accounts, passwords, devices, tokens.

  npm run service:login
  LOGIN_PORT=9000 LOGIN_DOCUMENTS=mongodb://127.0.0.1/game npm run service:login

  LOGIN_HOST, LOGIN_PORT       where it listens (default: 127.0.0.1, 8711)
  LOGIN_DOCUMENTS              file:///path or mongodb://… (default: login/login.db in the state folder)
  LOGIN_DOCUMENTS_FILE         a file that holds it instead, for a URL with a password
  LOGIN_KEY_FILE               signing keys, a private JWK set (default: login/keys.json there)
  LOGIN_TOKEN_FILE             the operator's token (default: login/operator.token there)
  LOGIN_PROXIES                proxies in front whose X-Forwarded-For counts (default: 0)
  LOGIN_ACCESS_SECONDS         life of an access token (default: 900)
  LOGIN_REFRESH_SECONDS        life of a session that nobody refreshes (default: 30 days)
  LOGIN_ONLINE_SECONDS         seen within these is online (default: 120)
  LOGIN_ADDRESS_PER_MINUTE     attempts of an address; 0 is no limit (default: 60)
  LOGIN_ACCOUNT_PER_MINUTE     attempts of an account; 0 is no limit (default: 20)
  LOGIN_LOCK_AFTER             wrong passwords in a row until an account is locked (default: 10)
  LOGIN_HASHES                 passwords hashed at once (default: 2)
  LOGIN_HASHES_WAITING         passwords that may wait for it (default: 100)
  LOGIN_DRAIN_SECONDS          between not being ready and the end (default: 0)
  LOGIN_LOG_LEVEL              debug, info, warn or error (default: info)
  --help                       this text

Its API is described at /openapi.json.`;

serviceMain({
  name: "login",
  help: HELP,
  settingsOf,
  open: (options) => openLogin({ ...options, passwordCost: PASSWORD_COST }),
});
