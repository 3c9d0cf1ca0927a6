/** One field that the API did not take. */
export interface Cause {
  readonly field: string;
  readonly message: string;
}

/** What the API answered instead of doing it; status 0 means that no answer came. */
export class Failure extends Error {
  readonly status: number;
  readonly reason: string;
  readonly causes: readonly Cause[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    message: string,
    more: {
      readonly reason?: string;
      readonly causes?: readonly Cause[];
      readonly retryAfterSeconds?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
    this.status = status;
    this.reason = more.reason ?? "";
    this.causes = more.causes ?? [];
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The failure that an answer tells of: a Kubernetes Status, or whatever else somebody in between has said. Pure. */
export function failureOf(status: number, body: unknown, retryAfter: string | null): Failure {
  const said = isObject(body) ? body : {};
  const details = isObject(said.details) ? said.details : {};
  const causes = Array.isArray(details.causes) ? details.causes.filter(isObject) : [];
  return new Failure(status, typeof said.message === "string" ? said.message : "", {
    reason: typeof said.reason === "string" ? said.reason : "",
    causes: causes.map((one) => ({
      field: String(one.field ?? ""),
      message: String(one.message ?? ""),
    })),
    retryAfterSeconds: /^\d{1,6}$/.test(retryAfter ?? "") ? Number(retryAfter) : undefined,
  });
}
