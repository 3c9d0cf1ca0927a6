import type { Problem } from "../../std/errors.ts";
import { isObject } from "../../std/json.ts";
import { cpuBasisOf } from "../container.ts";
import { found } from "../schema-words.ts";
import type { Service, ServiceSpec } from "../service.ts";
import { checkContainer, checkProbe } from "./container-template.ts";
import { type Rules, repeats, unless } from "./rules.ts";

export const SERVICE_RULES: Rules<"Service"> = {
  complete: (service) => {
    const { template } = service.spec;
    const name = template.spec.name ?? service.metadata.name.replaceAll(".", "-");
    const spec = { ...template.spec, name };
    return { ...service, spec: { ...service.spec, template: { ...template, spec } } };
  },
  // An update that says no replicas, of a service that scales by itself, does not set it back.
  inherit: (old, next, given) =>
    next.spec.autoscaling && !saysReplicas(given)
      ? { ...next, spec: { ...next.spec, replicas: old.spec.replicas } }
      : next,
  check: ({ spec, metadata }) => [
    ...unless(
      metadata.name.length <= NAME_MAX,
      "metadata.name",
      `must have at most ${NAME_MAX} characters, so that its replicas can be named after it`,
    ),
    ...checkTemplate(spec),
    ...checkBounds(spec),
    ...checkPorts(spec),
    ...checkAutoscaling(spec),
  ],
  frozen: (old, next) => frozenNetwork(old, next),
  firstStatus: () => ({
    replicas: 0,
    readyReplicas: 0,
    updatedReplicas: 0,
    address: "",
    ports: [],
  }),
};
/** A replica's name, which is its host name, has nine characters more. */
const NAME_MAX = 54;

function saysReplicas({ spec }: Record<string, unknown>): boolean {
  return isObject(spec) && typeof spec.replicas === "number";
}

function checkAutoscaling({ autoscaling, template }: ServiceSpec): readonly Problem[] {
  if (!autoscaling) return [];
  const { minReplicas, maxReplicas, cpu } = autoscaling;
  const at = "spec.autoscaling";
  return [
    ...unless(
      minReplicas <= maxReplicas || maxReplicas < 1,
      `${at}.minReplicas`,
      `must be at most maxReplicas (${maxReplicas}), found ${minReplicas}`,
    ),
    ...unless(
      cpu.meanPercent !== undefined || cpu.p95Percent !== undefined,
      `${at}.cpu`,
      "needs meanPercent, p95Percent or both, found none",
    ),
    ...unless(
      cpuBasisOf(template.spec) > 0,
      "spec.template.spec.resources",
      "needs a CPU request or a CPU limit, of which autoscaling's percentages are",
    ),
  ];
}

function checkTemplate({ template }: ServiceSpec): readonly Problem[] {
  const { spec } = template;
  const at = "spec.template.spec";
  return [
    ...checkContainer(spec, spec.volumes ?? [], { container: at, volumes: `${at}.volumes` }),
    ...unless(
      spec.running !== false,
      `${at}.running`,
      "must be true, found false: scale the service to 0 instead",
    ),
    ...(spec.readinessProbe ? checkProbe(spec.readinessProbe, `${at}.readinessProbe`) : []),
  ];
}

/** With both 0 no replica could ever be replaced. */
function checkBounds({ strategy }: ServiceSpec): Problem[] {
  const { maxSurge, maxUnavailable } = strategy.rollingUpdate;
  return unless(
    maxSurge !== 0 || maxUnavailable !== 0,
    "spec.strategy.rollingUpdate.maxUnavailable",
    `must not be 0 when maxSurge is 0, found ${found(maxUnavailable)}`,
  );
}

function checkPorts({ ports }: ServiceSpec): Problem[] {
  const pathOf = (field: string) => (i: number) => `spec.ports[${i}].${field}`;
  return [
    ...repeats(ports, ({ name }) => name, pathOf("name")),
    ...repeats(ports, ({ port, protocol }) => `${protocol} ${port}`, pathOf("port")),
    ...repeats(
      ports,
      ({ hostPort, protocol }) => (hostPort === undefined ? undefined : `${protocol} ${hostPort}`),
      pathOf("hostPort"),
    ),
  ];
}

function frozenNetwork(old: Service, next: Service): Problem[] {
  const from = old.spec.template.spec.network;
  return unless(
    from === next.spec.template.spec.network,
    "spec.template.spec.network",
    `cannot be changed (it is ${found(from)}): delete the service and create it anew`,
  );
}
