import type { Problem } from "../../std/errors.ts";
import { sameJson } from "../../std/json.ts";
import type { Container } from "../container.ts";
import { found } from "../schema-words.ts";
import { checkContainer, checkProbe } from "./container-template.ts";
import { type Rules, repeats, unless } from "./rules.ts";

export const CONTAINER_RULES: Rules<"Container"> = {
  complete: (container) => {
    const name = container.spec.name ?? container.metadata.name.replaceAll(".", "-");
    return { ...container, spec: { ...container.spec, name } };
  },
  check: ({ spec }) => [
    ...checkContainer(spec, spec.volumes ?? [], { container: "spec", volumes: "spec.volumes" }),
    ...(spec.readinessProbe ? checkProbe(spec.readinessProbe, "spec.readinessProbe") : []),
    ...repeats(
      spec.ports ?? [],
      ({ hostPort, protocol }) => (hostPort === undefined ? undefined : `${protocol} ${hostPort}`),
      (i) => `spec.ports[${i}].hostPort`,
    ),
  ],
  frozen: (old, next) => [
    ...frozenNode(old, next),
    ...["network", "address"].flatMap((field) =>
      unless(
        sameJson(old.spec[field], next.spec[field]),
        `spec.${field}`,
        `cannot be changed (it is ${found(old.spec[field])}): delete the container and create it anew`,
      ),
    ),
  ],
  firstStatus: () => ({ phase: "Pending", nodeName: "", address: "", ports: [] }),
};

/** A container stays on the node that it was asked for or given to. */
function frozenNode(old: Container, next: Container): Problem[] {
  const from = old.spec.nodeName ?? (old.status.nodeName || undefined);
  const to = next.spec.nodeName;
  const stays = from === undefined || to === from || (to === undefined && !old.spec.nodeName);
  const message = `cannot be changed (it is ${found(from)}), found ${to ? found(to) : "nothing"}`;
  return unless(stays, "spec.nodeName", message);
}
