/**
 * The part of JSON Schema that describes our resources, as plain data: the same tables check input, fill defaults and
 * become the OpenAPI page. A schema without `type` takes anything (kept, not looked into).
 */
export interface Schema {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** Members that `properties` does not name: a map. Without it they are unknown fields. */
  readonly additionalProperties?: Schema;
  readonly propertyNames?: Schema;
  readonly maxProperties?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: Format;
  readonly default?: unknown;
  /** What `pattern` means, for the message: "a DNS label (…)". */
  readonly "x-flotilla-form"?: string;
  /** Known words that `enum` will have one day: refused as "not supported yet". */
  readonly "x-flotilla-later"?: readonly string[];
  /** Accepted and kept, but without meaning here: the warning. */
  readonly "x-flotilla-warn"?: string;
  /** Known, and refused because leaving it out would change meaning or safety: the reason. */
  readonly "x-flotilla-refuse"?: string;
  /** Values that say what happens here anyway: neither warned about nor refused (beside empty ones and false). */
  readonly "x-flotilla-same"?: readonly unknown[];
}

export type Format = "int-or-percent" | "quantity" | "wait" | "date-time" | "ipv4" | "ipv4-cidr";
