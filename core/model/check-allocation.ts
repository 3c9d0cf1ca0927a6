import { FleetError } from "../std/errors.ts";
import { isObject } from "../std/json.ts";
import { type FieldValidation, invalid, unknownProblem, unknownWarning } from "./admit.ts";
import type { AllocationSpec, GameServerSelector } from "./allocation.ts";
import { specOfRequest } from "./allocator-request.ts";
import { quickAllocationSpec } from "./check-allocation-quick.ts";
import { checkSchema } from "./check-schema.ts";
import { fillSchema } from "./fill-schema.ts";
import { KIND_SCHEMAS } from "./kind-schemas.ts";
import { apiVersionOf } from "./kinds.ts";
import { DNS_LABEL, DNS_LABEL_FORM } from "./names.ts";
import type { ObjectMeta } from "./resource.ts";
import { allocationProblems } from "./rules/allocation.ts";
import { found } from "./schema-words.ts";
import { waitMsOf } from "./wait-up-to.ts";

const KIND = "GameServerAllocation";

export interface CheckedAllocation {
  readonly spec: AllocationSpec;
  /** As the request gave it; nothing of it is stored. */
  readonly metadata: Partial<ObjectMeta>;
  readonly warnings: readonly string[];
}

/** A GameServerAllocation as it is asked for: all forms of Agones', refused with all its problems at once. */
export function checkAllocation(
  input: unknown,
  fieldValidation: FieldValidation,
): CheckedAllocation {
  if (!isObject(input))
    throw new FleetError("BAD_REQUEST", `a ${KIND} must be an object, found ${found(input)}`);
  const { apiVersion, kind, metadata } = input;
  for (const [field, given, wanted] of [
    ["apiVersion", apiVersion, apiVersionOf(KIND)],
    ["kind", kind, KIND],
  ] as const)
    if (given !== undefined && given !== null && given !== wanted)
      throw new FleetError("BAD_REQUEST", `${field} must be ${wanted}, found ${found(given)}`);
  const isUsual = metadata === undefined && Object.keys(input).every((key) => USUAL.has(key));
  const quick = isUsual ? quickAllocationSpec(input.spec) : undefined;
  return quick ? { spec: quick, metadata: {}, warnings: [] } : interpreted(input, fieldValidation);
}
const USUAL: ReadonlySet<string> = new Set(["apiVersion", "kind", "spec"]);

/**
 * A request of Agones' allocator service over REST: fields in camelCase, enumerations as words or numbers, unknown
 * fields ignored as its gateway does.
 */
export function checkAllocatorRequest(input: unknown): {
  readonly namespace: string;
  readonly spec: AllocationSpec;
} {
  if (!isObject(input))
    throw new FleetError("BAD_REQUEST", `a request must be an object, found ${found(input)}`);
  const { namespace = "default" } = input;
  if (typeof namespace !== "string" || namespace.length > 63 || !NAMESPACE.test(namespace))
    throw invalid(KIND, "", [
      { path: "namespace", message: `must be ${DNS_LABEL_FORM}, found ${found(namespace)}` },
    ]);
  const spec = specOfRequest(input);
  const quick = quickAllocationSpec(spec);
  return { namespace: namespace || "default", spec: quick ?? interpreted({ spec }, "Ignore").spec };
}
const NAMESPACE = new RegExp(`${DNS_LABEL}|^$`, "u");

interface GivenSpec extends Omit<AllocationSpec, "selectors" | "waitUpToMs"> {
  readonly selectors?: readonly GameServerSelector[];
  readonly required?: GameServerSelector;
  readonly preferred?: readonly GameServerSelector[];
  readonly waitUpTo?: unknown;
}

/** The same by the schema: slower, and the one that says what is wrong. */
export function interpreted(
  { status: _, ...input }: Record<string, unknown>,
  fieldValidation: FieldValidation,
): CheckedAllocation {
  const schema = KIND_SCHEMAS[KIND];
  const findings = checkSchema(schema, input);
  const unknown = fieldValidation === "Strict" ? findings.unknown.map(unknownProblem) : [];
  const problems = [...findings.problems, ...unknown, ...allocationProblems(input.spec)];
  if (problems.length > 0) throw invalid(KIND, "", problems);
  const filled = fillSchema(schema, { ...input, spec: input.spec ?? {} }) as {
    readonly metadata?: Partial<ObjectMeta>;
    readonly spec: GivenSpec;
  };
  const dropped = fieldValidation === "Warn" ? findings.unknown.map(unknownWarning) : [];
  const warnings = [...findings.warnings, ...dropped];
  return { spec: withSelectors(filled.spec), metadata: filled.metadata ?? {}, warnings };
}

/** Agones' rule: without selectors they are the preferred ones and then the required one, which may be empty. */
function withSelectors({
  selectors = [],
  required,
  preferred = [],
  scheduling,
  metadata,
  waitUpTo,
  ...rest
}: GivenSpec): AllocationSpec {
  const any: GameServerSelector = { gameServerState: "Ready" };
  const all = selectors.length > 0 ? selectors : [...preferred, required ?? any];
  const { priorities = [], counters = {}, lists = {} } = rest;
  const waitUpToMs = waitMsOf(waitUpTo) ?? 0;
  return {
    selectors: all,
    scheduling,
    ...(priorities.length > 0 ? { priorities } : {}),
    ...(metadata ? { metadata } : {}),
    ...(Object.keys(counters).length > 0 ? { counters } : {}),
    ...(Object.keys(lists).length > 0 ? { lists } : {}),
    ...(waitUpToMs > 0 ? { waitUpToMs } : {}),
  };
}
