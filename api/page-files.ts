import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";

/** One file of the built dashboard, as it is sent. */
export interface PageFile {
  /** Its path below the origin. */
  readonly url: string;
  readonly type: string;
  readonly plain: Buffer;
  /** The same, packed by the builder. */
  readonly gzip?: Buffer;
  readonly brotli?: Buffer;
  readonly etag: string;
  /** True when its name changes with its content. */
  readonly isImmutable: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
/** The builder puts what it names by content there. */
const HASHED = /^assets\//;
const ETAG_LENGTH = 27;

/** The whole page, read once: it is small. Empty when it was not built. */
export function readPage(folder: string): readonly PageFile[] {
  if (!existsSync(join(folder, "index.html"))) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => TYPES[extname(name)] !== undefined)
    .map((name) => readFile(folder, name));
}

function readFile(folder: string, name: string): PageFile {
  const path = join(folder, name);
  const plain = readFileSync(path);
  const packed = (ending: string): Buffer | undefined => {
    const file = `${path}.${ending}`;
    const bytes = existsSync(file) ? readFileSync(file) : undefined;
    return bytes && bytes.length < plain.length ? bytes : undefined;
  };
  const [gzip, brotli] = [packed("gz"), packed("br")];
  return {
    url: name === "index.html" ? "/" : `/${name}`,
    type: TYPES[extname(name)] ?? "",
    plain,
    ...(gzip ? { gzip } : {}),
    ...(brotli ? { brotli } : {}),
    etag: createHash("sha256").update(plain).digest("base64url").slice(0, ETAG_LENGTH),
    isImmutable: HASHED.test(name),
  };
}
