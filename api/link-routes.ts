import { pipeline } from "node:stream/promises";
import type { FastifyInstance, FastifyReply } from "fastify";
import { digestOfCredential, newCredential } from "../access/node-tokens.ts";
import { demandNode } from "../access/scopes.ts";
import type { LinkKind } from "../core/model/link.ts";
import { DNS_SUBDOMAIN, NAME_LENGTH_MAX } from "../core/model/names.ts";
import { FleetError } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";
import type { Metrics } from "../monitor/metrics.ts";
import type { LiveSamples } from "../monitor/samples/live-samples.ts";
import { isDigest } from "../runtime/image/oci.ts";
import type { ImageBlobs } from "./image-blobs.ts";
import type { LineWriter } from "./line-writer.ts";
import { LINK_KINDS } from "./link-event.ts";
import type { LinkFanOut } from "./link-fan-out.ts";
import { nodeStatusFrom, reportsFrom, sdkCallsFrom } from "./link-input.ts";
import { usageFrom } from "./link-usage.ts";
import type { IssueNodeToken, NodeLink } from "./options.ts";
import { asked, askedNumber, type Handler, type Request, serve } from "./route.ts";

export interface LinkRoutesOptions {
  readonly nodeLink: NodeLink;
  readonly fanOut: LinkFanOut;
  readonly metrics: Metrics;
  readonly samples: Pick<LiveSamples, "take">;
  readonly openWriter: (reply: FastifyReply) => LineWriter;
  readonly issueNodeToken: IssueNodeToken;
  readonly blobs: ImageBlobs;
  /** Whoever waits for a blob that is long in coming hears this often that it is. */
  readonly waitingEveryMs: number;
}

/** The control plane's end of the link, as `core/model/link.ts` describes it. */
export function linkRoutes(app: FastifyInstance, options: LinkRoutesOptions): void {
  const { nodeLink, samples, fanOut, metrics, openWriter } = options;
  const base = "/link/v1/nodes/:node";
  const post = (path: string, handle: Handler): void =>
    serve(app, `${base}/${path}`, { POST: { access: "link", handle } });
  post("heartbeat", async (request) => {
    return await nodeLink.heartbeat(nodeNameOf(request), nodeStatusFrom(request.body));
  });
  post("reports", async (request) => {
    const results = await nodeLink.reports(nodeNameOf(request), reportsFrom(request.body));
    return { results };
  });
  post("sdk", async (request) => {
    const results = await nodeLink.sdk(nodeNameOf(request), sdkCallsFrom(request.body));
    return { results };
  });
  post("usage", async (request) => {
    const [node, usage] = [nodeNameOf(request), usageFrom(request.body)];
    nodeLink.usage(node, usage);
    samples.take(node, usage);
    return {};
  });
  serve(app, `${base}/blobs/:digest`, {
    GET: { access: "link", handle: (request, reply) => sendBlob(request, reply, options) },
  });
  serve(app, "/link/v1/join", {
    POST: {
      access: "join",
      handle: async (request) => {
        const credential = newCredential();
        request.audited = { action: "nodes.join", target: joiningNodeOf(request.body) };
        await nodeLink.join(joiningNodeOf(request.body), digestOfCredential(credential));
        return { credential };
      },
    },
  });
  serve(app, "/link/v1/node-tokens", {
    POST: { access: "manage", handle: (request) => options.issueNodeToken(lifeOf(request.body)) },
  });
  serve(app, `${base}/watch`, {
    GET: {
      access: "link",
      handle: async (request, reply) => {
        const node = nodeNameOf(request);
        const kinds = kindsOf(request);
        const from = askedNumber(request, "from");
        const writer = openWriter(reply);
        using _counted = metrics.streamOpened("link");
        await fanOut.serve(node, kinds, from, writer);
        return reply;
      },
    },
  });
}

async function sendBlob(
  request: Request,
  reply: FastifyReply,
  { blobs, metrics, waitingEveryMs }: LinkRoutesOptions,
): Promise<FastifyReply> {
  nodeNameOf(request);
  const { digest = "" } = request.params;
  if (!isDigest(digest))
    throw new FleetError("BAD_REQUEST", `${JSON.stringify(digest)} is no sha256 digest`);
  const waiting = setInterval(() => reply.raw.writeProcessing(), waitingEveryMs);
  const content = await blobs
    .read(digest, asked(request, "image") ?? "")
    .finally(() => clearInterval(waiting));
  using _counted = metrics.streamOpened("blob");
  reply.hijack();
  reply.raw.writeHead(200, { "content-type": "application/octet-stream", connection: "close" });
  await pipeline(content, reply.raw).catch(() => reply.raw.destroy());
  return reply;
}

const LIFE_SECONDS_MAX = 30 * 86_400;

/** Seconds that a node token is to be good for. */
function lifeOf(body: unknown): number {
  const seconds = isObject(body) ? body.expiresSeconds : undefined;
  const isFine = typeof seconds === "number" && Number.isInteger(seconds) && seconds >= 1;
  if (isFine && seconds <= LIFE_SECONDS_MAX) return seconds;
  throw new FleetError("BAD_REQUEST", `expiresSeconds must be 1..${LIFE_SECONDS_MAX}`);
}

function joiningNodeOf(body: unknown): string {
  const node = isObject(body) && typeof body.node === "string" ? body.node : "";
  assertNodeName(node);
  return node;
}

export function nodeNameOf({ params, principal }: Request): string {
  const { node = "" } = params;
  assertNodeName(node);
  demandNode(node, principal);
  return node;
}

export function assertNodeName(node: string): void {
  if (node.length > NAME_LENGTH_MAX || !new RegExp(DNS_SUBDOMAIN).test(node))
    throw new FleetError("BAD_REQUEST", `${JSON.stringify(node)} is not a name for a node`);
}

function kindsOf(request: Request): ReadonlySet<LinkKind> {
  const words = asked(request, "kinds")?.split(",") ?? LINK_KINDS;
  const kinds = LINK_KINDS.filter((kind) => words.includes(kind));
  if (kinds.length === words.length) return new Set(kinds);
  throw new FleetError("BAD_REQUEST", `kinds must be of ${LINK_KINDS.join(", ")}`);
}
