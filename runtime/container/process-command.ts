import { access, constants, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { ContainerPlan } from "../../core/model/container-plan.ts";
import { FleetError } from "../../core/std/errors.ts";
import { findInLayers } from "../image/find-in-layers.ts";
import type { ResolvedImage } from "../image/image-store.ts";
import { NODE_ENTRY_LABEL } from "../image/oci.ts";

export interface HostPrograms {
  /** Runs images that carry a Node bundle. */
  readonly nodeBinary: string;
  /** Folders of this machine's programs, separated by colons; behind the image's own. */
  readonly path: string;
}

/** What `docker run` would run: the plan's command replaces entrypoint and cmd, its args replace cmd. */
export function wordsOf(
  plan: ContainerPlan,
  { config, reference }: ResolvedImage,
): readonly string[] {
  const words = plan.command
    ? [...plan.command, ...(plan.args ?? [])]
    : [...config.entrypoint, ...(plan.args ?? config.cmd)];
  if (words.length > 0) return words;
  throw new FleetError("INVALID", `image ${reference} says no command, and the container neither`);
}

/**
 * The same words for a machine where the image is no root: the program, and each further word that names a file of the
 * image, become their places in its unpacked layers. A Node bundle is run by this machine's own Node.
 */
export async function hostWords(
  words: readonly string[],
  image: ResolvedImage,
  host: HostPrograms,
): Promise<readonly [string, ...string[]]> {
  const [first = "", ...rest] = words;
  const isBundle = image.config.labels[NODE_ENTRY_LABEL] !== undefined;
  const program =
    isBundle && basename(first) === "node"
      ? host.nodeBinary
      : await findProgram(first, image, host);
  const places = await Promise.all(rest.map((word) => placeOf(word, image)));
  return [program, ...places];
}

async function placeOf(word: string, { layers }: ResolvedImage): Promise<string> {
  if (!word.startsWith("/") || word.includes("\0")) return word;
  const place = await findInLayers(layers, word);
  return place !== undefined && (await stat(place)).isFile() ? place : word;
}

async function findProgram(
  name: string,
  { layers, config }: ResolvedImage,
  { path }: HostPrograms,
): Promise<string> {
  const inImage = config.env.find((row) => row.startsWith("PATH="))?.slice("PATH=".length) ?? "";
  const isPath = name.includes("/");
  const names = isPath
    ? [join(config.workingDir, name)]
    : inImage.split(":").map((f) => join(f, name));
  const absolute = name.startsWith("/") ? [name] : names;
  const found = await Promise.all(absolute.map((one) => findInLayers(layers, one)));
  const ofHost = isPath ? [] : path.split(":").map((folder) => join(folder, name));
  const places = [...found, ...ofHost].filter((place) => place !== undefined);
  for (const place of places) if (await mayRun(place)) return place;
  const why = found.some((place) => place !== undefined)
    ? "permission denied"
    : "no such file or directory";
  throw new FleetError("FAILED_PRECONDITION", `exec ${name}: ${why}`, { program: name });
}

async function mayRun(path: string): Promise<boolean> {
  const executable = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  return executable && (await stat(path)).isFile();
}

/** Marks every process of a container; a person who looks at a process list can tell whose it is. */
export const ID_VARIABLE = "FLOTILLA_CONTAINER_ID";

/**
 * Later rows win: what every process needs, the image's, the plan's, and what the platform says. Nothing maps ports here,
 * so each port is told as the host's number in `FLOTILLA_PORT_<NAME>`, the first also in `PORT`.
 */
export function environmentOf(
  plan: ContainerPlan,
  image: ResolvedImage,
  { path, home }: { readonly path: string; readonly home: string },
): Record<string, string> {
  const ofImage = image.config.env
    .map((row) => [row.slice(0, row.indexOf("=")), row.slice(row.indexOf("=") + 1)] as const)
    .filter(([name]) => name !== "" && name !== "PATH" && name !== "HOME");
  const ofPlan = plan.env.map(({ name, value }) => [name, value] as const);
  const ports = plan.ports.filter(({ name }) => name !== "");
  const first = plan.ports[0];
  return {
    PATH: path,
    HOME: home,
    ...(first ? { PORT: String(first.hostPort) } : {}),
    ...Object.fromEntries(ofImage),
    ...Object.fromEntries(ofPlan),
    ...Object.fromEntries(
      ports.map(({ name, hostPort }) => [portVariable(name), String(hostPort)]),
    ),
    ...(plan.sdk ? sdkVariables(plan.sdk) : {}),
    [ID_VARIABLE]: plan.id,
  };
}

/** `FLOTILLA_PORT_GAME_TCP` for `game-tcp`. */
export function portVariable(name: string): string {
  return `FLOTILLA_PORT_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
}

/** Where a game finds its SDK: Agones' own names. */
export function sdkVariables({
  grpcPort,
  httpPort,
}: NonNullable<ContainerPlan["sdk"]>): Record<string, string> {
  return { AGONES_SDK_GRPC_PORT: String(grpcPort), AGONES_SDK_HTTP_PORT: String(httpPort) };
}
