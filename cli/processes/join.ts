import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import { Agent, type Dispatcher, request } from "undici";
import { readJoinTicket } from "../../access/node-tokens.ts";
import { fingerprintOf } from "../../access/x509.ts";
import { FleetError, isFleetError, messageOf } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import { replaceFile } from "../../runtime/linux/replace-file.ts";
import { isLoopback } from "../advertise-address.ts";
import type { Config } from "../config.ts";

const AUTHORITY_FILE = "ca.pem";
const DIAL_MS_MAX = 10_000;

type Joining = Pick<Config, "api" | "node" | "joinToken">;

/** The certificate of the authority that this machine trusts for its control plane; undefined for plain HTTP. */
export function authorityOf({ api, state }: Pick<Config, "api" | "state">): string | undefined {
  const file = join(state, AUTHORITY_FILE);
  return api.startsWith("https:") && existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** Trades a node token for this machine's credential. The token is shown to nobody but the authority that it names. */
export async function joinControlPlane(config: Joining, state: string): Promise<string> {
  const { api, joinToken } = config;
  const { pin } = readJoinTicket(joinToken);
  const { protocol, hostname } = new URL(api);
  if (protocol === "https:") await learnAuthority(api, pin, state);
  else if (!isLoopback(hostname))
    throw new FleetError("FAILED_PRECONDITION", `joining ${api} would show the token on the way`, {
      next: "start the control plane with --tls-listen, and use the command that it prints",
    });
  const ca = authorityOf({ api, state });
  const dispatcher = new Agent(ca ? { connect: { ca } } : {});
  try {
    return await tradeToken(config, dispatcher);
  } catch (error) {
    if (isFleetError(error)) throw error;
    const message = `cannot join at ${api}: ${messageOf(error)}`;
    throw new FleetError("UNAVAILABLE", message, { url: api }, error);
  } finally {
    await dispatcher.destroy();
  }
}

async function tradeToken(
  { api, node, joinToken }: Joining,
  dispatcher: Dispatcher,
): Promise<string> {
  const answer = await request(new URL("/link/v1/join", api), {
    method: "POST",
    headers: { authorization: `Bearer ${joinToken}`, "content-type": "application/json" },
    body: JSON.stringify({ node }),
    dispatcher,
  });
  const body: unknown = await answer.body.json();
  const { credential, message } = isObject(body) ? body : {};
  if (typeof credential === "string") return credential;
  const code = answer.statusCode === 409 ? "ALREADY_EXISTS" : "UNAUTHENTICATED";
  throw new FleetError(code, `node ${node} cannot join at ${api}: ${String(message)}`);
}

/** Keeps the authority's certificate when it is the one that the node token names. */
async function learnAuthority(api: string, pin: string | undefined, state: string): Promise<void> {
  if (pin === undefined)
    throw new FleetError("FAILED_PRECONDITION", "this node token names no authority", {
      next: "make it with a control plane that was started with --tls-listen",
    });
  const chain = await shownBy(api);
  const found = chain.find((certificate) => fingerprintOf(certificate.raw) === pin);
  if (!found)
    throw new FleetError(
      "FORBIDDEN",
      `what answers at ${api} is not the control plane that made the node token`,
      { next: "look at the address, and who stands between" },
    );
  await replaceFile(join(state, AUTHORITY_FILE), 0o644, found.toString());
}

/** The certificates that a server shows. Nothing is sent to it, and nothing that it says is believed. */
async function shownBy(api: string): Promise<readonly X509Certificate[]> {
  const { hostname, port } = new URL(api);
  const host = hostname.replace(/^\[|\]$/g, "");
  const { promise, resolve, reject } = Promise.withResolvers<readonly X509Certificate[]>();
  const unreachable = (why: string): void =>
    reject(new FleetError("UNAVAILABLE", `cannot join at ${api}: ${why}`, { url: api }));
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket = connect(
    { host, port: Number(port || 443), rejectUnauthorized: false, ...name },
    () => {
      const chain: X509Certificate[] = [];
      let next = socket.getPeerCertificate(true);
      while (next?.raw && !chain.some(({ raw }) => raw.equals(next.raw))) {
        chain.push(new X509Certificate(next.raw));
        next = next.issuerCertificate;
      }
      socket.destroy();
      resolve(chain);
    },
  );
  socket.setTimeout(DIAL_MS_MAX, () => unreachable("no answer"));
  socket.once("error", (error) => unreachable(messageOf(error)));
  return await promise.finally(() => socket.destroy());
}
