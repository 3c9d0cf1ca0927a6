import { isIPv4 } from "node:net";

export interface HostAddresses {
  /** IPv4 addresses of each interface, loopback left out. */
  readonly byInterface: Readonly<Record<string, readonly string[]>>;
  /** The interface of the default route, if there is one. */
  readonly defaultInterface: string | undefined;
}
export interface AdvertiseAddress {
  readonly address: string;
  /** For `flotilla doctor`: why this one, and who can reach it. */
  readonly because: string;
}

/** The address that players are told. Pure. */
export function decideAdvertiseAddress(wanted: string, host: HostAddresses): AdvertiseAddress {
  if (wanted !== "auto") return { address: wanted, because: `as set; ${reachOf(wanted)}` };
  const { defaultInterface: name, byInterface } = host;
  const address = name === undefined ? undefined : byInterface[name]?.[0];
  if (address)
    return { address, because: `of ${name}, the way out of this machine; ${reachOf(address)}` };
  return { address: "127.0.0.1", because: `this machine has no way out; ${reachOf("127.0.0.1")}` };
}

const PRIVATE = [
  /^10\./,
  /^192\.168\./,
  /^172\.(1[6-9]|2\d|3[01])\./,
  /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./,
];

function reachOf(address: string): string {
  if (isLoopback(address))
    return "only this machine reaches it, and game ports open on 127.0.0.1 only";
  if (PRIVATE.some((form) => form.test(address)))
    return "a private address: only its own network reaches it (--advertise-address sets another)";
  return "reachable from wherever it is routed";
}

export function isLoopback(address: string): boolean {
  return (
    address === "localhost" || address === "::1" || (isIPv4(address) && address.startsWith("127."))
  );
}

/** The interface of the default route in /proc/net/route, lowest metric first. Pure. */
export function defaultInterfaceOf(procNetRoute: string): string | undefined {
  const rows = procNetRoute
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"));
  const routes = rows.filter(
    ([, destination, , , , , , mask]) => destination === "00000000" && mask === "00000000",
  );
  const byMetric = routes.sort((a, b) => Number(a[6]) - Number(b[6]));
  return byMetric[0]?.[0];
}
