import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isKnownEtag } from "../service/decide-range.ts";
import type { PageFile } from "./page-files.ts";

export interface PageRoutesOptions {
  readonly files: readonly PageFile[];
  readonly connectSources: string;
}

/** Serves the page's files, and puts on every answer what browsers need to know. */
export function pageRoutes(app: FastifyInstance, options: PageRoutesOptions): void {
  const policy = contentPolicy(options.connectSources);
  app.addHook("onRequest", async (_request, reply) => {
    reply.headers(ALWAYS);
  });
  for (const file of options.files)
    app.route({
      method: ["GET", "HEAD"],
      url: file.url,
      handler: (request, reply) => send(file, policy, request, reply),
    });
}

const ALWAYS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** Scripts, styles and pictures come from here alone; `blob:` is a picture that the player has chosen to upload. */
export function contentPolicy(connectSources: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    `connect-src 'self' ${connectSources}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

const FOREVER = "public, max-age=31536000, immutable";

function send(
  file: PageFile,
  policy: string,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const mayPack = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  const packed = mayPack ? file.packed : undefined;
  const etag = file.etag + (packed ? "-gz" : "");
  reply.headers({
    etag: `"${etag}"`,
    vary: "accept-encoding",
    "cache-control": file.isImmutable ? FOREVER : "no-cache",
    "content-security-policy": policy,
  });
  if (isKnownEtag(request.headers["if-none-match"], etag)) return reply.code(304).send();
  if (packed) reply.header("content-encoding", "gzip");
  return reply.type(file.type).send(packed ?? file.plain);
}
