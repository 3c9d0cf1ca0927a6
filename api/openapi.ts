import { KIND_SCHEMAS } from "../core/model/kind-schemas.ts";
import { type AnyKind, KINDS } from "../core/model/kinds.ts";
import type { Schema } from "../core/model/schema.ts";
import { isObject } from "../core/std/json.ts";
import type { RouteAbout } from "./route.ts";

type Json = Record<string, unknown>;
const EXTRA_FORMATS: Readonly<Record<string, Json>> = {
  "int-or-percent": { oneOf: [{ type: "integer" }, { type: "string", pattern: "^\\d+%$" }] },
  quantity: { oneOf: [{ type: "number" }, { type: "string" }] },
  wait: {
    oneOf: [{ type: "number" }, { type: "string", pattern: "^\\d+(\\.\\d+)?(ms|s|m)?$" }],
  },
};

/** The whole API as OpenAPI 3.1, from the same tables that routes and checks are made of. Pure. */
export function openApiOf(version: string, paths: readonly RoutePath[]): Json {
  const kinds = Object.keys(KINDS) as AnyKind[];
  const schemas = Object.fromEntries(kinds.map((kind) => [kind, schemaOf(KIND_SCHEMAS[kind])]));
  return {
    openapi: "3.1.0",
    info: {
      title: "Flotilla",
      version,
      description: "Game-server fleets on bare Linux. Kubernetes' conventions, Agones' resources.",
    },
    security: [{ token: [] }],
    paths: pathsOf(paths),
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: { ...schemas, Status: STATUS_SCHEMA, Scale: { type: "object" } },
    },
  };
}

/** A registered route, as the server knows it. */
export interface RoutePath {
  readonly url: string;
  readonly method: string;
  readonly access: string;
  readonly about?: RouteAbout;
}

const STATUS_SCHEMA: Json = {
  type: "object",
  description: "Kubernetes' answer when there is no object to answer with: why a request failed.",
  properties: {
    status: { type: "string", enum: ["Success", "Failure"] },
    message: { type: "string" },
    reason: { type: "string" },
    code: { type: "integer" },
    details: { type: "object" },
  },
};

function pathsOf(routes: readonly RoutePath[]): Json {
  const paths: Record<string, Json> = {};
  for (const { url, method, access, about } of routes) {
    const path = url.replace(PARAMETER, "{$1}").replaceAll("::", ":");
    paths[path] ??= parametersOf(url);
    paths[path][method.toLowerCase()] = about
      ? describedOperation(about, access)
      : operationOf(url, method, access);
  }
  return paths;
}

/** `:name`; two colons are one that is meant as it is. */
const PARAMETER = /(?<!:):(\w+)/g;

function parametersOf(url: string): Json {
  const names = [...url.matchAll(PARAMETER)].map(([, name]) => name);
  const parameters = names.map((name) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  return parameters.length > 0 ? { parameters } : {};
}

function operationOf(url: string, method: string, access: string): Json {
  const kind = kindOf(url);
  const ref = kind && { $ref: `#/components/schemas/${kind}` };
  const content = ref && { "application/json": { schema: ref } };
  const hasBody = content && ["POST", "PUT", "PATCH"].includes(method);
  return {
    ...(kind ? { tags: [kind] } : {}),
    ...(access === "open" ? { security: [] } : {}),
    "x-flotilla-access": access,
    ...(hasBody ? { requestBody: { content } } : {}),
    responses: {
      [method === "POST" && kind ? "201" : "200"]: {
        description: "Done, and durable.",
        ...(content ? { content } : {}),
      },
      default: {
        description: "Not done: why.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Status" } } },
      },
    },
  };
}

/** A route that says itself what it takes and gives. */
function describedOperation(about: RouteAbout, access: string): Json {
  const { summary, tag, body, answer, example, query = {} } = about;
  const json = (schema: Schema, more: Json = {}): Json => ({
    content: { "application/json": { schema: schemaOf(schema), ...more } },
  });
  const parameters = Object.entries(query).map(([name, description]) => ({
    ...{ name, in: "query", description, schema: { type: "string" } },
  }));
  return {
    summary,
    ...(tag ? { tags: [tag] } : {}),
    ...(access === "open" ? { security: [] } : {}),
    "x-flotilla-access": access,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: json(body, example ? { example } : {}) } : {}),
    responses: {
      "2XX": { description: "Done, and durable.", ...(answer ? json(answer) : {}) },
      default: {
        description: "Not done: why.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Status" } } },
      },
    },
  };
}

function kindOf(url: string): string | undefined {
  if (url.endsWith("/scale")) return "Scale";
  const kinds = Object.entries(KINDS);
  const found = kinds.find(
    ([, { group, plural }]) => url.startsWith(`/apis/${group}/`) && url.split("/").includes(plural),
  );
  return found?.[0];
}

/** Our schema words are a part of JSON Schema; only our own formats must be said in its terms. */
function schemaOf(schema: Schema): Json {
  const result: Json = {};
  for (const [word, value] of Object.entries(schema)) {
    if (word === "properties" && isObject(value))
      result[word] = Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, schemaOf(inner as Schema)]),
      );
    else if (["items", "additionalProperties", "propertyNames"].includes(word))
      result[word] = schemaOf(value as Schema);
    else if (word === "format" && String(value) in EXTRA_FORMATS)
      Object.assign(result, EXTRA_FORMATS[String(value)]);
    else result[word] = value;
  }
  return result;
}
