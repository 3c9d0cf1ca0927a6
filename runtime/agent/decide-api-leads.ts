import { PLATFORM_API, type PlatformApiPlace } from "../../core/model/platform-api.ts";
import type { ServiceLead } from "../network/services.ts";

/** A running container of this machine that may reach the control plane. */
export interface ApiCaller {
  /** Its network as `namespace/name`. */
  readonly network: string;
  readonly address: string;
}

/**
 * The control plane's address as a service that leads those who may, and nobody else of their networks, to where it
 * listens. None where it does not listen on this machine.
 */
export function decideApiLeads(
  callers: readonly ApiCaller[],
  place: PlatformApiPlace | undefined,
): readonly ServiceLead[] {
  if (!place) return [];
  const networks = Map.groupBy(callers, ({ network }) => network);
  return [...networks]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([network, those]) => ({
      network,
      sources: those.map(({ address }) => address).sort(),
      address: place.address,
      protocol: "tcp",
      port: PLATFORM_API.port,
      targetPort: place.hostPort,
      isSticky: false,
      replicas: [place.host],
    }));
}
