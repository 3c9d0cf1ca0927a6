import { hostname, type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { type Authority, openAuthority } from "../../access/authority.ts";
import { hostAndPort } from "../allocator-place.ts";
import type { Config } from "../config.ts";

/** The place of the TLS listener, with what its certificate is for. */
export interface TlsPlace {
  readonly host: string;
  readonly port: number;
  readonly authority: Authority;
  readonly names: readonly string[];
  /** Where other machines reach it. */
  readonly url: string;
}

/** What `--tls-listen` and `--server-names` mean on this machine; undefined without TLS. */
export async function tlsPlaceOf(
  { tlsListen, serverNames }: Pick<Config, "tlsListen" | "serverNames">,
  folder: string,
  now: number,
): Promise<TlsPlace | undefined> {
  if (tlsListen === "") return undefined;
  const { host, port } = hostAndPort(tlsListen);
  const own = ownInterfaces();
  const given = namesOf(serverNames);
  const names = certifiedNames(serverNames, host);
  const isAny = host === "0.0.0.0" || host === "::";
  const outer = own.find(({ internal, family }) => !internal && family === "IPv4")?.address;
  const shown = given[0] ?? (isAny ? (outer ?? "127.0.0.1") : host);
  const url = `https://${shown.includes(":") ? `[${shown}]` : shown}:${port}`;
  return { host, port, authority: await openAuthority(folder, now), names, url };
}

/** `fleet.example,10.0.0.5` of a setting. */
export function namesOf(text: string): readonly string[] {
  return text === "" ? [] : text.split(",");
}

/** What a certificate of a listener on this machine is for: the names that were given, and all of the machine's own. */
export function certifiedNames(serverNames: string, host: string): readonly string[] {
  const names = [...namesOf(serverNames), hostname(), "localhost", host, ...ownAddresses()];
  return [...new Set(names)];
}

/** The addresses of this machine. */
export function ownAddresses(): readonly string[] {
  return ownInterfaces().map(({ address }) => address.replace(/%.*$/, ""));
}

function ownInterfaces(): readonly NetworkInterfaceInfo[] {
  return Object.values(networkInterfaces()).flatMap((list) => list ?? []);
}
