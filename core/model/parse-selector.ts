import { FleetError } from "../std/errors.ts";
import { isObject } from "../std/json.ts";
import type { LabelExpression, LabelSelector } from "./allocation.ts";
import { LABEL_VALUE, QUALIFIED_NAME } from "./names.ts";
import { either, found } from "./schema-words.ts";

const LENGTH_MAX = 8_192;
const KEY = new RegExp(QUALIFIED_NAME, "u");
const VALUE = new RegExp(LABEL_VALUE, "u");

/** `app=a,tier!=b,env in (x,y),zone notin (z),ready,!old` as a selector; BAD_REQUEST says what is wrong. */
export function parseLabelSelector(text: string): LabelSelector {
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
  ...["status.nodeName", "spec.nodeName", "status.gameServer", "type", "reason"],
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
