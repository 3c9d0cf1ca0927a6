import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { PageFile } from "./page-files.ts";
import { PAGE_HEADERS } from "./page-headers.ts";

/** Serves the dashboard: a fixed map of files, which were read at the start; no path of a request reaches the disk. */
export function pageRoutes(app: FastifyInstance, files: readonly PageFile[]): void {
  const served = files.some(({ url }) => url === "/") ? files : [NOT_BUILT];
  for (const file of served)
    app.route({
      method: ["GET", "HEAD"],
      url: file.url,
      config: { access: "open", page: true },
      handler: (request, reply) => send(file, request, reply),
    });
}

const NOT_BUILT: PageFile = {
  url: "/",
  type: "text/plain; charset=utf-8",
  plain: Buffer.from(
    "The dashboard was not built here. `npm start` builds it; in a clone, `node setup.mjs dashboard` does so alone.\n" +
      "The API works without it: /openapi.json describes it.\n",
  ),
  etag: "none",
  isImmutable: false,
};

const FOREVER = "public, max-age=31536000, immutable";

function send(file: PageFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [encoding, body] = packedFor(file, String(request.headers["accept-encoding"] ?? ""));
  const etag = `"${file.etag}${encoding === undefined ? "" : `-${encoding}`}"`;
  reply.headers({
    ...PAGE_HEADERS,
    vary: "accept-encoding",
    etag,
    "cache-control": file.isImmutable ? FOREVER : "no-cache",
  });
  if (request.headers["if-none-match"] === etag) return reply.code(304).send();
  if (encoding !== undefined) reply.header("content-encoding", encoding);
  return reply.type(file.type).send(body);
}

function packedFor(
  { plain, gzip, brotli }: PageFile,
  accepted: string,
): readonly [encoding: string | undefined, body: Buffer] {
  if (brotli && /\bbr\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(accepted)) return ["br", brotli];
  if (gzip && /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(accepted)) return ["gzip", gzip];
  return [undefined, plain];
}
