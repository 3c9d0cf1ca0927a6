/** One host port and the container's address and port that it leads to. */
export interface PortLead {
  readonly protocol: "udp" | "tcp";
  readonly hostPort: number;
  readonly address: string;
  readonly containerPort: number;
}

/** A host port, without or with where it leads. */
export type HostPort = Pick<PortLead, "protocol" | "hostPort"> & Partial<PortLead>;

export interface PortChanges {
  readonly add: readonly PortLead[];
  readonly delete: readonly PortLead[];
  /** Every port whose owner changes: connections that do not lead where it leads now must be forgotten. */
  readonly flush: readonly HostPort[];
}

export function portKey({ protocol, hostPort }: HostPort): string {
  return `${protocol}/${hostPort}`;
}

/** A port that leads nowhere any more. */
export function closed({ protocol, hostPort }: HostPort): HostPort {
  return { protocol, hostPort };
}

function leadsAlike(a: PortLead | undefined, b: PortLead): boolean {
  return a?.address === b.address && a.containerPort === b.containerPort;
}

/** What brings the kernel's port maps to what is wanted. A port that leads elsewhere is added anew, which replaces it. */
export function decidePortMaps(
  wanted: readonly PortLead[],
  found: readonly PortLead[],
): PortChanges {
  const foundBy = new Map(found.map((lead) => [portKey(lead), lead]));
  const wantedKeys = new Set(wanted.map(portKey));
  const add = wanted.filter((lead) => !leadsAlike(foundBy.get(portKey(lead)), lead));
  const gone = found.filter((lead) => !wantedKeys.has(portKey(lead)));
  return { add, delete: gone, flush: [...add, ...gone.map(closed)] };
}
