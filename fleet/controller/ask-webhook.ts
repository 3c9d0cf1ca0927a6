import { type ClientRequest, request as http, type IncomingMessage } from "node:http";
import { request as https } from "node:https";
import type { WebhookPolicy } from "../../core/model/fleet-autoscaler.ts";
import { messageOf } from "../../core/std/errors.ts";
import type { WebhookAnswer } from "../decide/autoscale/want.ts";
import { type FleetAutoscaleReview, readReview } from "../decide/autoscale/webhook.ts";

export interface WebhookBounds {
  readonly answerWithinMs: number;
  readonly answerBytesMax: number;
}
/** Agones waits as long. An answer is some hundred bytes; it holds the question too, with all that a fleet counts. */
export const WEBHOOK_BOUNDS: WebhookBounds = {
  answerWithinMs: 15_000,
  answerBytesMax: 1024 * 1024,
};
const OK = 200;

/**
 * Asks a webhook once, over a connection of its own, and follows no redirect. Never rejects: what goes wrong is an answer,
 * too, in words that end "the webhook at …".
 */
export async function askWebhook(
  policy: WebhookPolicy,
  review: FleetAutoscaleReview,
  signal: AbortSignal,
  bounds: WebhookBounds,
): Promise<WebhookAnswer> {
  const timeout = AbortSignal.timeout(bounds.answerWithinMs);
  try {
    const response = await post(policy, review, AbortSignal.any([signal, timeout]));
    if (response.statusCode !== OK) {
      response.destroy();
      return { error: `answered ${response.statusCode} instead of ${OK}` };
    }
    const text = await textOf(response, bounds.answerBytesMax);
    if (text === undefined)
      return { error: `answered with more than ${bounds.answerBytesMax} bytes` };
    return readReview(text);
  } catch (error) {
    if (timeout.aborted)
      return { error: `did not answer within ${bounds.answerWithinMs / 1_000} s` };
    return { error: `could not be asked: ${causeOf(error)}` };
  }
}

function post(
  { url, caBundle }: WebhookPolicy,
  review: FleetAutoscaleReview,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const body = Buffer.from(JSON.stringify(review));
  const headers = { "content-type": "application/json", "content-length": body.length };
  const options = { method: "POST", agent: false, headers, signal } as const;
  const ca = caBundle === undefined ? undefined : Buffer.from(caBundle, "base64");
  const asked: ClientRequest =
    new URL(url).protocol === "https:"
      ? https(url, { ...options, ...(ca ? { ca } : {}) })
      : http(url, options);
  asked.once("response", resolve);
  // Also after the answer began: an error without a listener would end the process.
  asked.on("error", reject);
  asked.end(body);
  return promise;
}

/** Undefined when it is longer. */
async function textOf(response: IncomingMessage, bytesMax: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** `ECONNREFUSED`, `CERT_HAS_EXPIRED`; the whole message of what has no code. */
function causeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" ? code : messageOf(error);
}
