import type { GameServerSelector, LabelExpression, LabelSelector } from "./allocation.ts";
import type { Labels } from "./resource.ts";

export type LabelPredicate = (labels: Labels | undefined) => boolean;

const NONE: Labels = {};

/** A selector made ready for many labels. As in Kubernetes, NotIn also holds where the label is missing. */
export function compileSelector(selector: LabelSelector): LabelPredicate {
  const pairs = Object.entries(selector.matchLabels ?? {});
  const tests = (selector.matchExpressions ?? []).map(compileExpression);
  const [only] = pairs;
  if (only && pairs.length === 1 && tests.length === 0) {
    const [key, value] = only;
    return (labels) => labels?.[key] === value;
  }
  return (labels = NONE) =>
    pairs.every(([key, value]) => labels[key] === value) && tests.every((test) => test(labels));
}

function compileExpression({
  key,
  operator,
  values = [],
}: LabelExpression): (labels: Labels) => boolean {
  const wanted = new Set(values);
  const has = (labels: Labels): boolean => Object.hasOwn(labels, key);
  if (operator === "Exists") return has;
  if (operator === "DoesNotExist") return (labels) => !has(labels);
  if (operator === "In") return (labels) => has(labels) && wanted.has(labels[key] ?? "");
  return (labels) => !has(labels) || !wanted.has(labels[key] ?? "");
}

/** The same text for selectors that say the same, whatever the order of their parts: a key for indexes and caches. */
export function signatureOf(selector: GameServerSelector): string {
  const { matchLabels, matchExpressions, gameServerState = "Ready", counters, lists } = selector;
  const pairs = Object.entries(matchLabels ?? NONE)
    .map(([key, value]) => `${key}=${value}`)
    .sort();
  const expressions = (matchExpressions ?? [])
    .map(({ key, operator, values = [] }) => {
      const list = [...new Set(values)].sort().join(",");
      return `${key} ${operator} (${list})`;
    })
    .sort();
  const bounds = [...boundsTexts("counter", counters), ...boundsTexts("list", lists)];
  return [gameServerState, ...pairs, ...expressions, ...bounds].join(";");
}

/** Values of lists may be any text: JSON keeps them apart from what is around them. */
function boundsTexts(what: string, bounds: object | undefined): string[] {
  return Object.entries(bounds ?? NONE)
    .map(([key, one]: [string, object]) => `${what} ${key} ${JSON.stringify(sorted(one))}`)
    .sort();
}
function sorted(bounds: object): [string, unknown][] {
  return Object.entries(bounds).sort(([a], [b]) => (a < b ? -1 : 1));
}
