import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { type ClientAuthorities, readClientAuthorities } from "../../access/client-certificates.ts";
import type { Clock } from "../../core/std/clock.ts";
import { messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import { type Caller, certifiedCaller, refusedCaller } from "./caller.ts";

export interface ServerPair {
  readonly key: string;
  readonly cert: string;
}
export interface TlsKeeperOptions {
  /** Reads the server's own pair; called again at every look. */
  readonly readPair: () => Promise<ServerPair>;
  /** Where the certificates lie that clients are checked against; undefined when clients show none. */
  readonly clientFolder: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}
export interface TlsContext extends ServerPair {
  readonly minVersion: "TLSv1.2";
  readonly ca: string[];
  readonly requestCert: boolean;
  readonly rejectUnauthorized: false;
}
/** `narrowed`: somebody who was trusted is so no longer. */
export type TlsChange = "same" | "widened" | "narrowed";

const NOBODY: ClientAuthorities = { found: [], problems: [], digest: "" };

/** The server's pair and the certificates of clients, as they lie in files now; a look takes over what has changed. */
export class TlsKeeper {
  readonly #options: TlsKeeperOptions;
  readonly #listeners: ((change: TlsChange) => void)[] = [];
  #pair: ServerPair;
  #clients: ClientAuthorities = NOBODY;
  #problem = "";

  private constructor(options: TlsKeeperOptions, pair: ServerPair) {
    this.#options = options;
    this.#pair = pair;
  }

  /** Throws when the server's pair cannot be used; what is wrong with clients' certificates is only told. */
  static async open(options: TlsKeeperOptions): Promise<TlsKeeper> {
    const keeper = new TlsKeeper(options, checked(await options.readPair()));
    await keeper.#lookAtClients();
    return keeper;
  }

  /** Clients without a trusted certificate are told why in the words of their protocol, hence none is refused below it. */
  get context(): TlsContext {
    const ca = this.#clients.found.map(({ certificate }) => certificate.toString());
    const requestCert = this.#options.clientFolder !== undefined;
    return { ...this.#pair, minVersion: "TLSv1.2", ca, requestCert, rejectUnauthorized: false };
  }

  /** How many certificates clients are checked against. */
  get trusted(): number {
    return this.#clients.found.length;
  }

  onChange(listener: (change: TlsChange) => void): void {
    this.#listeners.push(listener);
  }

  /** Reads everything again; a server's pair that cannot be used leaves the one before it. */
  async look(): Promise<TlsChange> {
    const hasNewPair = await this.#lookAtPair();
    const change = await this.#lookAtClients();
    const told = change === "same" && hasNewPair ? "widened" : change;
    if (told !== "same") for (const listener of this.#listeners) listener(told);
    return told;
  }

  /** Who opened a connection, by the certificate that was shown. */
  callerOf(socket: Socket): Caller {
    const from = socket.remoteAddress ?? "";
    const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
    if (!(socket instanceof TLSSocket) || !certificate)
      return refusedCaller(from, "a client certificate is needed, and none was shown");
    if (socket.authorized || this.#isTrustedItself(certificate))
      return certifiedCaller(from, certificate);
    const subject = certificate.subject.replaceAll("\n", ", ");
    return refusedCaller(
      from,
      `the client certificate of ${subject} is not accepted: ${reasonOf(socket.authorizationError)}`,
    );
  }

  /** A certificate may lie in the folder without the authority that signed it. */
  #isTrustedItself({ fingerprint256, validFrom, validTo }: X509Certificate): boolean {
    const now = this.#options.clock.now();
    if (now < Date.parse(validFrom) || now > Date.parse(validTo)) return false;
    return this.#clients.found.some((one) => one.certificate.fingerprint256 === fingerprint256);
  }

  async #lookAtPair(): Promise<boolean> {
    try {
      const pair = checked(await this.#options.readPair());
      this.#problem = "";
      if (pair.cert === this.#pair.cert && pair.key === this.#pair.key) return false;
      this.#pair = pair;
      this.#options.logger.info({}, "the allocation service has a new certificate");
      return true;
    } catch (error) {
      const because = messageOf(error);
      if (because !== this.#problem)
        this.#options.logger.warn({ because }, "the allocation service keeps its old certificate");
      this.#problem = because;
      return false;
    }
  }

  async #lookAtClients(): Promise<TlsChange> {
    const { clientFolder, logger } = this.#options;
    if (clientFolder === undefined) return "same";
    const before = this.#clients;
    const now = await readClientAuthorities(clientFolder);
    if (now.digest === before.digest) return "same";
    this.#clients = now;
    for (const because of now.problems)
      if (!before.problems.includes(because))
        logger.warn({ because }, "a client certificate of the allocation service cannot be read");
    const kept = new Set(now.found.map(({ certificate }) => certificate.fingerprint256));
    const hasLost = before.found.some(({ certificate }) => !kept.has(certificate.fingerprint256));
    const count = now.found.length;
    if (count === 0)
      logger.warn(
        { folder: clientFolder },
        "nobody may allocate over the allocation service: its folder of client certificates has none",
      );
    else logger.info({ folder: clientFolder, count }, "client certificates were read");
    return hasLost ? "narrowed" : "widened";
  }
}

function checked(pair: ServerPair): ServerPair {
  const certificate = new X509Certificate(pair.cert);
  if (certificate.checkPrivateKey(createPrivateKey(pair.key))) return pair;
  throw new Error("the key is not that of the certificate");
}

const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet",
  INVALID_PURPOSE: "it is not meant for a client",
};
const STRANGER = "neither it nor who signed it is in the folder of client certificates";

/** OpenSSL's word for what is wrong, and what it means here. */
function reasonOf(error: Error | string | null | undefined): string {
  const code = error ? String(error) : "";
  return `${REASONS[code] ?? STRANGER} (${code})`;
}
