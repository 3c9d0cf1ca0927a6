import { join } from "node:path";
import type { Config } from "./config.ts";

/** Where the allocation service listens. */
export interface AllocatorPlace {
  readonly host: string;
  readonly port: number;
}

/** What `--allocator-listen` means; undefined when it is off. Pure. */
export function allocatorPlaceOf({
  allocatorListen,
  listen,
}: Pick<Config, "allocatorListen" | "listen">): AllocatorPlace | undefined {
  if (allocatorListen === "off") return undefined;
  if (/^\d+$/.test(allocatorListen)) return { host: listen, port: Number(allocatorListen) };
  return hostAndPort(allocatorListen);
}

/** `10.0.0.5:8701` or `[::1]:8701`. */
export function hostAndPort(place: string): AllocatorPlace {
  const at = place.lastIndexOf(":");
  const host = place.slice(0, at).replace(/^\[|\]$/g, "");
  return { host, port: Number(place.slice(at + 1)) };
}

/** `10.0.0.5:8443` or `[::1]:8443`. */
export function shownPlace({ host, port }: AllocatorPlace): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Where the certificates lie that clients of the allocation service are checked against, for who runs beside the server. */
export function clientCaFolderOf({
  allocatorClientCa,
  state,
}: Pick<Config, "allocatorClientCa" | "state">): string {
  return allocatorClientCa || join(state, "server", CLIENT_CA);
}
/** Its standard name, in the server's own folder. */
export const CLIENT_CA = "client-ca";

/** The pair that the first start makes, and what the server's certificate is checked against, in the state folder. */
export const CLIENT_FILES = {
  cert: "allocator-client.crt",
  key: "allocator-client.key",
  ca: "allocator-ca.crt",
} as const;

/** One line for people: where, and what a client needs. */
export function allocatorLine(config: Config): string {
  const place = allocatorPlaceOf(config);
  if (!place) return "off";
  const needs = {
    mtls: `with a client certificate (${join(config.state, CLIENT_FILES.cert)})`,
    token: "with a token of scope allocate",
    none: "for ANYONE who reaches it",
  }[config.allocatorAuth];
  const how = config.allocatorTls === "off" ? "in plain text, " : "";
  return `${shownPlace(place)}, gRPC and REST, ${how}${needs}`;
}
