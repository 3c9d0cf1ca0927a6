import { ERRORS } from "../../core/std/errors.ts";
import type { NamedFailure, ServiceRoute } from "./route.ts";
import { templateOf } from "./route-paths.ts";

type Json = Record<string, unknown>;

export interface DescriptionOptions {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly routes: readonly ServiceRoute[];
}

/** Beside its own failures every route may end with these. */
const COMMON: readonly NamedFailure[] = [
  { code: "BAD_REQUEST", message: "bad request" },
  { code: "TOO_LARGE", message: "body too large" },
  { code: "UNAVAILABLE", message: "not available at the moment" },
];

/** A service as OpenAPI 3.1, from the table that its routes are made of. Pure. */
export function describeService({ title, version, description, routes }: DescriptionOptions): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const url = templateOf(route.url);
    paths[url] ??= {};
    (paths[url] as Json)[route.method.toLowerCase()] = operationOf(route);
    if (route.files) (paths[url] as Json).head = { ...operationOf(route), summary: HEAD };
  }
  return {
    openapi: "3.1.0",
    info: { title, version, description },
    paths,
    components: {
      securitySchemes: {
        player: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        operator: { type: "http", scheme: "bearer" },
      },
      schemas: { Failure: FAILURE },
    },
  };
}

const HEAD = "As GET, without the file.";

const FAILURE: Json = {
  type: "object",
  required: ["code", "message", "request_id"],
  properties: {
    code: { const: 0 },
    message: { type: "string" },
    details: {
      type: "array",
      items: {
        type: "object",
        properties: { path: { type: "string" }, message: { type: "string" } },
      },
    },
    request_id: { type: "string" },
  },
};

function operationOf(route: ServiceRoute): Json {
  const { summary, access } = route;
  const parameters = parametersOf(route);
  const body = bodyOf(route);
  const denied = failuresOf(route);
  return {
    summary,
    security: access === "open" ? [] : access.split(" or ").map((one) => ({ [one]: [] })),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: body } } : {}),
    responses: { ...(route.files ? filesOf(route.files) : doneOf(route)), ...denied },
  };
}

const json = (schema: unknown, shown: unknown): Json => ({
  "application/json": { schema, example: shown },
});

function bodyOf({ body, upload, example }: ServiceRoute): Json | undefined {
  if (!upload) return body && json(body, example.body);
  const { field, bytesMax } = upload;
  const file = { type: "string", format: "binary", maxLength: bytesMax };
  const schema = { type: "object", required: [field], properties: { [field]: file } };
  return { "multipart/form-data": { schema } };
}

function doneOf(route: ServiceRoute): Json {
  const { example } = route;
  return {
    [route.status]: {
      description: "Done, and durable.",
      headers: { "X-Request-Id": { schema: { type: "string" } } },
      content: json(successOf(route), { code: 1, message: example.message, ...example.beside }),
    },
  };
}

function filesOf(types: readonly string[]): Json {
  const binary = { schema: { type: "string", format: "binary" } };
  const content = Object.fromEntries(types.map((type) => [type, binary]));
  return {
    200: { description: "The file.", content },
    206: { description: "The part of it that Range asks for.", content },
    304: { description: "The client has it already." },
    416: { description: "It has no such part." },
  };
}

function successOf({ answer, beside = {} }: ServiceRoute): Json {
  return {
    type: "object",
    required: ["code", "message", ...Object.keys(beside)],
    properties: { code: { const: 1 }, message: answer, ...beside },
  };
}

function parametersOf({ params, query, example, isIdempotent }: ServiceRoute): Json[] {
  const named = Object.entries(params?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: "path",
    required: true,
    schema,
    example: example.params?.[name],
  }));
  const names = Object.entries(query?.properties ?? {});
  const asked = [
    ...named,
    ...names.map(([name, schema]) => ({ name, in: "query", required: false, schema })),
  ];
  const key = {
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description: "The same key and body get the same answer.",
    schema: { type: "string", minLength: 1, maxLength: 255 },
  };
  return isIdempotent ? [...asked, key] : asked;
}

/** By status, each with an example of every text. */
function failuresOf({ failures, access }: ServiceRoute): Json {
  const denied =
    access === "open" ? [] : [{ code: "UNAUTHENTICATED", message: "token invalid" } as const];
  const byStatus = Object.groupBy(
    [...COMMON, ...denied, ...failures],
    ({ code }) => ERRORS[code].http,
  );
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, named = []]) => {
      const texts = [...new Set(named.map(({ message }) => message))];
      const examples = texts.map((message) => {
        const value = { code: 0, message, request_id: "6a3f0b52-5a3c-4d0e-9c3b-0a4f5a0d7c11" };
        return [message.replaceAll(" ", "-"), { value }];
      });
      const schema = { $ref: "#/components/schemas/Failure" };
      const content = { "application/json": { schema, examples: Object.fromEntries(examples) } };
      return [status, { description: texts.join(", "), content }];
    }),
  );
}
