import { hostname, networkInterfaces } from "node:os";
import { type Authority, openAuthority } from "../../access/authority.ts";
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
  const at = tlsListen.lastIndexOf(":");
  const host = tlsListen.slice(0, at).replace(/^\[|\]$/g, "");
  const port = Number(tlsListen.slice(at + 1));
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const addresses = own.map(({ address }) => address.replace(/%.*$/, ""));
  const given = namesOf(serverNames);
  const names = [...new Set([...given, hostname(), "localhost", host, ...addresses])];
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
