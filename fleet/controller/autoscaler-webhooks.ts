import type { Fleet } from "../../core/model/fleet.ts";
import type { FleetAutoscaler, WebhookPolicy } from "../../core/model/fleet-autoscaler.ts";
import type { Clock } from "../../core/std/clock.ts";
import type { WebhookAnswer } from "../decide/autoscale/want.ts";
import { reviewOf } from "../decide/autoscale/webhook.ts";
import { askWebhook, WEBHOOK_BOUNDS, type WebhookBounds } from "./ask-webhook.ts";

export interface AutoscalerWebhooksOptions extends WebhookBounds {
  readonly clock: Clock;
  readonly newUid: () => string;
  /** An answer came: its autoscaler is worth a look. */
  readonly onAnswer: (autoscaler: FleetAutoscaler) => void;
  /** Questions under way at once, and those that wait for their turn. */
  readonly asksMax: number;
  readonly waitingMax: number;
}
export const WEBHOOKS_DEFAULTS: WebhookBounds & { asksMax: number; waitingMax: number } = {
  ...WEBHOOK_BOUNDS,
  asksMax: 32,
  waitingMax: 10_000,
};

/** One webhook of one autoscaler; times are monotonic. */
interface Known {
  isAsked: boolean;
  askedAt: number | undefined;
  heard: { readonly at: number; readonly answer: WebhookAnswer } | undefined;
}
/** One look of an autoscaler: what its webhooks said, and which of them its policy looked at. */
export interface WebhookLook {
  readonly answerOf: (policy: WebhookPolicy) => WebhookAnswer | undefined;
  readonly wanted: Map<string, WebhookPolicy>;
}

/** Asks the webhooks of autoscalers, each once in its sync interval however often it is looked at, and keeps what they said last. */
export class AutoscalerWebhooks {
  readonly #options: AutoscalerWebhooksOptions;
  readonly #known = new Map<string, Map<string, Known>>();
  readonly #waiting: (() => Promise<void>)[] = [];
  readonly #stop = new AbortController();
  #asks = 0;

  constructor(options: AutoscalerWebhooksOptions) {
    this.#options = options;
  }

  /** An answer from before a pause (a schedule that did not hold) is none. */
  look(autoscaler: FleetAutoscaler): WebhookLook {
    const { clock, answerWithinMs } = this.#options;
    const oldest = clock.monotonic() - 2 * everyMsOf(autoscaler) - answerWithinMs;
    const wanted = new Map<string, WebhookPolicy>();
    const answerOf = (policy: WebhookPolicy): WebhookAnswer | undefined => {
      const key = keyOf(autoscaler, policy);
      wanted.set(key, policy);
      const heard = this.#known.get(autoscaler.metadata.uid)?.get(key)?.heard;
      return heard && heard.at >= oldest ? heard.answer : undefined;
    };
    return { answerOf, wanted };
  }

  /** Asks those that were looked at and are due; in how many milliseconds the next one is, undefined when that is told by an answer. */
  ask(autoscaler: FleetAutoscaler, fleet: Fleet, { wanted }: WebhookLook): number | undefined {
    const { uid } = autoscaler.metadata;
    const before = this.#known.get(uid);
    if (wanted.size === 0 && !before) return undefined;
    const now = this.#options.clock.monotonic();
    const everyMs = everyMsOf(autoscaler);
    const kept = [...(before ?? [])].filter(
      ([key, one]) => wanted.has(key) || isNew(one, now, everyMs),
    );
    const known = new Map(kept);
    const dues: number[] = [];
    for (const [key, policy] of wanted) {
      const one = known.get(key) ?? { isAsked: false, askedAt: undefined, heard: undefined };
      known.set(key, one);
      const dueInMs = one.askedAt === undefined ? 0 : one.askedAt + everyMs - now;
      if (dueInMs > 0) dues.push(dueInMs);
      else if (!one.isAsked) this.#enqueue(one, () => this.#ask(one, autoscaler, fleet, policy));
    }
    if (known.size > 0) this.#known.set(uid, known);
    else this.#known.delete(uid);
    return dues.length > 0 ? Math.min(...dues) : undefined;
  }

  /** Drops what belongs to autoscalers that are not among `uids`. */
  forget(uids: ReadonlySet<string>): void {
    for (const uid of this.#known.keys()) if (!uids.has(uid)) this.#known.delete(uid);
  }

  /** Ends what is under way; nothing is asked afterwards. */
  stop(): void {
    this.#waiting.length = 0;
    this.#stop.abort(new Error("the control plane ends"));
  }

  #enqueue(one: Known, ask: () => Promise<void>): void {
    const { asksMax, waitingMax } = this.#options;
    if (this.#stop.signal.aborted || this.#waiting.length >= waitingMax) return;
    one.isAsked = true;
    if (this.#asks < asksMax) void this.#run(ask);
    else this.#waiting.push(ask);
  }

  async #run(ask: () => Promise<void>): Promise<void> {
    this.#asks++;
    for (let next: typeof ask | undefined = ask; next; next = this.#waiting.shift()) await next();
    this.#asks--;
  }

  async #ask(
    one: Known,
    autoscaler: FleetAutoscaler,
    fleet: Fleet,
    policy: WebhookPolicy,
  ): Promise<void> {
    const { clock, newUid, onAnswer } = this.#options;
    const { signal } = this.#stop;
    one.askedAt = clock.monotonic();
    const answer = await askWebhook(policy, reviewOf(fleet, newUid()), signal, this.#options);
    one.isAsked = false;
    if (signal.aborted) return;
    one.heard = { at: clock.monotonic(), answer };
    onAnswer(autoscaler);
  }
}

function everyMsOf({ spec }: FleetAutoscaler): number {
  return spec.sync.fixedInterval.seconds * 1_000;
}

/** An answer about another fleet, or of another program, is not this one's. */
function keyOf({ spec }: FleetAutoscaler, { url, caBundle = "" }: WebhookPolicy): string {
  return JSON.stringify([spec.fleetName, url, caBundle]);
}

/** Asked within the interval: a policy that looks away and back again does not ask once more. */
function isNew({ askedAt, isAsked }: Known, now: number, everyMs: number): boolean {
  return isAsked || (askedAt !== undefined && askedAt > now - everyMs);
}
