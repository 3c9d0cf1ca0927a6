import { isFlotillaError } from "../../../client/errors.ts";
import { Failure } from "../net/failure.ts";
import type { PlainText } from "./texts.ts";

/** The services' fixed texts, and the game's reasons. */
const KNOWN: Readonly<Record<string, PlainText>> = {
  network: "network",
  "the login service is away": "loginAway",
  "the asset service is away": "assetAway",
  "the room service is away": "roomAway",
  "password mismatch": "wrongPassword",
  "user not found": "noUser",
  "user already exists": "userTaken",
  "email already used": "emailTaken",
  "account locked": "locked",
  "token reused": "signedOutElsewhere",
  "too many logins at the moment": "busy",
  "body too large": "tooLarge",
  "unsupported media type": "notAPicture",
  "too many assets": "quota",
  "too many maps": "quota",
  "too many bytes": "quota",
  "no game server is free": "full",
  "game servers not available": "gameAway",
  "asset service not available": "assetAway",
  "map not found": "mapGone",
  "join refused: MapGone": "mapGone",
  "join refused: NoMap": "mapGone",
  "join refused: LoginAway": "loginAway",
  "join refused: MapAway": "roomAway",
  "join refused: NotReady": "gameAway",
  "join refused: Busy": "gameAway",
  "join refused: Full": "full",
  "join refused: RoomClosed": "mapGone",
  "join refused: AccessExpired": "accessEnded",
  "join refused: AccessInvalid": "accessEnded",
  "closed with 4101": "elsewhere",
  "closed with 4102": "mapGone",
};
const BY_STATUS: Readonly<Record<number, PlainText>> = {
  0: "network",
  400: "badFields",
  401: "signedOut",
  403: "forbidden",
  404: "gone",
  409: "changedMeanwhile",
  413: "tooLarge",
  415: "notAPicture",
  422: "badFields",
  429: "tooOften",
  502: "busy",
  503: "busy",
  504: "busy",
};

/** Which text says what went wrong. Pure. */
export function failureText(error: unknown): PlainText {
  const cause = isFlotillaError(error) && error.cause instanceof Failure ? error.cause : error;
  const said = typeof cause === "string" ? cause : cause instanceof Error ? cause.message : "";
  const known = Object.entries(KNOWN).find(
    ([text]) => said === text || said.startsWith(`${text}:`),
  );
  if (known) return known[1];
  if (cause instanceof Failure) return BY_STATUS[cause.status] ?? "other";
  if (!isFlotillaError(cause)) return typeof cause === "string" ? "lost" : "other";
  if (cause.code === "NETWORK" || cause.code === "TIMEOUT") return "network";
  return cause.code === "EXHAUSTED" ? "full" : cause.code === "REFUSED" ? "forbidden" : "other";
}

/** The number by which who runs the services finds what went wrong; only where nobody has a better word for it. Pure. */
export function requestIdOf(error: unknown): string | undefined {
  const cause = isFlotillaError(error) ? error.cause : error;
  return cause instanceof Failure && cause.status === 500 ? cause.requestId : undefined;
}

/** What the game did not do, by the message that asked for it. Pure. */
export function refusedText(what: string): PlainText {
  const texts: Readonly<Record<string, PlainText>> = {
    place: "notPlaced",
    remove: "notRemoved",
    say: "notSaid",
    whisper: "notWhispered",
  };
  return texts[what] ?? "other";
}
