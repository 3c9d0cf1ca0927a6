import type { ContainerPlan } from "../../core/model/container-plan.ts";
import type { ResolvedImage } from "../image/image-store.ts";
import { NODE_ENTRY_LABEL } from "../image/oci.ts";

const MIB = 1024 * 1024;
/** Node's own choice on a 64-bit machine of that size: half of it for what lasts. */
const OLD_SHARE = 2;
/** Of three equal parts for what is young; a service of 256 MiB answers as fast with 8 MiB as with more. */
const YOUNG_SHARE = 32;
const YOUNG_MIB_MAX = 16;
const YOUNG_MIB_MIN = 1;

/**
 * What a Node program is told of its container's memory, as rows of its environment. By itself it sees the machine's, grows
 * its heap to gigabytes before it looks for what it could give back, and is killed under a crowd at a limit that half of
 * the heap would have kept. Nothing without a limit, and nothing for programs that are not Node's. Pure.
 */
export function nodeMemoryOf(
  { limits }: Pick<ContainerPlan, "limits">,
  { config }: Pick<ResolvedImage, "config">,
): readonly (readonly [name: string, value: string])[] {
  const isNode = config.labels[NODE_ENTRY_LABEL] !== undefined;
  const mib = limits.memoryBytes / MIB;
  if (!isNode || mib === 0) return [];
  const old = Math.max(1, Math.floor(mib / OLD_SHARE));
  const young = Math.min(YOUNG_MIB_MAX, Math.max(YOUNG_MIB_MIN, Math.floor(mib / YOUNG_SHARE)));
  return [["NODE_OPTIONS", `--max-old-space-size=${old} --max-semi-space-size=${young}`]];
}
