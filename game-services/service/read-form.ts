import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { FleetError } from "../../core/std/errors.ts";
import { badRequest } from "./envelope.ts";
import type { Upload } from "./route.ts";

/** As many as a form of one part has: before it and behind it. */
const BOUNDARIES = 2;

/**
 * Bounds what uploads cost while they are read: how many there are, how many of one sender, so that nobody who sends slowly
 * keeps everybody else out, and how long each of them takes.
 */
export function watchUploads(
  { openMax, openOfOneMax, timeoutMs }: Upload,
  senderOf: (request: FastifyRequest) => string,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  let all = 0;
  const open = new Map<string, number>();
  const count = (sender: string, by: 1 | -1): void => {
    all += by;
    const left = (open.get(sender) ?? 0) + by;
    if (left === 0) open.delete(sender);
    else open.set(sender, left);
  };
  return async (request, reply) => {
    const sender = senderOf(request);
    const soon = { retryAfterSeconds: 1 };
    if ((open.get(sender) ?? 0) >= openOfOneMax)
      throw new FleetError("EXHAUSTED", "too many uploads of yours at once", soon);
    if (all >= openMax) throw new FleetError("UNAVAILABLE", "too many uploads at the moment", soon);
    count(sender, 1);
    const timer = setTimeout(() => {
      if (!request.raw.complete) request.raw.destroy();
    }, timeoutMs);
    reply.raw.once("close", () => {
      count(sender, -1);
      clearTimeout(timer);
    });
  };
}

/** Reads forms where a route takes an upload: as a whole, within the route's bound, so that nothing of a broken one stays. */
export function readForm(app: FastifyInstance): void {
  app.addContentTypeParser(
    "multipart/form-data",
    { parseAs: "buffer" },
    async (request: FastifyRequest, body: Buffer) => {
      const upload = uploadOf(request);
      if (!upload) throw unsupported();
      const bytes = await fileIn(request.headers["content-type"] ?? "", body, upload.field);
      if (bytes.length > upload.bytesMax) throw new FleetError("TOO_LARGE", "body too large");
      return bytes;
    },
  );
}

/** True where a form is wanted and nothing else. */
export function isForm(request: FastifyRequest): boolean {
  return uploadOf(request) !== undefined;
}

export function unsupported(): FleetError {
  return new FleetError("BAD_REQUEST", "unsupported media type", { status: 415 });
}

function uploadOf({ routeOptions }: FastifyRequest): Upload | undefined {
  return (routeOptions.config as { readonly upload?: Upload }).upload;
}

/** The one file of a form. Boundaries are counted first: a form of a thousand parts is not looked into. */
async function fileIn(contentType: string, body: Buffer, field: string): Promise<Buffer> {
  const wrong = (message: string): FleetError => badRequest([{ path: field, message }]);
  const [, quoted, plain] =
    /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw wrong("the form has no boundary");
  if (countOf(body, `--${boundary}`, BOUNDARIES + 1) !== BOUNDARIES)
    throw wrong("the form must have this one part, and its end");
  const form = await new Response(new Uint8Array(body), {
    headers: { "content-type": contentType },
  })
    .formData()
    .catch((error) => {
      throw error instanceof TypeError ? wrong("the form cannot be read") : error;
    });
  const file = form.get(field);
  if (!(file instanceof File)) throw wrong("is required, as a file of the form");
  return Buffer.from(await file.arrayBuffer());
}

function countOf(body: Buffer, text: string, max: number): number {
  let count = 0;
  for (let at = body.indexOf(text); at >= 0 && count < max; at = body.indexOf(text, at + 1))
    count += 1;
  return count;
}
