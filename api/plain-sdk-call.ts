import { isObject } from "../core/std/json.ts";

const TEXT_CHARS_MAX = 1_024;
const KINDS: ReadonlySet<unknown> = new Set(["GameServer", "Container"]);
/** Verbs that need nothing but their subject. */
const VERBS: ReadonlySet<unknown> = new Set(["ready", "allocate", "shutdown"]);
const CALL_FIELDS = 3;
const SUBJECT_FIELDS = 4;

/**
 * True for the calls that come thousands of times a second, with exactly their own fields: the schema would find no
 * problem in them. False says nothing: then the schema looks.
 */
export function isPlainSdkCall(call: unknown): boolean {
  if (!isObject(call) || Object.keys(call).length !== CALL_FIELDS) return false;
  return VERBS.has(call.verb) && isShort(call.id) && isPlainSubject(call.subject);
}

function isPlainSubject(subject: unknown): boolean {
  if (!isObject(subject) || Object.keys(subject).length !== SUBJECT_FIELDS) return false;
  const { kind, namespace, name, uid } = subject;
  return KINDS.has(kind) && isShort(namespace) && isShort(name) && isShort(uid);
}

function isShort(value: unknown): boolean {
  return typeof value === "string" && value.length <= TEXT_CHARS_MAX;
}
