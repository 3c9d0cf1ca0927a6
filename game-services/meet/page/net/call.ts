import { Failure, failureOf } from "./failure.ts";

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below this origin, such as `/login/me`. */
  readonly path: string;
  readonly body?: object | undefined;
  readonly form?: FormData | undefined;
  readonly token?: string | undefined;
  /** Under one key the same request is done once, however often it is made. */
  readonly key?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}
export interface Said<M> {
  readonly message: M;
  readonly tokens?: Tokens;
}
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}

const CALL_MS = 45_000;
const TRIES_MAX = 3;
const PAUSE_MS = 400;

/** Makes one call, and again when its answer was lost and asking twice does no harm; throws a Failure. */
export async function call<M>(options: Call): Promise<Said<M>> {
  const isRepeatable = options.method === "GET" || options.key !== undefined;
  for (let tries = 1; ; tries++) {
    try {
      return await ask<M>(options);
    } catch (error) {
      const isLost = error instanceof Failure && [0, 502, 503].includes(error.status);
      if (!isLost || !isRepeatable || tries >= TRIES_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * tries));
    }
  }
}

async function ask<M>({ method, path, body, form, token, key, signal }: Call): Promise<Said<M>> {
  const headers = new Headers({ accept: "application/json" });
  if (body !== undefined) headers.set("content-type", "application/json");
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  if (key !== undefined) headers.set("idempotency-key", key);
  const ending = AbortSignal.any([AbortSignal.timeout(CALL_MS), ...(signal ? [signal] : [])]);
  const sent = body === undefined ? form : JSON.stringify(body);
  const request = {
    method,
    headers,
    signal: ending,
    ...(sent === undefined ? {} : { body: sent }),
  };
  const answer = await fetch(path, request).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new Failure(0, "network", { cause });
  });
  const said: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw failureOf(answer.status, said, answer.headers.get("retry-after"));
  if (typeof said !== "object" || said === null || !("message" in said))
    throw new Failure(502, "no envelope");
  return said as Said<M>;
}

const KEY_BYTES = 18;

/** A text that nobody guesses; also where the page is not served over https. */
export function randomText(bytes: number = KEY_BYTES): string {
  const numbers = crypto.getRandomValues(new Uint8Array(bytes));
  return [...numbers].map((number) => number.toString(16).padStart(2, "0")).join("");
}
