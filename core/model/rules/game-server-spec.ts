import type { Problem } from "../../std/errors.ts";
import type { GameServerPort, GameServerSpec, Health } from "../game-server.ts";
import { isIpv4, isIpv6 } from "../ip.ts";
import { found, member } from "../schema-words.ts";
import { checkContainer, checkUser } from "./container-template.ts";
import { repeats, unless } from "./rules.ts";

/** Agones' defaults of health; values that are not above 0 mean them. */
const HEALTH: Omit<Health, "disabled"> = {
  initialDelaySeconds: 5,
  periodSeconds: 5,
  failureThreshold: 3,
};
type HealthNumber = keyof typeof HEALTH;
const HEALTH_NUMBERS = Object.keys(HEALTH) as HealthNumber[];

/** What follows from other fields, in a template too: nothing that a later change of the template would contradict. */
export function completeTemplate(spec: GameServerSpec): GameServerSpec {
  const replaced = HEALTH_NUMBERS.filter((name) => spec.health[name] <= 0);
  const health = Object.fromEntries(replaced.map((name) => [name, HEALTH[name]]));
  return { ...spec, health: { ...spec.health, ...health } };
}

/** What follows from other fields of one game server: its container's name everywhere, TCPUDP as two ports. */
export function completeSpec(given: GameServerSpec): GameServerSpec {
  const spec = completeTemplate(given);
  const container = spec.container ?? spec.template.spec.containers[0]?.name ?? "";
  const ports = spec.ports.map((port) => ({ ...port, container: port.container ?? container }));
  const twins = ports.filter(isBoth).map((port) => half(port, "UDP"));
  const firsts = ports.map((port) => (isBoth(port) ? half(port, "TCP") : port));
  return { ...spec, container, ports: [...firsts, ...twins] };
}

function isBoth({ protocol }: GameServerPort): boolean {
  return protocol === "TCPUDP";
}
function half(port: GameServerPort, protocol: "TCP" | "UDP"): GameServerPort {
  return { ...port, name: `${port.name}-${protocol.toLowerCase()}`, protocol };
}

export function healthWarnings({ health }: GameServerSpec, path: string): string[] {
  return HEALTH_NUMBERS.filter((name) => health[name] <= 0).map(
    (name) => `${path}.health.${name}: ${health[name]} is not above 0, ${HEALTH[name]} is used`,
  );
}

/** What must hold in the spec of a game server, or of a template of one; `path` is where the spec stands. */
export function checkSpec(
  spec: GameServerSpec,
  devAddress: string | undefined,
  path: string,
): readonly Problem[] {
  const pod = spec.template.spec;
  const at = { container: `${path}.template.spec.containers[0]` };
  const volumes = `${path}.template.spec.volumes`;
  const container = pod.containers[0];
  const security = pod.securityContext as Parameters<typeof checkUser>[0];
  return [
    ...spec.ports.flatMap((port, i) => checkPort(port, devAddress, `${path}.ports[${i}]`)),
    ...checkHostPorts(spec.ports, path),
    ...checkNames(spec, path),
    ...checkSizes(spec, path),
    ...unless(
      spec.sdkServer.grpcPort !== spec.sdkServer.httpPort,
      `${path}.sdkServer.httpPort`,
      `must differ from grpcPort, found ${spec.sdkServer.httpPort} for both`,
    ),
    ...checkUser(security, `${path}.template.spec.securityContext.runAsUser`),
    ...(container ? checkContainer(container, pod.volumes ?? [], { ...at, volumes }) : []),
  ];
}

const PORT_POLICIES: readonly string[] = ["Dynamic", "Static", "Passthrough", "None"];
function checkPort(
  { portPolicy, containerPort, hostPort }: GameServerPort,
  devAddress: string | undefined,
  path: string,
): Problem[] {
  if (devAddress !== undefined) {
    const message = `must be Static for a development server, found ${portPolicy}`;
    return [
      ...unless(portPolicy === "Static", `${path}.portPolicy`, message),
      ...unless(hostPort !== undefined, `${path}.hostPort`, "is required for a development server"),
    ];
  }
  if (!PORT_POLICIES.includes(portPolicy)) return [];
  const isPassthrough = portPolicy === "Passthrough";
  const listens = isPassthrough === (containerPort === undefined);
  const isStatic = portPolicy === "Static";
  const opens = isStatic === (hostPort !== undefined);
  return [
    ...unless(listens, `${path}.containerPort`, allowed(isPassthrough, portPolicy, containerPort)),
    ...unless(opens, `${path}.hostPort`, allowed(!isStatic, portPolicy, hostPort)),
  ];
}

function allowed(isForbidden: boolean, policy: string, value: number | undefined): string {
  return isForbidden
    ? `must not be set with portPolicy ${policy}, found ${found(value)}`
    : `is required with portPolicy ${policy}, found nothing`;
}

function checkHostPorts(ports: readonly GameServerPort[], path: string): Problem[] {
  const used = ports.flatMap(({ hostPort, protocol }, i) =>
    (protocol === "TCPUDP" ? ["TCP", "UDP"] : [protocol]).map((one) => ({
      key: hostPort === undefined ? undefined : `${one} ${hostPort}`,
      i,
    })),
  );
  return repeats(
    used,
    ({ key }) => key,
    (j) => `${path}.ports[${used[j]?.i}].hostPort`,
  );
}

/** There is one container, so everything that names a container must name that one. */
function checkNames(spec: GameServerSpec, path: string): Problem[] {
  const { name } = spec.template.spec.containers[0] ?? { name: "" };
  const given: readonly (readonly [string, string | undefined])[] = [
    [`${path}.container`, spec.container],
    ...spec.ports.map(({ container }, i) => [`${path}.ports[${i}].container`, container] as const),
  ];
  return given.flatMap(([at, container]) =>
    unless(
      container === undefined || container === name,
      at,
      `must be the container of the template (${name}), found ${found(container)}`,
    ),
  );
}

function checkSizes({ counters = {}, lists = {} }: GameServerSpec, path: string): Problem[] {
  // A capacity below 0 is a problem of its own.
  const over = (at: string, size: number, capacity: number): Problem[] =>
    unless(
      size <= Math.max(0, capacity),
      at,
      `must be at most the capacity ${capacity}, found ${size}`,
    );
  return [
    ...Object.entries(counters).flatMap(([key, { count, capacity }]) =>
      over(`${member(`${path}.counters`, key)}.count`, count, capacity),
    ),
    ...Object.entries(lists).flatMap(([key, { values, capacity }]) =>
      over(`${member(`${path}.lists`, key)}.values`, values.length, capacity),
    ),
  ];
}

/** The annotation that registers an external process must say where it is. */
export function checkDevAddress(address: string | undefined, path: string): Problem[] {
  const fits = address === undefined || isIpv4(address) || isIpv6(address);
  return unless(fits, path, `must be an IP address, found ${found(address)}`);
}
