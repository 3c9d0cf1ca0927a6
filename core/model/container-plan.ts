import type {
  Container,
  ContainerTemplate,
  Probe,
  Resources,
  RestartPolicy,
  Volume,
  VolumeMount,
} from "./container.ts";
import { expandEnvironment, expandVariables, type Variable } from "./expand-variables.ts";
import { devAddressOf, type GameServer, gameContainerOf } from "./game-server.ts";
import { GAME_SERVER_STATES } from "./game-server-state.ts";
import type { Subject } from "./link.ts";
import { DEFAULT_NETWORK } from "./network.ts";
import { containerPortMaps, gamePortMaps } from "./port-maps.ts";
import { milliOf, unitsOf } from "./quantity.ts";
import { serviceOwnerOf } from "./service.ts";

/** One host port and what it leads to. */
export interface PortMap {
  readonly name: string;
  readonly protocol: "udp" | "tcp";
  readonly hostPort: number;
  readonly containerPort: number;
}

/** Limits in the kernel's units. */
export interface Limits {
  /** 1000 = one core; 0 = none. */
  readonly cpuMilli: number;
  /** 0 = none. */
  readonly memoryBytes: number;
  readonly pidsMax: number;
}

/**
 * A container as wanted on a node: what a GameServer's or Container's spec means, with everything decided that can be
 * decided without looking at the machine. Made by `containerPlanOf` (pure).
 */
export interface ContainerPlan {
  readonly subject: Subject;
  /** Unique for one life of one resource: the uid's first 12 hexadecimal digits. Names its cgroup, folders and logs. */
  readonly id: string;
  readonly hostname: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  /** User inside the container; never host root. */
  readonly user: number;
  readonly readOnlyRoot: boolean;
  readonly network: { readonly namespace: string; readonly name: string };
  readonly address?: string;
  readonly ports: readonly PortMap[];
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
  readonly limits: Limits;
  /** CPU is limited only once this is true (a GameServer's boot is not throttled). */
  readonly cpuLimited: boolean;
  readonly stopGraceMs: number;
  readonly restartPolicy: RestartPolicy;
  /** Another value than at the start asks for a restart. */
  readonly restartToken: string;
  readonly probe?: Probe;
  readonly readinessProbe?: Probe;
  /** Of a replica of a service: how long between its last new connection and TERM. */
  readonly drainMs?: number;
  /** It may reach the control plane. */
  readonly platformApi?: true;
  /** SDK ports as the game sees them; absent for plain Containers. */
  readonly sdk?: { readonly grpcPort: number; readonly httpPort: number };
}

const PIDS_MAX = 512;
const USER = 1_000;
const GRACE_SECONDS = 30;
const SDK_GRPC_PORT = "AGONES_SDK_GRPC_PORT";
const SDK_HTTP_PORT = "AGONES_SDK_HTTP_PORT";
/** Opts out of a boot without CPU limit. */
export const LIMIT_CPU_AT_START = "flotilla.dev/limit-cpu-at-start";

/** The container that a resource wants on its node now; undefined when it wants none there. */
export function containerPlanOf(resource: GameServer | Container): ContainerPlan | undefined {
  if (resource.metadata.deletionTimestamp !== undefined) return undefined;
  return resource.kind === "GameServer" ? planOfGameServer(resource) : planOfContainer(resource);
}

function planOfGameServer(gameServer: GameServer): ContainerPlan | undefined {
  const { metadata, spec, status } = gameServer;
  const isPlaced = GAME_SERVER_STATES[status.state].runs && status.nodeName !== "";
  if (!isPlaced || devAddressOf(gameServer) !== undefined) return undefined;
  const pod = spec.template.spec;
  const { grpcPort, httpPort } = spec.sdkServer;
  const container = gameContainerOf(spec);
  const own = (container.env ?? []).filter(
    ({ name }) => name !== SDK_GRPC_PORT && name !== SDK_HTTP_PORT,
  );
  const env = [
    ...own,
    { name: SDK_GRPC_PORT, value: String(grpcPort) },
    { name: SDK_HTTP_PORT, value: String(httpPort) },
  ];
  const podUser = (pod.securityContext as { readonly runAsUser?: number } | undefined)?.runAsUser;
  return {
    ...planOfTemplate(resourceSubject(gameServer), container, env, podUser),
    network: { namespace: metadata.namespace, name: pod.network ?? DEFAULT_NETWORK },
    ports: gamePortMaps(gameServer),
    volumes: pod.volumes ?? [],
    cpuLimited: isCpuLimited(gameServer),
    stopGraceMs: (pod.terminationGracePeriodSeconds ?? GRACE_SECONDS) * 1_000,
    restartPolicy: "Never",
    restartToken: "",
    sdk: { grpcPort, httpPort },
  };
}

function planOfContainer(container: Container): ContainerPlan | undefined {
  const { metadata, spec, status } = container;
  if (!spec.running || status.nodeName === "" || status.moving) return undefined;
  return {
    ...planOfTemplate(resourceSubject(container), spec, spec.env ?? [], undefined),
    network: { namespace: metadata.namespace, name: spec.network },
    ...(spec.address === undefined ? {} : { address: spec.address }),
    ports: containerPortMaps(spec.ports ?? []),
    volumes: spec.volumes ?? [],
    cpuLimited: true,
    stopGraceMs: spec.terminationGracePeriodSeconds * 1_000,
    restartPolicy: spec.restartPolicy,
    restartToken: spec.restartedAt ?? "",
    ...(spec.platformApi ? { platformApi: true as const } : {}),
    ...(spec.readinessProbe ? { readinessProbe: spec.readinessProbe } : {}),
    ...(serviceOwnerOf(metadata) ? { drainMs: (spec.drainSeconds ?? 0) * 1_000 } : {}),
  };
}

/** The part of a plan that a container of a pod template and a Container say in the same words. */
function planOfTemplate(
  subject: Subject,
  template: ContainerTemplate,
  env: readonly Variable[],
  podUser: number | undefined,
) {
  const { image, command, args, workingDir, resources, securityContext, livenessProbe } = template;
  const environment = expandEnvironment(env);
  const variables = new Map(environment.map(({ name, value }) => [name, value]));
  const expanded = (words: readonly string[]): readonly string[] =>
    words.map((word) => expandVariables(word, variables));
  return {
    subject,
    id: containerIdOf(subject.uid),
    hostname: subject.name.replaceAll(".", "-"),
    image,
    ...(command ? { command: expanded(command) } : {}),
    ...(args ? { args: expanded(args) } : {}),
    ...(workingDir ? { workingDir } : {}),
    env: environment,
    user: securityContext?.runAsUser ?? podUser ?? USER,
    readOnlyRoot: securityContext?.readOnlyRootFilesystem ?? false,
    mounts: template.volumeMounts ?? [],
    limits: limitsOf(resources?.limits),
    ...(livenessProbe ? { probe: livenessProbe } : {}),
  };
}

/** Names a life of a resource: cgroup, folders and logs carry it. */
export function containerIdOf(uid: string): string {
  return uid.replaceAll("-", "").slice(0, 12);
}

function limitsOf(limits: Resources | undefined): Limits {
  return {
    cpuMilli: milliOf(limits?.cpu) ?? 0,
    memoryBytes: unitsOf(limits?.memory) ?? 0,
    pidsMax: unitsOf(limits?.pids) ?? PIDS_MAX,
  };
}

/** A boot is not throttled, so that it is short; from then on the limit holds, unless it is to hold at once. */
function isCpuLimited({ metadata, spec, status }: GameServer): boolean {
  if (GAME_SERVER_STATES[status.state].counts === "up") return true;
  const { annotations: podAnnotations } = spec.template.metadata ?? {};
  const asked = metadata.annotations?.[LIMIT_CPU_AT_START] ?? podAnnotations?.[LIMIT_CPU_AT_START];
  return asked === "true";
}

function resourceSubject({ kind, metadata }: GameServer | Container): Subject {
  const { namespace, name, uid } = metadata;
  return { kind, namespace, name, uid };
}
