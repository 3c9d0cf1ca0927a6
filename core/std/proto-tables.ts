/**
 * Protocol buffers as tables: a field is `number type`, `number repeated type` or `number map type` (keys are strings);
 * a method is `Request -> Response`, with `stream` before what streams. Only names of services and methods and the
 * numbers and types of fields travel, so a table needs no file beside the program. An enumeration is an `int32` there.
 */
export type ProtoMessages = Readonly<Record<string, Readonly<Record<string, string>>>>;
export type ProtoMethods = Readonly<Record<string, string>>;
export interface ProtoPackage {
  readonly messages: ProtoMessages;
  readonly services: Readonly<Record<string, ProtoMethods>>;
  /** Packages inside of this one. */
  readonly packages?: Readonly<Record<string, ProtoPackage>>;
}

/** A package by its full name (`agones.dev.sdk`) in the JSON form that protobufjs reads. Pure. */
export function protoJson(name: string, content: ProtoPackage): { readonly nested: object } {
  const inside = name
    .split(".")
    .reverse()
    .reduce<object>((inner, part) => ({ [part]: { nested: inner } }), nestedOf(content));
  return { nested: inside };
}

function nestedOf({ messages, services, packages = {} }: ProtoPackage): object {
  return {
    ...mapped(messages, (fields) => ({ fields: mapped(fields, fieldOf) })),
    ...mapped(services, (methods) => ({ methods: mapped(methods, methodOf) })),
    ...mapped(packages, (inner) => ({ nested: nestedOf(inner) })),
  };
}

function fieldOf(text: string): object {
  const words = text.split(" ");
  const id = Number(words[0]);
  const type = words.at(-1) ?? "";
  if (words[1] === "map") return { id, type, keyType: "string" };
  return words[1] === "repeated" ? { id, type, rule: "repeated" } : { id, type };
}

function methodOf(text: string): object {
  const [request = "", response = ""] = text.split(" -> ");
  const name = (side: string): string => side.replace("stream ", "");
  const streams = (side: string): boolean => side.startsWith("stream ");
  return {
    requestType: name(request),
    responseType: name(response),
    requestStream: streams(request),
    responseStream: streams(response),
  };
}

function mapped<T>(table: Readonly<Record<string, T>>, each: (value: T) => object): object {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, each(value)]));
}
