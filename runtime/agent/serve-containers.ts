import type { Subject } from "../../core/model/link.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { ContainerDriver, LogLine } from "../container/driver.ts";
import type { LinkCache } from "../link/link-cache.ts";
import type { TunnelVerbs } from "../link/tunnel.ts";
import { idOf } from "./agent.ts";

/** Logs and commands of this node's containers, and its image blobs, for whoever asks the control plane. */
export function serveContainers(
  driver: ContainerDriver,
  cache: LinkCache,
  blob: TunnelVerbs["blob"],
): TunnelVerbs {
  const containerOf = (subject: Subject): string => {
    const resource = cache.getSubject(subject);
    if (resource?.kind === "GameServer" || resource?.kind === "Container") return idOf(resource);
    throw new FleetError(
      "NOT_FOUND",
      `${subject.kind} ${subject.namespace}/${subject.name} is not on this node`,
    );
  };
  return {
    logs: (subject, options): AsyncIterable<LogLine> => driver.logs(containerOf(subject), options),
    blob,
    exec: (subject, argv, options) => driver.exec(containerOf(subject), argv, options),
  };
}
