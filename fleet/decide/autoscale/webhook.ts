import { webhookPlaceOf } from "../../../core/model/autoscaler-target.ts";
import type { Fleet } from "../../../core/model/fleet.ts";
import type { WebhookPolicy } from "../../../core/model/fleet-autoscaler.ts";
import { found } from "../../../core/model/schema-words.ts";
import { REPLICAS_MAX } from "../../../core/model/schemas/fleet.ts";
import { isObject } from "../../../core/std/json.ts";
import type { FleetFacts, Want, WebhookAnswer } from "./want.ts";

/**
 * What a program of the user said last, as Agones takes it: any number, also 0, or no change. Until its first answer the
 * fleet stays as it is, so that in a chain nobody else speaks up in between.
 */
export function decideWebhook(policy: WebhookPolicy, { current, webhook }: FleetFacts): Want {
  const answer = webhook(policy);
  const who = `the webhook at ${webhookPlaceOf(policy)}`;
  const stay = (words: string): Want => ({ desired: current, limited: false, message: words });
  if (!answer) return stay(`${who} has not answered yet`);
  if ("error" in answer) return { because: "WebhookFailed", message: `${who} ${answer.error}` };
  if (!answer.scale) return stay(`${who} wants no change`);
  const { replicas } = answer;
  return { desired: replicas, limited: false, message: `${who} wants ${replicas}` };
}

/** Agones' FleetAutoscaleReview. */
export interface FleetAutoscaleReview {
  readonly request: {
    readonly uid: string;
    readonly name: string;
    readonly namespace: string;
    readonly status: Fleet["status"];
    readonly labels?: Fleet["metadata"]["labels"];
    readonly annotations?: Fleet["metadata"]["annotations"];
  };
  readonly response: null;
}

/** What a webhook is asked about a fleet; `uid` names the question. */
export function reviewOf({ metadata, status }: Fleet, uid: string): FleetAutoscaleReview {
  const { name, namespace, labels, annotations } = metadata;
  const more = { ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
  return { request: { uid, name, namespace, status, ...more }, response: null };
}

/** Reads a FleetAutoscaleReview that came back; what is left out is false or 0, as in Agones. */
export function readReview(text: string): WebhookAnswer {
  const review = parsed(text);
  if (!isObject(review)) return { error: "answered with something that is no JSON object" };
  const { response } = review;
  if (!isObject(response)) return { error: "answered without a response" };
  const { scale = false, replicas = 0 } = response;
  if (typeof scale !== "boolean")
    return { error: `answered with a scale that is neither true nor false: ${found(scale)}` };
  if (!Number.isSafeInteger(replicas) || Number(replicas) < 0 || Number(replicas) > REPLICAS_MAX)
    return { error: `answered with replicas that cannot be: ${found(replicas)}` };
  return { scale, replicas: Number(replicas) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
