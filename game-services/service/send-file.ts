import type { FastifyReply, FastifyRequest } from "fastify";
import { FleetError } from "../../core/std/errors.ts";
import { decideRange, isKnownEtag, type Part } from "./decide-range.ts";
import type { FileAnswer } from "./route.ts";

const FOR_EVER = "public, max-age=31536000, immutable";

/** Answers with a file, a part of it, or that the client has it; browsers take it for nothing but its type. */
export function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { bytes, type, etag }: FileAnswer,
): unknown {
  const part = partOf(request, etag, bytes.length);
  if (part === "outside") {
    reply.header("content-range", `bytes */${bytes.length}`);
    throw new FleetError("OUT_OF_RANGE", "range not satisfiable", { status: 416 });
  }
  reply.headers({
    etag: `"${etag}"`,
    "cache-control": FOR_EVER,
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
  });
  if (isKnownEtag(request.headers["if-none-match"], etag)) return reply.code(304).send();
  reply.type(type);
  if (request.method === "HEAD") return reply.header("content-length", bytes.length).send();
  if (part === "whole") return reply.send(bytes);
  const { from, until } = part;
  reply.header("content-range", `bytes ${from}-${until - 1}/${bytes.length}`);
  return reply.code(206).send(bytes.subarray(from, until));
}

/** A range is of the version that the client has; of another one it wants the whole. */
function partOf({ method, headers }: FastifyRequest, etag: string, size: number): Part {
  const version = headers["if-range"];
  if (method !== "GET" || (version !== undefined && version !== `"${etag}"`)) return "whole";
  return decideRange(headers.range, size);
}
