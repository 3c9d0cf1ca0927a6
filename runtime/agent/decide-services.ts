import type { LinkService } from "../../core/model/link.ts";
import type { ServiceLead } from "../network/services.ts";

/** A container of this machine that may be led to, with the uid of the service that it belongs to. */
export interface Replica {
  readonly service: string;
  readonly address: string;
  /** False for one that was ready and is late to say whether it still is. */
  readonly isReady: boolean;
}

/**
 * What each port of each service leads to on this machine: replicas that run here and are ready. Where none is, those that
 * are merely late: a crowd makes all of them late at once, and to refuse everybody would end what they are busy with. It
 * is decided here and not by the control plane, so that one that fails leaves at once, also while the control plane is
 * away; a machine spreads over its own replicas only. The order does not depend on that of the input, so that no change is none.
 */
export function decideServices(
  services: readonly LinkService[],
  replicas: readonly Replica[],
): readonly ServiceLead[] {
  const addresses = Map.groupBy(replicas, ({ service }) => service);
  return [...services]
    .sort((a, b) => (a.metadata.uid < b.metadata.uid ? -1 : 1))
    .flatMap((service) => leadsOf(service, addresses.get(service.metadata.uid) ?? []));
}

function leadsOf(
  { metadata, spec, status }: LinkService,
  replicas: readonly Replica[],
): readonly ServiceLead[] {
  const ready = replicas.filter(({ isReady }) => isReady);
  const led = ready.length > 0 ? ready : replicas;
  if (status.address === "" || led.length === 0) return [];
  const granted = new Set(status.ports.map(({ port }) => port));
  const addresses = led.map(({ address }) => address).sort();
  return spec.ports.map(({ port, targetPort = port, hostPort, protocol }) => ({
    network: `${metadata.namespace}/${spec.template.spec.network}`,
    address: status.address,
    protocol: protocol === "UDP" ? "udp" : "tcp",
    port,
    // Another resource may have it still: the control plane says when it is free.
    ...(hostPort !== undefined && granted.has(hostPort) ? { hostPort } : {}),
    targetPort,
    isSticky: spec.sessionAffinity === "ClientIP",
    replicas: addresses,
  }));
}
