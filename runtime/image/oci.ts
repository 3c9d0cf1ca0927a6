import { FleetError } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import type { ImageConfig } from "./image-store.ts";

/** The names of the OCI image specification 1.0, and Docker's older ones for the same things. */
export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
export const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
export const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";
export const REFERENCE_NAME = "org.opencontainers.image.ref.name";
const LAYER_TYPES = new Set([
  LAYER_TYPE,
  `${LAYER_TYPE}+gzip`,
  "application/vnd.docker.image.rootfs.diff.tar.gzip",
]);

/** Path, inside the image, of a Node bundle's entry: the process driver runs it with the host's own Node. */
export const NODE_ENTRY_LABEL = "flotilla.dev/node-entry";

export const LAYERS_MAX = 128;

export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly size: number;
  readonly annotations?: { readonly [key: string]: string };
}
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}
export interface Index {
  readonly schemaVersion: 2;
  readonly manifests: readonly Descriptor[];
}
/** An image's config file, as far as it is used: what to run, and each layer's digest before compression. */
export interface ConfigFile {
  readonly config: ImageConfig;
  readonly diffIds: readonly string[];
}

/** Same value, same bytes: keys in the order in which the writers below put them, no blanks. */
export function toJson(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

export function configToJson(
  config: ImageConfig,
  diffIds: readonly string[],
  arch: string,
): Buffer {
  const labels = Object.fromEntries(
    Object.entries(config.labels).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return toJson({
    architecture: arch === "x64" ? "amd64" : arch,
    os: "linux",
    config: {
      ...(config.user === "" ? {} : { User: config.user }),
      ...(config.env.length > 0 ? { Env: config.env } : {}),
      ...(config.entrypoint.length > 0 ? { Entrypoint: config.entrypoint } : {}),
      ...(config.cmd.length > 0 ? { Cmd: config.cmd } : {}),
      ...(config.workingDir === "" ? {} : { WorkingDir: config.workingDir }),
      ...(Object.keys(labels).length > 0 ? { Labels: labels } : {}),
    },
    rootfs: { type: "layers", diff_ids: diffIds },
  });
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** The 64 digits of a digest; refuses everything that is not a sha256, so that it may become a file's name. */
export function hexOf(digest: string): string {
  if (!isDigest(digest)) throw broken(`${JSON.stringify(digest)} is no sha256 digest`);
  return digest.slice("sha256:".length);
}

export function broken(what: string): FleetError {
  return new FleetError("FAILED_PRECONDITION", `image is damaged: ${what}`);
}

export function parseIndex(text: string): Index {
  const { manifests } = parseObject(text, "index.json");
  if (!Array.isArray(manifests)) throw broken("index.json has no manifests");
  return { schemaVersion: 2, manifests: manifests.map(parseDescriptor) };
}

export function parseManifest(text: string): Manifest {
  const { config, layers, mediaType } = parseObject(text, "manifest");
  if (!Array.isArray(layers) || layers.length > LAYERS_MAX)
    throw broken(`manifest has no layers, or more than ${LAYERS_MAX}`);
  const parsed = layers.map(parseDescriptor);
  const odd = parsed.find((layer) => !LAYER_TYPES.has(layer.mediaType));
  if (odd) throw broken(`layer of unknown type ${odd.mediaType}`);
  const type = typeof mediaType === "string" ? mediaType : MANIFEST_TYPE;
  return { schemaVersion: 2, mediaType: type, config: parseDescriptor(config), layers: parsed };
}

export function parseConfig(text: string): ConfigFile {
  const { config, rootfs } = parseObject(text, "config");
  const diffIds = isObject(rootfs) ? rootfs.diff_ids : undefined;
  if (!Array.isArray(diffIds)) throw broken("config has no rootfs.diff_ids");
  const given = isObject(config) ? config : {};
  const word = (key: string): string => (typeof given[key] === "string" ? given[key] : "");
  const words = (key: string): readonly string[] => {
    const list = given[key] ?? [];
    if (!Array.isArray(list) || !list.every((item) => typeof item === "string"))
      throw broken(`config.${key} is no list of words`);
    return list;
  };
  const labels = isObject(given.Labels) ? given.Labels : {};
  return {
    diffIds: diffIds.map((digest) => `sha256:${hexOf(String(digest))}`),
    config: {
      entrypoint: words("Entrypoint"),
      cmd: words("Cmd"),
      env: words("Env"),
      workingDir: word("WorkingDir"),
      user: word("User"),
      labels: Object.fromEntries(
        Object.entries(labels).map(([key, value]) => [key, String(value)]),
      ),
    },
  };
}

function parseDescriptor(value: unknown): Descriptor {
  if (!isObject(value)) throw broken("a descriptor is no object");
  const { mediaType, digest, size, annotations } = value;
  if (typeof digest !== "string" || typeof size !== "number" || !Number.isSafeInteger(size))
    throw broken("a descriptor lacks digest or size");
  hexOf(digest);
  const named = isObject(annotations)
    ? {
        annotations: Object.fromEntries(
          Object.entries(annotations).map(([k, v]) => [k, String(v)]),
        ),
      }
    : {};
  return { mediaType: String(mediaType), digest, size, ...named };
}

function parseObject(text: string, what: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (error) {
    throw new FleetError("FAILED_PRECONDITION", `image is damaged: ${what} is no JSON`, {}, error);
  }
  throw broken(`${what} is no object`);
}
