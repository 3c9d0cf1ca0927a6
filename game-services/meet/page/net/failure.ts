/** Whatever went wrong on the way to a service, or there; the page says it in the player's words. */
export class Failure extends Error {
  /** The service's own fixed text, or `network` when there was no answer. */
  readonly text: string;
  /** 0 when there was no answer. */
  readonly status: number;
  /** What is wrong where, such as `user_pw`. */
  readonly fields: readonly string[];
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, text: string, more: FailureMore = {}) {
    super(text, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "Failure";
    this.status = status;
    this.text = text;
    this.fields = more.fields ?? [];
    this.requestId = more.requestId;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}
interface FailureMore {
  readonly fields?: readonly string[];
  readonly requestId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

interface FailureBody {
  readonly message?: unknown;
  readonly details?: readonly { readonly path?: unknown }[];
  readonly request_id?: string;
}

/** The failure that an answer means; also for what some machine on the way has put in its place. Pure. */
export function failureOf(status: number, body: unknown, retryAfter: string | null): Failure {
  const { message, details, request_id } = (body ?? {}) as FailureBody;
  const seconds = Number(retryAfter ?? "");
  return new Failure(status, typeof message === "string" ? message : `http ${status}`, {
    fields: Array.isArray(details) ? details.map(({ path }) => String(path)) : [],
    requestId: request_id,
    retryAfterSeconds: retryAfter !== null && seconds > 0 ? seconds : undefined,
  });
}

/** True when the tokens are good for nothing any more. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof Failure && error.status === 401;
}
