import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

/** One file of the built page, as it is sent. */
export interface PageFile {
  /** Its path below the origin. */
  readonly url: string;
  readonly type: string;
  readonly plain: Buffer;
  /** The same, packed; absent where that saves nothing. */
  readonly packed?: Buffer;
  readonly etag: string;
  /** True when its name changes with its content. */
  readonly isImmutable: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};
/** The builder puts what it names by content there. */
const HASHED = /^\/page\//;

/** The whole page, read once: it is small. Throws with a sentence when it is not there. */
export function readPage(folder: string): readonly PageFile[] {
  const names = namesIn(folder).filter((name) => TYPES[extname(name)] !== undefined);
  if (!names.includes("index.html"))
    throw new Error(`${folder} holds no built page: npm run service:meet builds it`);
  return names.map((name) => {
    const plain = readFileSync(join(folder, name));
    const packed = gzipSync(plain, { level: 9 });
    const url = `/${name.replaceAll("\\", "/")}`;
    return {
      url: url === "/index.html" ? "/" : url,
      type: TYPES[extname(name)] ?? "application/octet-stream",
      plain,
      ...(packed.length < plain.length ? { packed } : {}),
      etag: createHash("sha256").update(plain).digest("base64url").slice(0, 27),
      isImmutable: HASHED.test(url),
    };
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
}
