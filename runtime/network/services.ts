import type { HostPort } from "./port-maps.ts";

/** One port of a service, and where this node leads it. */
export interface ServiceLead {
  /** The service's network as `namespace/name`: its address is reached from there only. */
  readonly network: string;
  /** Absent: everybody in that network is led. */
  readonly sources?: readonly string[];
  readonly address: string;
  readonly protocol: "udp" | "tcp";
  readonly port: number;
  /** Absent: the node opens no port for it. */
  readonly hostPort?: number;
  readonly targetPort: number;
  /** One source is led to one replica as long as that is there. */
  readonly isSticky: boolean;
  /** Addresses of the ready replicas of this node. */
  readonly replicas: readonly string[];
}

export interface ServiceRules {
  /** For what containers send to a service's address. */
  readonly addresses: readonly string[];
  /** For what comes to a host port; the jump says from where. */
  readonly hostPorts: readonly string[];
}

/** Parts that sources are divided into; more would make lines longer, fewer the parts of replicas less even. */
const SLOTS = 128;
/** Without it the kernel takes another one for each rule, and every change would lead all sources elsewhere. */
const HASH_SEED = "0x666c7431";

/**
 * Two rules per port, none per container: connections that are there stay where they are, because the kernel looks at
 * these rules for the first packet of each only. A port without a ready replica has no rule. The second is for a packet
 * that has begun with the rules of before when the kernel changes to those of now: it finds the map of its rule empty, goes
 * on to the next rule, and would be refused if there were none.
 */
export function serviceRules(
  leads: readonly ServiceLead[],
  bridgeOf: (network: string) => string | undefined,
): ServiceRules {
  const ready = leads.filter(({ replicas }) => replicas.length > 0);
  return {
    addresses: ready.flatMap((lead) => {
      const bridge = bridgeOf(lead.network);
      const { address, protocol, port, sources } = lead;
      const from = sources ? ` ip saddr { ${sources.join(", ")} }` : "";
      const match = `iifname "${bridge}"${from} ip daddr ${address} ${protocol} dport ${port}`;
      return bridge === undefined ? [] : led(match, lead);
    }),
    hostPorts: ready.flatMap((lead) =>
      lead.hostPort === undefined ? [] : led(`${lead.protocol} dport ${lead.hostPort}`, lead),
    ),
  };
}

function led(match: string, lead: ServiceLead): readonly string[] {
  const [first] = lead.replicas;
  return [spreadOf(lead), `${first}:${lead.targetPort}`].map((to) => `${match} dnat ip to ${to}`);
}

function spreadOf({ replicas, targetPort, isSticky }: ServiceLead): string {
  const owners = isSticky ? slotOwners(replicas) : replicas;
  const pick = isSticky ? `jhash ip saddr mod ${SLOTS} seed ${HASH_SEED}` : "numgen random mod";
  const count = isSticky ? "" : ` ${replicas.length}`;
  const rows = owners.map((address, i) => `${i} : ${address} . ${targetPort}`);
  return `${pick}${count} map { ${rows.join(", ")} }`;
}

/**
 * Who has each slot: the replica whose hash with it is highest, so that only the slots of a replica that went (or some,
 * for one that came) change their owner.
 */
export function slotOwners(replicas: readonly string[]): readonly string[] {
  return Array.from({ length: SLOTS }, (_, slot) =>
    replicas.reduce((best, one) => (weight(one, slot) > weight(best, slot) ? one : best)),
  );
}

/** FNV-1a, then mixed so that the last letters move all bits. */
function weight(replica: string, slot: number): number {
  let hash = 0x811c9dc5;
  for (const letter of `${slot}/${replica}`)
    hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * What the kernel must look at to forget UDP connections of `network` to replicas that are no more; they would never end
 * by themselves. A list per port, with all places that it may lead to.
 */
export function udpConnections(leads: readonly ServiceLead[], network: string): HostPort[][] {
  const udp = leads.filter(({ protocol }) => protocol === "udp");
  const numbersOf = ({ port, hostPort = port }: ServiceLead): number[] => [port, hostPort];
  const numbers = new Set(udp.filter((lead) => lead.network === network).flatMap(numbersOf));
  return [...numbers].map((hostPort) => [
    { protocol: "udp", hostPort },
    ...udp
      .filter((lead) => numbersOf(lead).includes(hostPort))
      .flatMap(({ replicas, targetPort }) =>
        replicas.map((address): HostPort => {
          return { protocol: "udp", hostPort, address, containerPort: targetPort };
        }),
      ),
  ]);
}
