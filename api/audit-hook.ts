import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AuditLog } from "../access/audit/audit-log.ts";
import type { AuditEntry } from "../access/audit/audit-record.ts";
import type { AuditTally } from "../access/audit/audit-tally.ts";
import { redactText } from "../access/audit/redact.ts";
import type { Principal } from "../access/tokens.ts";
import type { Clock } from "../core/std/clock.ts";
import { type ErrorCode, FleetError } from "../core/std/errors.ts";
import { auditAction, auditTarget, auditWay } from "./audit-action.ts";
import type { FailureHook } from "./route.ts";

export interface AuditOptions {
  readonly audit: AuditLog;
  readonly tally: AuditTally;
  readonly clock: Clock;
}

/** Refusals come as often as somebody likes: they are counted. */
const COUNTED: ReadonlySet<string> = new Set<ErrorCode>([
  "UNAUTHENTICATED",
  "FORBIDDEN",
  "EXHAUSTED",
]);
const TARGET_CHARS_MAX = 300;

/** Every route that changes something tells the audit log, whatever came of it. Routes without a hook pay nothing. */
export function auditChanges(app: FastifyInstance, options: AuditOptions): void {
  app.decorateRequest("audited", undefined);
  app.decorateRequest("failure", undefined);
  app.addHook("onRoute", (route) => {
    for (const method of [route.method].flat()) {
      const way = route.config?.audit ?? auditWay(method, route.config?.access ?? "read");
      if (way === "none") continue;
      if (way === "failures") {
        // On the hot path, a hook costs those, too, that went well.
        route.config = {
          ...route.config,
          onFailure: onFailure(auditAction(method, route.url), options),
        };
        return;
      }
      const hook = way === "batch" ? onEach : onOne;
      route.onSend = [
        ...[route.onSend ?? []].flat(),
        hook(auditAction(method, route.url), options),
      ];
      return;
    }
  });
}

type Hook = (
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error?: Error | null) => void,
) => void;

/** A record for each, on the disk before the answer. */
function onOne(action: string, { audit, tally, clock }: AuditOptions): Hook {
  return (request, reply, _payload, done) => {
    if (request.audited?.isTrial) return done();
    const entry = entryOf(request, reply, action, clock.now());
    if (COUNTED.has(entry.outcome)) {
      tally.count(entry);
      return done();
    }
    // The log says itself when it cannot write; what was done is done, and is answered.
    audit.append(entry).then(
      () => done(),
      () => done(),
    );
  };
}

function onEach(action: string, { tally, clock }: AuditOptions): Hook {
  return (request, reply, _payload, done) => {
    tally.count(entryOf(request, reply, action, clock.now()));
    done();
  };
}

/** Called by the error handler, when the answer has its status. */
function onFailure(action: string, { tally, clock }: AuditOptions): FailureHook {
  return (request, reply) => tally.count(entryOf(request, reply, action, clock.now()));
}

function entryOf(
  request: FastifyRequest,
  { statusCode }: FastifyReply,
  action: string,
  atMs: number,
): AuditEntry {
  const { audited, failure, principal } = request;
  const target = audited?.target ?? auditTarget(request.params);
  return {
    atMs,
    ...whoOf(principal, audited?.who),
    from: request.raw.socket.remoteAddress ?? "",
    action: audited?.action ?? action,
    target: redactText(target, TARGET_CHARS_MAX),
    ...(audited?.before ? { before: audited.before } : {}),
    ...(audited?.after ? { after: audited.after } : {}),
    outcome: failure?.code ?? (statusCode < 400 ? "ok" : String(statusCode)),
    ...(failure ? { message: redactText(failure.message) } : {}),
  };
}

/** Who is not known yet has said a name at most. */
export function whoOf(
  principal: Principal | undefined,
  said = "",
): Pick<AuditEntry, "who" | "kind"> {
  if (principal) return { who: principal.shown ?? principal.name, kind: principal.kind };
  return { who: redactText(said, NAME_CHARS_MAX), kind: "nobody" };
}
const NAME_CHARS_MAX = 64;

/** What the log says of a request that took over its connection. */
export function auditUpgrade(
  entry: Omit<AuditEntry, "atMs" | "outcome">,
  error: unknown,
  { audit, tally, clock }: AuditOptions,
): Promise<void> {
  const failure = error instanceof FleetError ? error : undefined;
  const outcome = error === undefined ? "ok" : (failure?.code ?? "INTERNAL");
  const message = failure ? { message: redactText(failure.message) } : {};
  const whole = { atMs: clock.now(), ...entry, outcome, ...message };
  if (!COUNTED.has(outcome)) return audit.append(whole).catch(() => undefined);
  tally.count(whole);
  return Promise.resolve();
}
