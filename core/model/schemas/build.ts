import {
  DNS_LABEL,
  DNS_LABEL_FORM,
  DNS_SUBDOMAIN,
  DNS_SUBDOMAIN_FORM,
  LABEL_VALUE,
  LABEL_VALUE_FORM,
  NAME_LENGTH_MAX,
  QUALIFIED_NAME,
  QUALIFIED_NAME_FORM,
} from "../names.ts";
import type { Schema } from "../schema.ts";

/** Words to write schema tables with; the description comes first because every field has one. */
type More = Omit<Schema, "type" | "description">;

export function text(description: string, more: More = {}): Schema {
  return { type: "string", description, ...more };
}
export function integer(
  description: string,
  minimum: number,
  maximum: number = Number.MAX_SAFE_INTEGER,
  more: More = {},
): Schema {
  return { type: "integer", description, minimum, maximum, ...more };
}
export function flag(description: string, more: More = {}): Schema {
  return { type: "boolean", description, ...more };
}
export function oneOf(description: string, words: readonly string[], more: More = {}): Schema {
  return { type: "string", description, enum: words, ...more };
}
export function object(
  description: string,
  properties: Readonly<Record<string, Schema>>,
  more: More = {},
): Schema {
  return { type: "object", description, properties, ...more };
}
export function list(
  description: string,
  items: Schema,
  maxItems: number,
  more: More = {},
): Schema {
  return { type: "array", description, items, maxItems, ...more };
}
export function map(
  description: string,
  values: Schema,
  names: Schema,
  maxProperties: number,
  more: More = {},
): Schema {
  const members = { additionalProperties: values, propertyNames: names, maxProperties };
  return { type: "object", description, ...members, ...more };
}
export function quantity(description: string): Schema {
  return { description, format: "quantity" };
}

/** Known to Kubernetes or Agones, kept, without meaning here. */
export function ignored(warning: string, same: readonly unknown[] = []): Schema {
  return {
    description: `Accepted with a warning: ${warning}.`,
    "x-flotilla-warn": warning,
    "x-flotilla-same": same,
  };
}
/** Known to Kubernetes or Agones; leaving it out would change meaning or safety. */
export function refused(reason: string, same: readonly unknown[] = []): Schema {
  return {
    description: `Refused: ${reason}.`,
    "x-flotilla-refuse": reason,
    "x-flotilla-same": same,
  };
}
export function refusedAll(reason: string, names: readonly string[]): Record<string, Schema> {
  return Object.fromEntries(names.map((name) => [name, refused(reason)]));
}
export function ignoredAll(warning: string, names: readonly string[]): Record<string, Schema> {
  return Object.fromEntries(names.map((name) => [name, ignored(warning)]));
}

export function dnsLabel(description: string): Schema {
  return text(description, {
    minLength: 1,
    maxLength: NAME_LENGTH_MAX,
    pattern: DNS_LABEL,
    "x-flotilla-form": DNS_LABEL_FORM,
  });
}
export function dnsSubdomain(description: string, maxLength: number = NAME_LENGTH_MAX): Schema {
  return text(description, {
    minLength: 1,
    maxLength,
    pattern: DNS_SUBDOMAIN,
    "x-flotilla-form": DNS_SUBDOMAIN_FORM,
  });
}
export function port(description: string, more: More = {}): Schema {
  return integer(description, 1, 65_535, more);
}
export function time(description: string): Schema {
  return text(description, { format: "date-time" });
}

/** Text that reaches a system call: no NUL, which would end it early. */
export const NO_NUL: More = { pattern: "^[^\\u0000]*$", "x-flotilla-form": "text without a NUL" };

const QUALIFIED: Schema = text("A name, perhaps with a DNS name before it.", {
  minLength: 1,
  maxLength: 317,
  pattern: QUALIFIED_NAME,
  "x-flotilla-form": QUALIFIED_NAME_FORM,
});
export const LABEL_KEY: Schema = QUALIFIED;
export const LABEL_VALUE_SCHEMA: Schema = text("A label's value.", {
  maxLength: 63,
  pattern: LABEL_VALUE,
  "x-flotilla-form": LABEL_VALUE_FORM,
});
const ENTRIES_MAX = 256;
export function labels(description: string): Schema {
  return map(description, LABEL_VALUE_SCHEMA, QUALIFIED, ENTRIES_MAX);
}
export function annotations(description: string): Schema {
  return map(description, text("Any text.", { maxLength: 256 * 1024 }), QUALIFIED, ENTRIES_MAX);
}
