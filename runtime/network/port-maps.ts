/** One host port and the container's address and port that it leads to. */
export interface PortLead {
  readonly protocol: "udp" | "tcp";
  readonly hostPort: number;
  readonly address: string;
  readonly containerPort: number;
}

export interface PortChanges {
  readonly add: readonly PortLead[];
  readonly delete: readonly PortLead[];
  /** Every port whose owner changes: connections that the kernel remembers for it must be forgotten. */
  readonly flush: readonly PortLead[];
}

function keyOf({ protocol, hostPort }: PortLead): string {
  return `${protocol}/${hostPort}`;
}

function leadsAlike(a: PortLead | undefined, b: PortLead): boolean {
  return a?.address === b.address && a.containerPort === b.containerPort;
}

/** What brings the kernel's port maps to what is wanted. A port that leads elsewhere is added anew, which replaces it. */
export function decidePortMaps(
  wanted: readonly PortLead[],
  found: readonly PortLead[],
): PortChanges {
  const foundBy = new Map(found.map((lead) => [keyOf(lead), lead]));
  const wantedKeys = new Set(wanted.map(keyOf));
  const add = wanted.filter((lead) => !leadsAlike(foundBy.get(keyOf(lead)), lead));
  const gone = found.filter((lead) => !wantedKeys.has(keyOf(lead)));
  return { add, delete: gone, flush: [...add, ...gone] };
}
