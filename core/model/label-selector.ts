import { FleetError } from "../std/errors.ts";
import { isObject } from "../std/json.ts";
import type { GameServerSelector, LabelExpression, LabelSelector } from "./allocation.ts";
import { LABEL_VALUE, QUALIFIED_NAME } from "./names.ts";
import type { Labels } from "./resource.ts";
import { either, found } from "./schema-words.ts";

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
  const { matchLabels, matchExpressions, gameServerState = "Ready" } = selector;
  const pairs = Object.entries(matchLabels ?? NONE)
    .map(([key, value]) => `${key}=${value}`)
    .sort();
  const expressions = (matchExpressions ?? [])
    .map(({ key, operator, values = [] }) => {
      const list = [...new Set(values)].sort().join(",");
      return `${key} ${operator} (${list})`;
    })
    .sort();
  return [gameServerState, ...pairs, ...expressions].join(";");
}

const LENGTH_MAX = 8_192;
const KEY = new RegExp(QUALIFIED_NAME, "u");
const VALUE = new RegExp(LABEL_VALUE, "u");

/** `app=a,tier!=b,env in (x,y),zone notin (z),ready,!old` as a predicate; BAD_REQUEST says what is wrong. */
export function parseLabelSelector(text: string): LabelPredicate {
  return compileSelector(readLabelSelector(text));
}

/** The same as a selector. */
export function readLabelSelector(text: string): LabelSelector {
  if (text.length > LENGTH_MAX) throw bad("label", text, `it is longer than ${LENGTH_MAX}`);
  const parts = splitTop(text);
  return { matchExpressions: parts.map((part) => parsePart(part, text)) };
}

/** Splits at commas outside of parentheses; an empty text has no parts. */
function splitTop(text: string): string[] {
  if (text.trim() === "") return [];
  const parts = [""];
  let isInside = false;
  for (const letter of text) {
    if (letter === "(" || letter === ")") isInside = letter === "(";
    if (letter === "," && !isInside) parts.push("");
    else parts.push((parts.pop() ?? "") + letter);
  }
  return parts.map((part) => part.trim());
}

function parsePart(part: string, whole: string): LabelExpression {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
  const pair = /^([^\s=!]+)\s*(==|=|!=)\s*(\S*)$/.exec(part);
  const not = /^!\s*(\S+)$/.exec(part);
  if (set) {
    const values = (set[3] ?? "").split(",").map((value) => value.trim());
    return checked(set[1], set[2] === "in" ? "In" : "NotIn", values, whole);
  }
  if (pair) return checked(pair[1], pair[2] === "!=" ? "NotIn" : "In", [pair[3] ?? ""], whole);
  if (not) return checked(not[1], "DoesNotExist", undefined, whole);
  return checked(part, "Exists", undefined, whole);
}

function checked(
  key: string | undefined,
  operator: LabelExpression["operator"],
  values: readonly string[] | undefined,
  whole: string,
): LabelExpression {
  if (key === undefined || key.length > 317 || !KEY.test(key))
    throw bad("label", whole, `${found(key ?? "")} is no label's name`);
  const wrong = values?.find((value) => value.length > 63 || !VALUE.test(value));
  if (wrong !== undefined) throw bad("label", whole, `${found(wrong)} is no label's value`);
  return values === undefined ? { key, operator } : { key, operator, values };
}

/** Fields that a list can be narrowed by. */
export const SELECTABLE_FIELDS: readonly string[] = [
  ...["metadata.name", "metadata.namespace", "status.state", "status.phase"],
  ...["status.nodeName", "spec.nodeName", "type", "reason"],
  ...["involvedObject.kind", "involvedObject.namespace", "involvedObject.name"],
  "involvedObject.uid",
];

/** `metadata.name=a,status.state!=Ready` as a predicate; BAD_REQUEST says what is wrong. */
export function parseFieldSelector(text: string): (resource: object) => boolean {
  if (text.length > LENGTH_MAX) throw bad("field", text, `it is longer than ${LENGTH_MAX}`);
  const parts = text.trim() === "" ? [] : text.split(",");
  const tests = parts.map((part) => {
    const [, field = "", operator, value = ""] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part.trim()) ?? [];
    if (operator === undefined) throw bad("field", text, `${found(part)} is not field=value`);
    if (!SELECTABLE_FIELDS.includes(field))
      throw bad("field", text, `${found(field)} is not ${either(SELECTABLE_FIELDS)}`);
    const path = field.split(".");
    return (resource: object) => (readText(resource, path) === value) === (operator !== "!=");
  });
  return (resource) => tests.every((test) => test(resource));
}

function readText(resource: object, path: readonly string[]): string {
  let value: unknown = resource;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return typeof value === "string" ? value : "";
}

function bad(what: string, text: string, why: string): FleetError {
  return new FleetError("BAD_REQUEST", `${what} selector ${found(text)}: ${why}`);
}
