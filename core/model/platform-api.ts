import { ipv4FromNumber, parseCidr } from "./ip.ts";

/**
 * Where a container with `platformApi` finds the control plane, whatever port that listens on. The name is of a domain that
 * nobody can own (RFC 9476 keeps it for inside use), so that no stranger's DNS can lead a browser here by it.
 */
export const PLATFORM_API: { readonly name: string; readonly port: number } = {
  name: "api.flotilla.internal",
  port: 8700,
};

/** Its address: the first one of the services' pool, which no service gets. */
export function platformApiAddress(servicePool: string): string | undefined {
  const range = parseCidr(servicePool);
  return range && ipv4FromNumber(range.address + 1);
}

/** How a machine leads there. */
export interface PlatformApiPlace {
  /** As containers see it. */
  readonly address: string;
  /** Where the control plane listens on this machine. */
  readonly host: string;
  readonly hostPort: number;
}
