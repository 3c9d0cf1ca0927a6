import { assert } from "../../core/std/assert.ts";
import { FleetError } from "../../core/std/errors.ts";
import { ownOf } from "../../core/std/json.ts";
import type { DocumentQuery, FieldValue } from "./document-store.ts";
import type { Place, Search } from "./document-table.ts";
import { type AnySpec, checkField, digestOf } from "./shape.ts";

const TOKEN_CHARS_MAX = 2_000;

/** A query as it is asked of a table. An index or field that is not declared is a bug; a bad token is BAD_REQUEST. */
export function searchOf(spec: AnySpec, query: DocumentQuery, pageMax: number): Search {
  const index = ownOf(spec.indexes, query.index);
  assert(index, `${spec.name} has no index ${query.index}`);
  assert(query.limit >= 1 && query.limit <= pageMax, `a page of ${query.limit} documents`);
  const { skip = 0 } = query;
  assert(skip >= 0 && (skip === 0 || query.continue === undefined), "a later page that skips some");
  const { order } = index;
  const checked = (field: string, value: FieldValue | undefined): FieldValue => {
    const type = ownOf(spec.fields, field);
    assert(type, `${spec.name} has no field ${field}`);
    return checkField(spec.name, field, type, value);
  };
  const bound = (value: FieldValue | undefined): FieldValue | undefined =>
    value === undefined ? undefined : checked(order ?? "", value);
  const equal = index.equal.map((field) => [field, checked(field, query.equal[field])] as const);
  assert(equal.length === Object.keys(query.equal).length, `fields of ${query.index}`);
  const isDescending = query.isDescending ?? false;
  const search = { index: query.index, equal, order, isDescending, skip, limit: query.limit };
  const range = { from: bound(query.from), until: bound(query.until) };
  const after = query.continue === undefined ? undefined : placeOf(spec, query, query.continue);
  return { ...search, ...range, after };
}

/** The token that goes on behind `place`. */
export function tokenOf(spec: AnySpec, query: DocumentQuery, { value, id }: Place): string {
  const parts = value === undefined ? [markOf(spec, query), id] : [markOf(spec, query), id, value];
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

function placeOf(spec: AnySpec, query: DocumentQuery, token: string): Place {
  const parts = token.length <= TOKEN_CHARS_MAX ? readToken(token) : [];
  const [mark, id, value] = parts;
  const order = ownOf(spec.indexes, query.index)?.order;
  const type = order === undefined ? "undefined" : ownOf(spec.fields, order);
  const isGood = mark === markOf(spec, query) && typeof id === "string" && typeof value === type;
  if (!isGood) throw new FleetError("BAD_REQUEST", "the continue token is not of this list");
  return value === undefined ? { id } : { id, value: value as FieldValue };
}

function readToken(token: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

/** Of everything but the page: a token of another query would skip what nobody has seen. */
function markOf(spec: AnySpec, { index, equal, from, until, isDescending }: DocumentQuery): string {
  const values = Object.entries(equal).sort(([a], [b]) => (a < b ? -1 : 1));
  return digestOf(JSON.stringify([spec.name, index, values, from, until, isDescending ?? false]));
}
