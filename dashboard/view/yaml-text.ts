import {
  isMap,
  isPair,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  stringify,
} from "yaml";

type Json = Readonly<Record<string, unknown>>;

/** The part of an object that a person writes: without status, and without what the server keeps by itself. Pure. */
export function editable(object: object): string {
  const { apiVersion, kind, metadata, spec } = object as Record<string, Json>;
  const { name, namespace, labels, annotations } = metadata ?? {};
  const head = { name, ...(namespace ? { namespace } : {}) };
  const more = { ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
  return stringify({ apiVersion, kind, metadata: { ...head, ...more }, spec }, { lineWidth: 0 });
}

/** Something that stands in the way, and on which line; 0 when that is not known. */
export interface TextProblem {
  readonly line: number;
  readonly field: string;
  readonly message: string;
}
export type Parsed =
  | { readonly object: Json; readonly problems?: undefined }
  | { readonly object?: undefined; readonly problems: readonly TextProblem[] };

/** The object that a text says, or why it says none. Pure. */
export function parsed(text: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems = document.errors.map(({ message, pos }) => ({
    line: lines.linePos(pos[0]).line,
    field: "",
    message,
  }));
  if (problems.length > 0) return { problems };
  const object: unknown = document.toJS({ maxAliasCount: 100 });
  if (typeof object === "object" && object !== null && !Array.isArray(object))
    return { object: object as Json };
  return {
    problems: [
      { line: 1, field: "", message: "an object with apiVersion, kind, metadata and spec" },
    ],
  };
}

/** The line of a field such as `spec.template.ports[0].name`; of the nearest thing around it; 0 for none. Pure. */
export function lineOf(text: string, field: string): number {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  let node: unknown = document.contents;
  let at = 0;
  for (const step of stepsOf(field)) {
    const found = childOf(node, step);
    if (!found) break;
    at = found.at ?? at;
    node = found.node;
  }
  return at === 0 && field === "" ? 0 : lines.linePos(at).line;
}

function stepsOf(field: string): readonly string[] {
  return field
    .replace(/\[([^\]]*)\]/g, ".$1")
    .split(".")
    .filter(Boolean);
}

function childOf(
  node: unknown,
  step: string,
): { node: unknown; at: number | undefined } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(step)] as Node | undefined;
    return item && { node: item, at: item.range?.[0] };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((one) => isPair(one) && String(one.key) === step) as
    | Pair<Node, Node>
    | undefined;
  return pair && { node: pair.value, at: pair.key.range?.[0] };
}

/** The object as it is sent: what the person wrote, on top of the version that was read. Pure. */
export function toSend(object: Json, resourceVersion: string): Json {
  const metadata = object.metadata as Json | undefined;
  return { ...object, metadata: { ...metadata, resourceVersion } };
}
