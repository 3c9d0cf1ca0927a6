import { ipv4FromNumber, ipv4ToNumber, parseCidr } from "../../core/model/ip.ts";
import { platformApiAddress } from "../../core/model/platform-api.ts";
import type { Reason } from "../../core/model/reason.ts";
import type { Service, ServiceStatus } from "../../core/model/service.ts";
import type { OwnPorts } from "./placement.ts";

export interface GrantSeen {
  /** CIDR that services get their addresses from. */
  readonly pool: string;
  /** Addresses that services have. */
  readonly addresses: ReadonlySet<string>;
  /** Who has a host port on any node, in words; undefined when nobody has. */
  readonly portHolder: (port: number) => string | undefined;
  readonly ownPorts: OwnPorts;
}
export type ServiceGrant = Pick<ServiceStatus, "address" | "ports" | "message"> & {
  readonly reason?: Reason;
};

/**
 * The address and the host ports of a service. What it has it keeps; a port that somebody else has is waited for, and
 * everything else works meanwhile. One that the platform listens on it loses, too: that may have moved there since.
 */
export function decideServiceGrant(service: Service, seen: GrantSeen): ServiceGrant {
  const { spec, status, metadata } = service;
  const address = keptAddress(service, seen.pool) ?? pickServiceAddress(seen, metadata.uid) ?? "";
  const held = new Set(status.ports.map(({ port }) => port));
  const wanted = spec.ports.flatMap(({ name, port, hostPort }) =>
    hostPort === undefined ? [] : [{ name: name ?? `${port}`, port: hostPort }],
  );
  const refusals = wanted.flatMap(({ port }) => {
    const other = held.has(port) ? undefined : seen.portHolder(port);
    const holder = seen.ownPorts.get(port) ?? other;
    return holder === undefined ? [] : [{ port, holder }];
  });
  const ports = wanted.filter(({ port }) => !refusals.some((refused) => refused.port === port));
  const messages = refusals.map(({ port, holder }) => `host port ${port} is taken ${holder}`);
  if (address === "") messages.push(`all addresses of ${seen.pool} are taken`);
  if (messages.length === 0) return { address, ports };
  const reason = refusals.length > 0 ? "PortRangeFull" : "Unplaceable";
  return { address, ports, reason, message: messages.join("; ") };
}

/** The address that it has, unless the pool was changed, or that address is the control plane's. */
function keptAddress({ status }: Service, pool: string): string | undefined {
  const range = parseCidr(pool);
  const number = ipv4ToNumber(status.address);
  if (!range || number === undefined) return undefined;
  const isInside = number >= range.address && number < range.address + 2 ** (32 - range.prefix);
  const isKept = isInside && status.address !== platformApiAddress(pool);
  return isKept ? status.address : undefined;
}

/** The search begins where the uid says, so that an address that was given back is not the next one's. */
function pickServiceAddress({ pool, addresses }: GrantSeen, uid: string): string | undefined {
  const range = parseCidr(pool);
  if (!range) return undefined;
  const size = 2 ** (32 - range.prefix);
  const start = Number.parseInt(uid.replaceAll("-", "").slice(0, 8), 16) || 0;
  for (let i = 0; i < size; i++) {
    const offset = (start + i) % size;
    const address = ipv4FromNumber(range.address + offset);
    const isNobodys = offset !== 0 && offset !== size - 1 && address !== platformApiAddress(pool);
    if (isNobodys && !addresses.has(address)) return address;
  }
  return undefined;
}
