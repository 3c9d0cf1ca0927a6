import type { Problem } from "../std/errors.ts";
import type { AdmitContext } from "./admit.ts";
import { KINDS } from "./kinds.ts";
import { generatedName } from "./names.ts";
import type { ObjectMeta, Resource } from "./resource.ts";
import { unless } from "./rules/rules.ts";
import { found } from "./schema-words.ts";

type Given = Partial<ObjectMeta>;

/** The metadata of the result: the user's name, labels and annotations, and what the server keeps. */
export function admitMetadata(
  given: Given,
  context: AdmitContext,
): { readonly metadata: ObjectMeta; readonly problems: readonly Problem[] } {
  const { namespace, problems } = namespaceOf(given, context);
  const name = context.old?.metadata.name ?? nameOf(given, context.uid);
  const isNamed = unless(name !== "", "metadata.name", "is required, found nothing");
  const { generateName, labels, annotations, ownerReferences } = given;
  const metadata = {
    name,
    ...(generateName ? { generateName } : {}),
    namespace,
    ...serverPart(context),
    ...(labels ? { labels } : {}),
    ...(annotations ? { annotations } : {}),
    ...(ownerReferences ? { ownerReferences } : {}),
  };
  return { metadata, problems: [...isNamed, ...problems, ...annotationSize(given)] };
}

function nameOf({ name, generateName }: Given, uid: string): string {
  return name || (generateName ? generatedName(generateName, uid) : "");
}

/** What the server keeps: new for a new resource, as it was for an old one. */
function serverPart({ old, uid, now }: AdmitContext): Omit<ObjectMeta, "name" | "namespace"> {
  if (!old) return { uid, resourceVersion: "", generation: 1, creationTimestamp: now };
  const { deletionTimestamp, deletionGracePeriodSeconds, ...kept } = old.metadata;
  return {
    uid: kept.uid,
    resourceVersion: kept.resourceVersion,
    generation: kept.generation,
    creationTimestamp: kept.creationTimestamp,
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
  };
}

function namespaceOf(
  given: Given,
  { kind, namespace: asked, old }: AdmitContext,
): { readonly namespace: string; readonly problems: readonly Problem[] } {
  const path = "metadata.namespace";
  if (!KINDS[kind].namespaced) {
    const message = `must be left out: a ${kind} has no namespace, found ${found(given.namespace)}`;
    return { namespace: "", problems: unless(given.namespace === undefined, path, message) };
  }
  const namespace = old?.metadata.namespace ?? asked ?? given.namespace ?? "default";
  const isSame = given.namespace === undefined || given.namespace === namespace;
  const message = `must be ${found(namespace)} here, found ${found(given.namespace)}`;
  return { namespace, problems: unless(isSame, path, message) };
}

const ANNOTATIONS_LENGTH_MAX = 256 * 1024;
function annotationSize({ annotations = {} }: Given): Problem[] {
  const length = Object.entries(annotations).reduce((n, [k, v]) => n + k.length + v.length, 0);
  const message = `must have at most ${ANNOTATIONS_LENGTH_MAX} characters in all, found ${length}`;
  return unless(length <= ANNOTATIONS_LENGTH_MAX, "metadata.annotations", message);
}

/** What an update must not change; a field that it does not name stays as it is. */
export function frozenMetadata({ metadata: old }: Resource, given: Given): Problem[] {
  return (["name", "uid"] as const).flatMap((field) =>
    unless(
      given[field] === undefined || given[field] === "" || given[field] === old[field],
      `metadata.${field}`,
      `cannot be changed (it is ${found(old[field])}), found ${found(given[field])}`,
    ),
  );
}
