import { FleetError, type Problem } from "../std/errors.ts";
import { isObject, sameJson } from "../std/json.ts";
import { admitMetadata, frozenMetadata } from "./admit-metadata.ts";
import { checkSchema, type Findings, type UnknownField } from "./check-schema.ts";
import { fillSchema } from "./fill-schema.ts";
import { KIND_SCHEMAS, memberSchema } from "./kind-schemas.ts";
import { apiVersionOf } from "./kinds.ts";
import type { Kind, Resource } from "./resource.ts";
import type { Rules } from "./rules/rules.ts";
import { RULES } from "./rules/table.ts";
import { found } from "./schema-words.ts";

export type FieldValidation = "Strict" | "Warn" | "Ignore";
export interface AdmitContext {
  readonly kind: Kind;
  /** The namespace that the request names; without it the input's own, else `default`. */
  readonly namespace?: string;
  /** RFC 3339. */
  readonly now: string;
  /** For a new resource; random (the last twelve digits name it when it has only a `generateName`). */
  readonly uid: string;
  /** What is to be replaced: then this is an update. */
  readonly old?: Resource;
  readonly fieldValidation: FieldValidation;
  /** `status`: the update is of the status alone, everything else of the input is ignored. */
  readonly subresource?: "status";
}
export interface Admitted {
  readonly object: Resource;
  readonly warnings: readonly string[];
}

/**
 * The one door for resources: an input becomes a resource with all its defaults, or is refused with all its problems
 * (INVALID; BAD_REQUEST when it is not of the kind). A status in the input is ignored unless the status is written.
 * Admitting the result again changes nothing.
 */
export function admit(input: unknown, context: AdmitContext): Admitted {
  const { kind, old } = context;
  assertKind(input, kind);
  if (context.subresource === "status") return admitStatus(input, context, old);
  const { status: _, ...given } = withoutEmptyNamespace(input);
  const findings = checkSchema(KIND_SCHEMAS[kind], given);
  const filled = fillSchema(KIND_SCHEMAS[kind], given) as Partial<Resource>;
  const { metadata, problems } = admitMetadata(filled.metadata ?? {}, context);
  const rules = RULES[kind] as unknown as Rules<Kind>;
  const spec = filled.spec ?? fillSchema(memberSchema(kind, "spec"), {});
  const shaped = { apiVersion: apiVersionOf(kind), kind, metadata, spec } as Resource;
  const completed = rules.complete?.(shaped) ?? shaped;
  const whole = (old && rules.inherit?.(old, completed, given)) ?? completed;
  const status = old ? old.status : rules.firstStatus(whole);
  const isChanged = old !== undefined && !sameJson(old.spec, whole.spec);
  const generation = metadata.generation + (isChanged ? 1 : 0);
  const object = { ...whole, metadata: { ...metadata, generation }, status } as Resource;
  const shape = [...(filled.spec === undefined ? requiredSpec(kind) : []), ...findings.problems];
  const beyond = [
    ...problems,
    ...(rules.check?.(object) ?? []),
    ...(old ? [...frozenMetadata(old, filled.metadata ?? {}), ...frozen(rules, old, object)] : []),
  ];
  const all = [...shape, ...news(beyond, shape)];
  const warnings = [...findings.warnings, ...(rules.warnings?.(shaped) ?? [])];
  return conclude(object, { ...findings, problems: all, warnings }, context);
}

function frozen(rules: Rules<Kind>, old: Resource, next: Resource): readonly Problem[] {
  return rules.frozen?.(old, next) ?? [];
}

function admitStatus(
  input: Record<string, unknown>,
  context: AdmitContext,
  old: Resource | undefined,
): Admitted {
  if (!old) throw new FleetError("NOT_FOUND", `there is no such ${context.kind}`);
  const schema = memberSchema(context.kind, "status");
  const findings = checkSchema(schema, input.status, "status");
  const isGiven = isObject(input.status);
  const status = isGiven ? fillSchema(schema, input.status) : old.status;
  const object = { ...old, status } as Resource;
  const rules = RULES[context.kind] as unknown as Rules<Kind>;
  const moves = isGiven ? (rules.statusMove?.(old, object) ?? []) : [];
  return conclude(
    object,
    { ...findings, problems: [...findings.problems, ...news(moves, findings.problems)] },
    context,
  );
}

/** Throws when there are problems. */
function conclude(object: Resource, findings: Findings, context: AdmitContext): Admitted {
  const { fieldValidation } = context;
  const isStrict = fieldValidation === "Strict";
  const unknown = isStrict ? findings.unknown.map(unknownProblem) : [];
  const problems = [...findings.problems, ...unknown];
  if (problems.length > 0) throw invalid(context.kind, object.metadata.name, problems);
  const dropped = fieldValidation === "Warn" ? findings.unknown.map(unknownWarning) : [];
  return { object, warnings: [...findings.warnings, ...dropped] };
}

/** One answer for all problems. */
export function invalid(kind: string, name: string, problems: readonly Problem[]): FleetError {
  const shown = problems.slice(0, SHOWN_MAX).map(({ path, message }) => `${path}: ${message}`);
  const more = problems.length > SHOWN_MAX ? [`and ${problems.length - SHOWN_MAX} more`] : [];
  const what = name === "" ? kind : `${kind} ${found(name)}`;
  const message = `${what} is invalid: ${[...shown, ...more].join("; ")}`;
  return new FleetError("INVALID", message, { kind, name, problems });
}
const SHOWN_MAX = 10;

export function unknownProblem({ path, nearest }: UnknownField): Problem {
  return { path, message: `is not a known field${nearest ? `; did you mean ${nearest}?` : ""}` };
}
export function unknownWarning({ path, nearest }: UnknownField): string {
  const hint = nearest ? `; did you mean ${nearest}?` : "";
  return `${path}: is not a known field and was left out${hint}`;
}

/** A rule looks at an empty value where one of the wrong type was; what it says there is no news. */
function news(rules: readonly Problem[], said: readonly Problem[]): readonly Problem[] {
  const paths = new Set(said.map(({ path }) => path));
  return rules.filter(({ path }) => !paths.has(path) && !paths.has(parentOf(path)));
}

/** `spec.ports[0]` of `spec.ports[0].name`. */
function parentOf(path: string): string {
  return path.replace(/(\.[^.[\]]+|\[[^\]]*\])$/, "");
}

function requiredSpec(kind: Kind): Problem[] {
  const { required = [] } = memberSchema(kind, "spec");
  return required.length > 0 ? [{ path: "spec", message: "is required, found nothing" }] : [];
}

function assertKind(input: unknown, kind: Kind): asserts input is Record<string, unknown> {
  if (!isObject(input))
    throw new FleetError("BAD_REQUEST", `a ${kind} must be an object, found ${found(input)}`);
  const wanted = { apiVersion: apiVersionOf(kind), kind };
  for (const [field, value] of Object.entries(wanted)) {
    const given = input[field];
    if (given === undefined || given === null || given === value) continue;
    const message = `${field} must be ${value} here, found ${found(given)}`;
    throw new FleetError("BAD_REQUEST", message, { field });
  }
}

/** A cluster-scoped resource of ours says `namespace: ""`, which means none. */
function withoutEmptyNamespace(input: Record<string, unknown>): Record<string, unknown> {
  const { metadata } = input;
  if (!isObject(metadata) || metadata.namespace !== "") return input;
  const { namespace: _, ...rest } = metadata;
  return { ...input, metadata: rest };
}
