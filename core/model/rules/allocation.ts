import type { Problem } from "../../std/errors.ts";
import { isObject } from "../../std/json.ts";
import { found, member } from "../schema-words.ts";
import { SELECTORS_MAX } from "../schemas/game-server-allocation.ts";

/** What a schema cannot say of an allocation's spec, because one field depends on another. */
export function allocationProblems(spec: unknown): Problem[] {
  if (!isObject(spec)) return [];
  return [...selectorsOf(spec).flatMap(selectorProblems), ...actionProblems(spec.counters)];
}

interface Placed {
  readonly at: string;
  readonly selector: Record<string, unknown>;
}

function selectorsOf({ selectors, preferred, required }: Record<string, unknown>): Placed[] {
  const lists = Object.entries({ selectors, preferred }).flatMap(([name, list]) =>
    (Array.isArray(list) ? list.slice(0, SELECTORS_MAX) : []).map((one: unknown, i) => ({
      at: `spec.${name}[${i}]`,
      one,
    })),
  );
  const all = [...lists, { at: "spec.required", one: required }];
  return all.flatMap(({ at, one }) => (isObject(one) ? [{ at, selector: one }] : []));
}

function selectorProblems({ at, selector }: Placed): Problem[] {
  const { matchExpressions, counters, lists } = selector;
  const expressions = Array.isArray(matchExpressions) ? matchExpressions : [];
  return [
    ...expressions.flatMap((one: unknown, i) =>
      valuesProblem(one, `${at}.matchExpressions[${i}].values`),
    ),
    ...boundsProblems(counters, `${at}.counters`),
    ...boundsProblems(lists, `${at}.lists`),
  ];
}

/** `In` and `NotIn` compare with values, `Exists` and `DoesNotExist` do not. */
function valuesProblem(expression: unknown, path: string): Problem[] {
  if (!isObject(expression)) return [];
  const { operator, values } = expression;
  const count = Array.isArray(values) ? values.length : 0;
  if ((operator === "In" || operator === "NotIn") && count === 0)
    return [{ path, message: `is required with operator ${operator}, found nothing` }];
  if ((operator === "Exists" || operator === "DoesNotExist") && count > 0)
    return [{ path, message: `must not be set with operator ${operator}, found a list` }];
  return [];
}

/** A most of 0 is none; any other is not below its least. */
function boundsProblems(bounds: unknown, path: string): Problem[] {
  if (!isObject(bounds)) return [];
  return Object.entries(bounds).flatMap(([name, one]) =>
    ["Count", "Available"].flatMap((what) => {
      if (!isObject(one)) return [];
      const [min, max] = [one[`min${what}`] ?? 0, one[`max${what}`] ?? 0];
      if (typeof min !== "number" || typeof max !== "number" || max === 0 || max >= min) return [];
      const at = `${member(path, name)}.max${what}`;
      return [{ path: at, message: `must be 0 or at least min${what} (${min}), found ${max}` }];
    }),
  );
}

/** An amount without a direction, or a direction without an amount, says nothing. */
function actionProblems(counters: unknown): Problem[] {
  if (!isObject(counters)) return [];
  return Object.entries(counters).flatMap(([name, one]) => {
    if (!isObject(one)) return [];
    const { action, amount } = one;
    const [has, lacks] = action == null ? ["amount", "action"] : ["action", "amount"];
    if ((action == null) === (amount == null)) return [];
    const path = `${member("spec.counters", name)}.${lacks}`;
    return [{ path, message: `is required with ${has} ${found(one[has])}, found nothing` }];
  });
}
