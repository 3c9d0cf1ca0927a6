import { createHash } from "node:crypto";
import { assert } from "../../core/std/assert.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { JsonObject } from "../../core/std/json.ts";
import type { CollectionSpec, FieldType, FieldValue } from "./document-store.ts";

/** A collection as adapters see it, whatever its documents are. */
export interface AnySpec {
  readonly name: string;
  readonly fields: Readonly<Record<string, FieldType>>;
  readonly unique: Readonly<Record<string, readonly string[]>>;
  readonly indexes: Readonly<
    Record<string, { readonly equal: readonly string[]; readonly order?: string }>
  >;
  readonly migrations: readonly ((body: JsonObject) => JsonObject)[];
}

export function anySpec<T extends object>(spec: CollectionSpec<T>): AnySpec {
  return spec as unknown as AnySpec;
}

const NAME = /^[a-z][a-z0-9_]{0,39}$/;
const FIELD = /^[A-Za-z_][A-Za-z0-9_]{0,39}$/;
const INDEXES_MAX = 16;
/** An index entry must stay small on every server. */
const FIELD_CHARS_MAX = 512;
const ID_CHARS_MAX = 256;

/** The fields of a collection with their types. */
export function fieldsOf(spec: AnySpec): readonly (readonly [string, FieldType])[] {
  return Object.entries(spec.fields);
}

/** Finds the mistakes that a declaration can have; they are bugs. */
export function assertSpec(spec: AnySpec): void {
  assert(NAME.test(spec.name), `a collection cannot be named ${spec.name}`);
  const { unique, indexes } = spec;
  const names = [...Object.keys(unique), ...Object.keys(indexes)];
  assert(
    names.every((name) => NAME.test(name.toLowerCase())),
    `names in ${spec.name}`,
  );
  assert(new Set(names).size === names.length, `a name twice in ${spec.name}`);
  assert(names.length <= INDEXES_MAX, `${spec.name} has more than ${INDEXES_MAX} indexes`);
  assert(
    Object.keys(spec.fields).every((field) => FIELD.test(field)),
    `fields in ${spec.name}`,
  );
  const used = [
    ...Object.values(unique).flat(),
    ...Object.values(indexes).flatMap(({ equal, order }) => [...equal, ...(order ? [order] : [])]),
  ];
  assert(
    used.every((field) => Object.hasOwn(spec.fields, field)),
    `a field in ${spec.name}`,
  );
}

/**
 * What a row was written with: the schema of its body, and a digest of the fields that lie beside it. A row of another
 * shape is written anew before its indexes are relied on.
 */
export function shapeOf(spec: AnySpec): string {
  const declared = JSON.stringify([fieldsOf(spec), Object.entries(spec.unique)]);
  return `${spec.migrations.length}.${digestOf(declared)}`;
}

/** The schema that a shape speaks of. */
export function schemaOf(shape: string): number {
  return Number.parseInt(shape, 10);
}

/** Ends the name of an index, so that another definition has another name. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/** What is looked up of a body: absent members are left out, those of a wrong type are INVALID. */
export function fieldValues(spec: AnySpec, body: object): Record<string, FieldValue> {
  const values: Record<string, FieldValue> = {};
  for (const [field, type] of fieldsOf(spec)) {
    const value = (body as Record<string, unknown>)[field];
    if (value === undefined || value === null) continue;
    values[field] = checkField(spec.name, field, type, value);
  }
  return values;
}

/** `value` as one that can be compared in every store. */
export function checkField(
  collection: string,
  field: string,
  type: FieldType,
  value: unknown,
): FieldValue {
  const isGood =
    typeof value === type &&
    (typeof value === "string"
      ? value.length <= FIELD_CHARS_MAX && isPlainText(value)
      : Math.abs(value as number) <= Number.MAX_SAFE_INTEGER);
  if (isGood) return value as FieldValue;
  const takes = type === "string" ? `text of at most ${FIELD_CHARS_MAX} characters` : "a number";
  throw new FleetError("INVALID", `${field} of ${collection} must be ${takes}`, { field });
}

/** An id that every store can keep; throws INVALID. */
export function checkId(collection: string, id: string): void {
  if (id.length > 0 && id.length <= ID_CHARS_MAX && isPlainText(id)) return;
  const message = `an id of ${collection} must have 1 to ${ID_CHARS_MAX} characters of plain text`;
  throw new FleetError("INVALID", message, { field: "id" });
}

/** No half characters, and no NUL, at which some stores end a text. */
function isPlainText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}
