import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Environment, SettingsReader } from "../service/settings.ts";

export interface Settings {
  readonly host: string;
  readonly port: number;
  /** `file:///…` or `mongodb://…`, itself or in the file of ASSET_DOCUMENTS_FILE. Never shown: it may hold a password. */
  readonly documents: string;
  /** The folder of the thumbnails. */
  readonly files: string;
  /** The operator's token, made when there is none. */
  readonly tokenFile: string;
  /** The login service, whose tokens are believed. */
  readonly loginUrl: string;
  readonly proxies: number;
  readonly thumbnailBytesMax: number;
  /** Pixels of a side. */
  readonly thumbnailSideMax: number;
  readonly uploadMs: number;
  readonly uploadsMax: number;
  readonly uploadsOfOneMax: number;
  readonly assetsPerUser: number;
  readonly bytesPerUser: number;
  readonly drainMs: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}

const KIB = 1_024;
const MIB_MAX = 1_000_000;

/** Reads the environment; throws with a sentence when a value makes no sense. */
export function settingsOf(env: Environment, uid: number | undefined): Settings {
  const read = new SettingsReader(env);
  const state = join(read.stateFolder(uid), "asset");
  return {
    host: read.text("ASSET_HOST", "127.0.0.1"),
    port: read.number("ASSET_PORT", 8712, 0, 65_535),
    documents: read.secret("ASSET_DOCUMENTS", pathToFileURL(join(state, "asset.db")).href),
    files: read.text("ASSET_FILES", join(state, "files")),
    tokenFile: read.text("ASSET_TOKEN_FILE", join(state, "operator.token")),
    loginUrl: read.url("LOGIN_URL", "http://127.0.0.1:8711"),
    proxies: read.number("ASSET_PROXIES", 0, 0, 8),
    thumbnailBytesMax: read.number("ASSET_THUMBNAIL_KIB", 1_024, 1, 16_384) * KIB,
    thumbnailSideMax: read.number("ASSET_THUMBNAIL_SIDE", 2_048, 1, 16_384),
    uploadMs: read.number("ASSET_UPLOAD_SECONDS", 15, 1, 600) * 1_000,
    uploadsMax: read.number("ASSET_UPLOADS", 32, 1, 1_000),
    uploadsOfOneMax: read.number("ASSET_UPLOADS_OF_ONE", 8, 1, 1_000),
    assetsPerUser: read.number("ASSET_PER_USER", 1_000, 1, 1_000_000),
    bytesPerUser: read.number("ASSET_MIB_PER_USER", 100, 1, MIB_MAX) * KIB * KIB,
    drainMs: read.number("ASSET_DRAIN_SECONDS", 0, 0, 600) * 1_000,
    logLevel: read.oneOf("ASSET_LOG_LEVEL", "info", ["debug", "info", "warn", "error"]),
  };
}
