import type { Problem } from "../../std/errors.ts";
import type { ContainerTemplate, Probe, Resources, Volume } from "../container.ts";
import { milliOf, unitsOf } from "../quantity.ts";
import { found } from "../schema-words.ts";
import { repeats, unless } from "./rules.ts";

const MEMORY_MIN = 1024 * 1024;
const PIDS_MAX = 4_194_304;
/** Their content is the kernel's or made for each container. */
const KEPT_PATHS = ["/proc", "/sys", "/dev"];

/** What must hold for one container and the volumes beside it. */
export function checkContainer(
  container: ContainerTemplate,
  volumes: readonly Volume[],
  at: { readonly container: string; readonly volumes: string },
): readonly Problem[] {
  const { securityContext, livenessProbe } = container;
  return [
    ...checkResources(container, `${at.container}.resources`),
    ...checkVolumes(volumes, at.volumes),
    ...checkMounts(container, volumes, `${at.container}.volumeMounts`),
    ...checkUser(securityContext, `${at.container}.securityContext.runAsUser`),
    ...(livenessProbe ? checkProbe(livenessProbe, `${at.container}.livenessProbe`) : []),
    ...repeats(
      container.ports ?? [],
      ({ name }) => name,
      (i) => `${at.container}.ports[${i}].name`,
    ),
  ];
}

function checkResources({ resources = {} }: ContainerTemplate, path: string): Problem[] {
  const { limits = {}, requests = {} } = resources;
  return [
    ...checkAmounts(limits, `${path}.limits`),
    ...checkAmounts(requests, `${path}.requests`),
    ...checkOrder("cpu", requests.cpu, limits.cpu, milliOf, path),
    ...checkOrder("memory", requests.memory, limits.memory, unitsOf, path),
  ];
}

function checkAmounts({ memory, pids }: Resources, path: string): Problem[] {
  const bytes = unitsOf(memory) ?? 0;
  const processes = unitsOf(pids) ?? 1;
  const hint = typeof memory === "string" && memory.endsWith("m") ? " (m is thousandths)" : "";
  return [
    ...unless(
      bytes === 0 || bytes >= MEMORY_MIN,
      `${path}.memory`,
      `must be 0 or at least 1Mi, found ${found(memory)}${hint}`,
    ),
    ...unless(
      processes >= 1 && processes <= PIDS_MAX,
      `${path}.pids`,
      `must be 1..${PIDS_MAX}, found ${found(pids)}`,
    ),
  ];
}

function checkOrder(
  name: string,
  request: unknown,
  limit: unknown,
  amountOf: (quantity: unknown) => number | undefined,
  path: string,
): Problem[] {
  const most = amountOf(limit) ?? 0;
  const asked = amountOf(request) ?? 0;
  const message = `must be at most the limit ${found(limit)}, found ${found(request)}`;
  return unless(most <= 0 || asked <= most, `${path}.requests.${name}`, message);
}

function checkVolumes(volumes: readonly Volume[], path: string): Problem[] {
  const kinds = volumes.flatMap(({ name, ...kind }, i) => {
    const count = Object.keys(kind).length;
    const message = `must have exactly one of named, secret and emptyDir, found ${count}`;
    return unless(count === 1, `${path}[${i}]`, message);
  });
  return [
    ...kinds,
    ...repeats(
      volumes,
      ({ name }) => name,
      (i) => `${path}[${i}].name`,
    ),
  ];
}

function checkMounts(
  { volumeMounts = [] }: ContainerTemplate,
  volumes: readonly Volume[],
  path: string,
): Problem[] {
  const names = volumes.map(({ name }) => name);
  const one = volumeMounts.flatMap(({ name, mountPath }, i) => {
    const place = trimmed(mountPath);
    const isKept = place === "/" || KEPT_PATHS.some((kept) => `${place}/`.startsWith(`${kept}/`));
    return [
      ...unless(
        names.includes(name),
        `${path}[${i}].name`,
        `must be one of the volumes (${names.join(", ") || "none"}), found ${found(name)}`,
      ),
      ...unless(
        !isKept,
        `${path}[${i}].mountPath`,
        `must not be / or under /proc, /sys or /dev, found ${found(mountPath)}`,
      ),
    ];
  });
  const paths = repeats(
    volumeMounts,
    ({ mountPath }) => trimmed(mountPath),
    (i) => `${path}[${i}].mountPath`,
  );
  return [...one, ...paths];
}

/** `/a//b/` and `/a/b` are the same place. */
function trimmed(path: string): string {
  return `/${path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
}

/** Nobody may ask for another user than root and for root at once. */
export function checkUser(
  context: { readonly runAsUser?: number; readonly runAsNonRoot?: unknown } | undefined,
  path: string,
): Problem[] {
  const isBoth = context?.runAsNonRoot === true && context.runAsUser === 0;
  return unless(!isBoth, path, "must not be 0 when runAsNonRoot is true, found 0");
}

export function checkProbe({ httpGet, tcpSocket, exec }: Probe, path: string): Problem[] {
  const count = [httpGet, tcpSocket, exec].filter((way) => way !== undefined).length;
  const message = `must have exactly one of httpGet, tcpSocket and exec, found ${count}`;
  return unless(count === 1, path, message);
}
