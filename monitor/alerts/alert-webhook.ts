import { createHmac } from "node:crypto";
import { request as http } from "node:http";
import { request as https } from "node:https";
import type { AlertMessage } from "../../core/model/alert.ts";
import { type BackoffOptions, backoffMs } from "../../core/std/backoff.ts";
import type { Clock } from "../../core/std/clock.ts";
import { messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";

export interface AlertWebhookOptions {
  readonly url: string;
  readonly secret: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly bounds: AlertWebhookBounds;
}
export interface AlertWebhookBounds {
  /** Messages that wait; over it the oldest goes. */
  readonly queueMax: number;
  readonly triesMax: number;
  readonly answerWithinMs: number;
  readonly backoff: BackoffOptions;
}
/** A receiver that is away for some minutes misses nothing. */
export const ALERT_WEBHOOK_BOUNDS: AlertWebhookBounds = {
  queueMax: 200,
  triesMax: 10,
  answerWithinMs: 10_000,
  backoff: { firstMs: 1_000, factor: 2, maxMs: 60_000 },
};

/** `t=SECONDS,v1=HEX`: HMAC-SHA256 of `SECONDS.BODY` under the secret as it stands in its file. */
export const SIGNATURE_HEADER = "flotilla-signature";
/** The message's id: the same for every try. */
export const EVENT_ID_HEADER = "flotilla-event-id";

/** Pure. */
export function signatureOf(secret: string, seconds: number, body: string): string {
  const digest = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${digest}`;
}

/** Sends alerts to one URL in their order, each until it was taken, signed. It follows no redirect and reads no answer. */
export class AlertWebhook {
  readonly #options: AlertWebhookOptions;
  #waiting: AlertMessage[] = [];
  #wake: () => void = () => undefined;

  constructor(options: AlertWebhookOptions) {
    this.#options = options;
  }

  /** Never waits. */
  send(message: AlertMessage): void {
    const { queueMax } = this.#options.bounds;
    this.#waiting.push(message);
    if (this.#waiting.length > queueMax) this.#drop(this.#waiting.shift(), "too many wait");
    this.#wake();
  }

  /** Sends until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    while (!signal.aborted) {
      const [message] = this.#waiting;
      if (message) {
        await this.#deliver(message, signal);
        this.#waiting = this.#waiting.filter((one) => one !== message);
      } else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  async #deliver(message: AlertMessage, signal: AbortSignal): Promise<void> {
    const { bounds, clock } = this.#options;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const problem = await this.#post(message, signal);
      if (problem === undefined || signal.aborted) return;
      if (problem.isFinal || attempt + 1 >= bounds.triesMax)
        return this.#drop(message, problem.because);
      await clock.sleep(backoffMs(attempt, bounds.backoff), signal).catch(() => undefined);
    }
  }

  #drop(message: AlertMessage | undefined, because: string): void {
    const fields = { message: message?.id, because };
    this.#options.logger.error(fields, "an alert did not reach the webhook");
  }

  /** Why it was not taken; undefined when it was. */
  async #post(
    message: AlertMessage,
    signal: AbortSignal,
  ): Promise<{ readonly because: string; readonly isFinal: boolean } | undefined> {
    const { url, secret, clock, bounds } = this.#options;
    const body = JSON.stringify(message);
    const seconds = Math.floor(clock.now() / 1_000);
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      [SIGNATURE_HEADER]: signatureOf(secret, seconds, body),
      [EVENT_ID_HEADER]: message.id,
    };
    const within = AbortSignal.any([signal, AbortSignal.timeout(bounds.answerWithinMs)]);
    try {
      const status = await statusOf(url, headers, body, within);
      if (status >= 200 && status < 300) return undefined;
      const isFinal = status >= 300 && status < 500 && status !== 408 && status !== 429;
      return { because: `it answered ${status}`, isFinal };
    } catch (error) {
      return { because: messageOf(error), isFinal: false };
    }
  }
}

/** The status of the answer; its body is not read. */
async function statusOf(
  url: string,
  headers: Readonly<Record<string, string | number>>,
  body: string,
  signal: AbortSignal,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const send = new URL(url).protocol === "https:" ? https : http;
  const asked = send(url, { method: "POST", agent: false, headers, signal });
  asked.once("response", (response) => {
    resolve(response.statusCode ?? 0);
    response.destroy();
  });
  // Also after the answer: an error without a listener would end the process.
  asked.on("error", reject);
  asked.end(body);
  return await promise;
}
