import type { ContainerPlan } from "../../core/model/container-plan.ts";
import { unitsOf } from "../../core/model/quantity.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { CgroupLayout } from "../cgroup/layout.ts";
import { cgroupWrites } from "../cgroup/writes.ts";
import type { ResolvedImage } from "../image/image-store.ts";
import type { FieldIn } from "../shim/message.ts";
import { type CreateRequest, type Program, RLIMIT } from "../shim/requests.ts";
import { nodeMemoryOf } from "./node-memory.ts";
import { ID_VARIABLE, portVariable, sdkVariables, wordsOf } from "./process-command.ts";

/** What is decided on this machine for one container, beside its plan and image. */
export interface ShimPlace {
  readonly stateFolder: string;
  readonly userBase: number;
  readonly layout: CgroupLayout;
  readonly seccomp: Uint8Array;
  readonly network: readonly FieldIn[];
  readonly volumesFolder: string;
  readonly secretsFolder: string;
  /** The file that is its /etc/hosts. */
  readonly hostsFile: string;
}

const MIB = 1024 * 1024;
/** Writable space of a container lies in memory: as much as its memory limit, at most this. */
const UPPER_BYTES_MAX = 1024 * MIB;
const TMP_BYTES = 64 * MIB;
const SHM_BYTES = 64 * MIB;
const LOG_BYTES_MAX = 8 * MIB;
const LOG_RATE = 4 * MIB;
const FILES_SOFT = 4_096;
const FILES_HARD = 16_384;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A plan as the shim is asked for it. Pure. */
export function createRequestOf(
  plan: ContainerPlan,
  image: ResolvedImage,
  place: ShimPlace,
): CreateRequest {
  const { limits } = plan;
  const cpuMilli = plan.cpuLimited ? limits.cpuMilli : 0;
  const mounts = mountsOf(plan, place);
  const hosts = { source: place.hostsFile, target: "/etc/hosts", readOnly: true };
  return {
    id: plan.id,
    hostname: plan.hostname,
    ...programOf(plan, image, wordsOf(plan, image)),
    user: plan.user,
    userBase: place.userBase,
    capabilities: 0,
    seccomp: place.seccomp,
    layers: image.layers,
    stateFolder: place.stateFolder,
    upperBytes: Math.min(limits.memoryBytes || UPPER_BYTES_MAX, UPPER_BYTES_MAX),
    readOnlyRoot: plan.readOnlyRoot,
    tmpBytes: TMP_BYTES,
    shmBytes: SHM_BYTES,
    ...mounts,
    // First, so that what a plan mounts there itself stands before it.
    binds: [hosts, ...mounts.binds],
    cgroupWrites: cgroupWrites(place.layout, { ...limits, cpuMilli }),
    rlimits: [
      { resource: RLIMIT.CORE, soft: 0, hard: 0 },
      { resource: RLIMIT.NOFILE, soft: FILES_SOFT, hard: FILES_HARD },
    ],
    logBytesMax: LOG_BYTES_MAX,
    logRate: LOG_RATE,
    resolvers: [],
    network: place.network,
  };
}

/** Words, environment and folder of a program in the container. Later rows of the environment win. */
export function programOf(
  plan: ContainerPlan,
  image: ResolvedImage,
  argv: readonly string[],
): Program {
  const { config } = image;
  const ports = plan.ports.filter(({ name }) => name !== "");
  const rows = new Map<string, string>([
    ["PATH", PATH],
    ["HOME", config.workingDir || "/"],
    ...nodeMemoryOf(plan, image),
    ...config.env.map((row): [string, string] => [
      row.slice(0, row.indexOf("=")),
      row.slice(row.indexOf("=") + 1),
    ]),
    ...plan.env.map(({ name, value }): [string, string] => [name, value]),
    ...ports.map(({ name, containerPort }): [string, string] => [
      portVariable(name),
      String(containerPort),
    ]),
    ...(plan.sdk ? Object.entries(sdkVariables(plan.sdk)) : []),
    [ID_VARIABLE, plan.id],
  ]);
  const env = [...rows].map(([name, value]) => `${name}=${value}`);
  return { argv, env, cwd: plan.workingDir ?? (config.workingDir || "/") };
}

type Mounts = Pick<CreateRequest, "binds" | "tmpfs" | "secrets">;

/** Where the plan's volumes come from on this machine. */
export function mountsOf(
  plan: ContainerPlan,
  { volumesFolder, secretsFolder }: Pick<ShimPlace, "volumesFolder" | "secretsFolder">,
): Mounts {
  const { namespace } = plan.subject;
  const mounts: {
    binds: Mounts["binds"][number][];
    tmpfs: Mounts["tmpfs"][number][];
    secrets: Mounts["secrets"][number][];
  } = { binds: [], tmpfs: [], secrets: [] };
  for (const { name, mountPath: target, readOnly = false } of plan.mounts) {
    const volume = plan.volumes.find((one) => one.name === name);
    if (volume?.named)
      mounts.binds.push({
        source: `${volumesFolder}/${namespace}/${volume.named.volume}`,
        target,
        readOnly,
      });
    else if (volume?.secret)
      mounts.secrets.push({
        source: `${secretsFolder}/${namespace}/${volume.secret.secretName}`,
        target,
      });
    else if (volume?.emptyDir)
      mounts.tmpfs.push({
        target,
        bytesMax: unitsOf(volume.emptyDir.sizeLimit ?? "64Mi") ?? TMP_BYTES,
      });
    else
      throw new FleetError("INVALID", `mount ${target} names volume ${name}, which is not there`);
  }
  return mounts;
}
