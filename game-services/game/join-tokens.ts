import {
  errors,
  importJWK,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  jwtVerify,
} from "jose";
import { isObject } from "../../core/std/json.ts";

/** Why a player was not let in; one word, the same in the answer and in the log. */
// biome-ignore format: a list
export type RefusalReason =
  | "NoToken" | "Malformed" | "WrongAlgorithm" | "UnknownKey" | "BadSignature" | "WrongIssuer" | "WrongServer"
  | "WrongRoom" | "Expired" | "Used" | "NotReady" | "Busy" | "Full"
  | "NoAccess" | "AccessInvalid" | "AccessExpired" | "OtherUser" | "LoginAway" | "NoMap" | "MapGone" | "MapAway"
  | "RoomClosed";

/** What a token must say besides being good. */
export interface TokenFor {
  readonly room?: string | undefined;
  readonly player?: string | undefined;
}

/** A player who is not let in: a failure that is expected. */
export class JoinRefused extends Error {
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason) {
    super(`join refused: ${reason}`);
    this.name = "JoinRefused";
    this.reason = reason;
  }
}

/** What a join token says, once it is believed. */
export interface JoinClaims {
  /** The player. */
  readonly sub: string;
  readonly jti: string;
  /** The namespace, the room in it, and the seat in that. */
  readonly ns: string;
  readonly room: string;
  readonly seat: string;
  /** How many players the room takes. */
  readonly cap: number;
  /** The room's attributes. */
  readonly attrs: Readonly<Record<string, string>>;
  readonly exp: number;
}

/** What of a GameServer counts here, as Agones' client shows it. */
export interface GameServerShown {
  readonly objectMeta: {
    readonly uid: string;
    readonly annotationsMap: readonly (readonly [string, string])[];
  };
}

export interface JoinTokensOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How many used tokens are remembered until they expire; beyond it nobody is let in. */
  readonly usedMax: number;
  /** How long a token whose key is not known yet waits for the platform to tell it, and how many may wait. */
  readonly keysWaitMs: number;
  readonly waitersMax: number;
  /** Tells other processes of this game server that a token was used, for so many seconds; false when one knew it. */
  readonly claim?: (jti: string, seconds: number) => Promise<boolean>;
}

const JOIN_KEYS = "flotilla.dev/join-keys";
const CLOSED_ROOMS = "flotilla.dev/closed-rooms";
const ALGORITHM = "EdDSA";
const TOLERANCE_SECONDS = 5;
/** More than a room's attributes can ever make of it. */
const TOKEN_LENGTH_MAX = 16_384;
type PublicKey = Awaited<ReturnType<typeof importJWK>>;

/**
 * Join tokens of one game server, verified without calling home: it learns the public keys and its own uid from the
 * platform's SDK. Each token lets in once.
 */
export class JoinTokens {
  readonly #options: JoinTokensOptions;
  /** Used tokens by id, with the second from which nobody would take them anyhow. */
  readonly #used = new Map<string, number>();
  readonly #waiters = new Set<() => void>();
  #keys: ReadonlyMap<string, JWK> = new Map();
  #keysText = "";
  #uid = "";
  #closed: ReadonlySet<string> = new Set();

  constructor(options: JoinTokensOptions) {
    this.#options = options;
  }

  /** How many used tokens are remembered. */
  get remembered(): number {
    return this.#used.size;
  }

  /** The last rooms that the platform has closed on this game server. */
  get closedRooms(): ReadonlySet<string> {
    return this.#closed;
  }

  /** Told at the start and at each change of the GameServer. */
  show({ objectMeta: { uid, annotationsMap } }: GameServerShown): void {
    const told = new Map(annotationsMap);
    const text = told.get(JOIN_KEYS) ?? "";
    this.#uid = uid;
    this.#closed = new Set((told.get(CLOSED_ROOMS) ?? "").split(",").filter((room) => room !== ""));
    if (text !== this.#keysText) this.#keys = keysIn(text);
    this.#keysText = text;
    for (const wake of [...this.#waiters]) wake();
  }

  /** What the token says; throws JoinRefused when it lets nobody in, here, now, or not this player into this room. */
  async take(token: unknown, { room, player }: TokenFor = {}): Promise<JoinClaims> {
    if (token === undefined || token === "") throw new JoinRefused("NoToken");
    if (typeof token !== "string" || token.length > TOKEN_LENGTH_MAX)
      throw new JoinRefused("Malformed");
    const claims = await this.#verified(token);
    if (room !== undefined && room !== claims.room) throw new JoinRefused("WrongRoom");
    if (this.#closed.has(claims.room)) throw new JoinRefused("RoomClosed");
    if (player !== undefined && player !== claims.sub) throw new JoinRefused("OtherUser");
    this.#use(claims);
    await this.#claim(claims);
    return claims;
  }

  async #verified(token: string): Promise<JoinClaims> {
    try {
      const { payload } = await jwtVerify(token, (header) => this.#keyFor(header), {
        algorithms: [ALGORITHM],
        issuer: "flotilla",
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(this.#options.now()),
      });
      if (payload.aud !== this.#uid) throw new JoinRefused("WrongServer");
      return claimsOf(payload);
    } catch (error) {
      throw error instanceof JoinRefused ? error : new JoinRefused(reasonOf(error));
    }
  }

  /** A player may be here before the platform has told this server that it was opened, or of a new key. */
  async #keyFor({ kid }: JWTHeaderParameters): Promise<PublicKey> {
    if (kid === undefined) throw new JoinRefused("UnknownKey");
    if (!this.#keys.has(kid)) await this.#untilTold(kid);
    const key = this.#keys.get(kid);
    if (!key) throw new JoinRefused(this.#keys.size === 0 ? "NotReady" : "UnknownKey");
    return importJWK(key, ALGORITHM);
  }

  #untilTold(kid: string): Promise<void> {
    if (this.#waiters.size >= this.#options.waitersMax) throw new JoinRefused("Busy");
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(late);
        this.#waiters.delete(look);
        resolve();
      };
      const look = (): void => {
        if (this.#keys.has(kid)) end();
      };
      const late = setTimeout(end, this.#options.keysWaitMs);
      this.#waiters.add(look);
    });
  }

  /** From the check to the mark there is no `await`: of two that come at once, one is the first. */
  #use({ jti, exp }: JoinClaims): void {
    if (this.#used.has(jti)) throw new JoinRefused("Used");
    if (this.#used.size >= this.#options.usedMax) this.#forgetExpired();
    if (this.#used.size >= this.#options.usedMax) throw new JoinRefused("Busy");
    this.#used.set(jti, exp + TOLERANCE_SECONDS);
  }

  async #claim({ jti, exp }: JoinClaims): Promise<void> {
    const { claim, now } = this.#options;
    const seconds = Math.max(1, Math.ceil(exp + TOLERANCE_SECONDS - now() / 1000));
    const isFirst = await claim?.(jti, seconds).catch(() => {
      // Nobody knows whether it was used: the player asks for another token.
      throw new JoinRefused("Busy");
    });
    if (isFirst === false) throw new JoinRefused("Used");
  }

  #forgetExpired(): void {
    const now = this.#options.now() / 1000;
    for (const [jti, until] of this.#used) if (until < now) this.#used.delete(jti);
  }
}

/** The keys by their ids; none when the text is not a list of keys. */
function keysIn(text: string): ReadonlyMap<string, JWK> {
  try {
    const list: unknown = JSON.parse(text);
    const keys = Array.isArray(list) ? (list as JWK[]) : [];
    return new Map(keys.flatMap((key) => (typeof key?.kid === "string" ? [[key.kid, key]] : [])));
  } catch {
    return new Map();
  }
}

function claimsOf(payload: JWTPayload): JoinClaims {
  const { sub, jti, exp, ns, room, seat, cap, attrs } = payload;
  const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
  if (!isText(sub) || !isText(jti) || !isText(ns) || !isText(room) || !isText(seat))
    throw new JoinRefused("Malformed");
  if (typeof cap !== "number" || !Number.isInteger(cap) || cap < 1 || exp === undefined)
    throw new JoinRefused("Malformed");
  if (!isTexts(attrs ?? {})) throw new JoinRefused("Malformed");
  return { sub, jti, exp, ns, room, seat, cap, attrs: (attrs ?? {}) as JoinClaims["attrs"] };
}

function isTexts(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((text) => typeof text === "string");
}

function reasonOf(error: unknown): RefusalReason {
  if (error instanceof errors.JWTExpired) return "Expired";
  if (error instanceof errors.JOSEAlgNotAllowed) return "WrongAlgorithm";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "BadSignature";
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === "iss")
    return "WrongIssuer";
  return "Malformed";
}
