import type { ContainerPlan } from "../../core/model/container-plan.ts";
import { findProgram } from "../image/host-programs.ts";
import type { ImageFolder } from "../image/image-folder.ts";
import { busyboxEntries, emptyBaseLayer } from "../image/node-base.ts";
import { writeImage } from "../image/write-image.ts";
import { writeLayer } from "../image/write-layer.ts";
import { HostLinux } from "../linux/host-linux.ts";

/** A program that does what a test asks by its first word; a shell script, so that every driver can run it. */
const FIXTURE = `#!/bin/sh
case "$1" in
  say) shift; for word; do echo "$word"; done; echo "aside" >&2 ;;
  exit) exit "$2" ;;
  die) kill -"$2" $$; sleep 5 ;;
  later) trap 'exit 5' USR1; echo later; while :; do sleep 0.02; done ;;
  wait) exec 2>/dev/null; trap 'echo bye; exit 3' TERM; echo waiting; while :; do sleep 0.02; done ;;
  deaf) trap '' TERM; echo deaf; while :; do sleep 0.05; done ;;
  family) sleep 1000 & sleep 1000 & echo family; wait ;;
  orphans) sleep 1000 & echo leaving; exit 4 ;;
  count) i=0; while [ $i -lt "$2" ]; do i=$((i + 1)); echo "line $i"; done ;;
  tick) i=0; while :; do i=$((i + 1)); echo "tick $i"; sleep 0.02; done ;;
  variable) eval "echo \\$$2" ;;
  *) echo "no such trick: $1" >&2; exit 99 ;;
esac
`;
export const FIXTURE_PATH = "/app/fixture";
const REFERENCE = "fixture:latest";

/** Puts the image into the store: with busybox as its shell, or for drivers that use the host's, without. */
export async function writeFixtureImage(
  images: ImageFolder,
  shell: "busybox" | "host",
): Promise<string> {
  const base = await emptyBaseLayer(images);
  const content = Buffer.from(FIXTURE);
  const script = { type: "file", path: FIXTURE_PATH.slice(1), mode: 0o755, content } as const;
  const busybox = shell === "busybox" ? await findProgram("busybox") : undefined;
  const tools = busybox === undefined ? [] : await busyboxEntries(busybox);
  const layer = await writeLayer(images.blobs, [script, ...tools]);
  const config = {
    entrypoint: [FIXTURE_PATH],
    cmd: ["wait"],
    env: ["PATH=/usr/bin:/bin", "FROM_IMAGE=image", "FROM_BOTH=image"],
    workingDir: "/",
    user: "1000",
    labels: {},
  };
  const layers = [base.layer, layer];
  await writeImage(images, { reference: REFERENCE, layers, config, arch: process.arch });
  return REFERENCE;
}

/** Has the `later` that was given this word end now, wherever it runs: no other process of the machine has that word. */
export function endLater(mark: string): void {
  using linux = new HostLinux();
  for (const pid of linux.processes()) {
    const words = (linux.read(`/proc/${pid}/cmdline`) ?? "").split("\0");
    if (words[1]?.endsWith(FIXTURE_PATH) && words[3] === mark) linux.kill(pid, "SIGUSR1");
  }
}

/** A plan that runs the fixture with these words. */
export function fixturePlan(
  id: string,
  words: readonly string[],
  more: Partial<ContainerPlan>,
): ContainerPlan {
  return {
    subject: { kind: "Container", namespace: "default", name: `c-${id}`, uid: `${id}-uid` },
    id,
    hostname: `c-${id}`,
    image: REFERENCE,
    ...(words.length > 0 ? { args: words } : {}),
    env: [],
    user: 1000,
    readOnlyRoot: false,
    network: { namespace: "default", name: "default" },
    ports: [],
    volumes: [],
    mounts: [],
    limits: { cpuMilli: 0, memoryBytes: 0, pidsMax: 64 },
    cpuLimited: false,
    stopGraceMs: 1000,
    restartPolicy: "Never",
    restartToken: "",
    ...more,
  };
}
