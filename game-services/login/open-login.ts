import { Gauge } from "prom-client";
import type { Clock } from "../../core/std/clock.ts";
import { messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { Collection, DocumentStore } from "../../store/documents/document-store.ts";
import type { ServiceMetrics } from "../service/metrics.ts";
import { openDocumentService } from "../service/open-document-service.ts";
import { RateLimit } from "../service/rate-limit.ts";
import type { RunningService } from "../service/run-service.ts";
import { ACCOUNTS, type Account, SESSIONS } from "./collections.ts";
import { Login } from "./login.ts";
import { type PasswordOptions, Passwords } from "./passwords.ts";
import { Proof } from "./proof.ts";
import { loginRoutes } from "./routes.ts";
import { Sessions } from "./sessions.ts";
import type { Settings } from "./settings.ts";
import { SigningKeys } from "./signing-keys.ts";

export interface OpenLoginOptions {
  readonly settings: Settings;
  readonly passwordCost: Pick<PasswordOptions, "memoryKiB" | "passes">;
  readonly clock: Clock;
  readonly logger: Logger;
}

const BODY_BYTES_MAX = 16_384;
const RATE_KEYS_MAX = 100_000;
const SESSIONS_PER_USER_MAX = 20;
const REUSE_GRACE_MS = 10_000;
const SEEN_EVERY_MS = 15_000;
const GUESSES_MAX = 4;
const FIRST_LOCK_MS = 30_000;
const LOCK_MS_MAX = 900_000;
const SWEEP_EVERY_MS = 60_000;
const VERSION = "1";

/** The login service, ready to listen. */
export async function openLogin(options: OpenLoginOptions): Promise<RunningService> {
  const { settings, clock, logger } = options;
  return await openDocumentService({
    title: "Flotilla login",
    version: VERSION,
    description: "Accounts, passwords, devices and tokens of a game's players.",
    settings,
    database: "flotilla_login",
    bodyBytesMax: BODY_BYTES_MAX,
    logger,
    open: async (store, stack, metrics) => {
      const parts = await openParts(options, store);
      const { sessions, keys } = parts;
      countPasswords(metrics, parts.passwords);
      stack.use(sweepNowAndThen(sessions, clock, logger));
      return {
        routes: loginRoutes(parts),
        plain: { "/.well-known/jwks.json": () => keys.published },
        authenticate: (token) => sessions.authenticate(token),
      };
    },
  });
}

interface Parts {
  readonly accounts: Collection<Account>;
  readonly keys: SigningKeys;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly login: Login;
}

async function openParts(options: OpenLoginOptions, store: DocumentStore): Promise<Parts> {
  const { settings, passwordCost, clock, logger } = options;
  const accounts = await store.collection(ACCOUNTS);
  const keys = await SigningKeys.open(settings.keyFile);
  const sessions = new Sessions({
    ...settings,
    accounts,
    sessions: await store.collection(SESSIONS),
    keys,
    reuseGraceMs: REUSE_GRACE_MS,
    sessionsPerUserMax: SESSIONS_PER_USER_MAX,
    seenEveryMs: SEEN_EVERY_MS,
    clock,
    logger,
  });
  const passwords = new Passwords({
    ...passwordCost,
    runningMax: settings.hashesMax,
    waitingMax: settings.hashesWaitingMax,
  });
  const rate = (perMinute: number): RateLimit =>
    new RateLimit({ perMinute, keysMax: RATE_KEYS_MAX, now: () => clock.monotonic() });
  const now = (): number => clock.now();
  const proof = new Proof({
    accounts,
    passwords,
    lockout: {
      failuresMax: settings.lockAfter,
      firstLockMs: FIRST_LOCK_MS,
      lockMsMax: LOCK_MS_MAX,
    },
    accountRate: rate(settings.accountPerMinute),
    guessesMax: GUESSES_MAX,
    now,
  });
  const addressRate = rate(settings.addressPerMinute);
  const login = new Login({ accounts, sessions, passwords, proof, addressRate, now });
  return { accounts, keys, passwords, sessions, login };
}

function countPasswords({ registry }: ServiceMetrics, passwords: Passwords): void {
  new Gauge({
    name: "flotilla_login_passwords_waiting",
    help: "Passwords that wait for their turn to be hashed.",
    registers: [registry],
    collect() {
      this.set(passwords.waiting);
    },
  });
}

/** Removes what is over, in the background; several processes may do so at once. */
function sweepNowAndThen(sessions: Sessions, clock: Clock, logger: Logger): AsyncDisposable {
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const hasMore = await sessions.sweep().catch((error) => {
        logger.warn({ because: messageOf(error) }, "old sessions were not removed");
        return false;
      });
      if (!hasMore) await clock.sleep(SWEEP_EVERY_MS, stop.signal).catch(() => undefined);
    }
  };
  const running = run();
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}
