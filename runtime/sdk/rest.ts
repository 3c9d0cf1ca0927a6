import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { ERRORS, FleetError, messageOf } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import type { FindSession } from "./grpc-services.ts";
import { DATA_VERBS, maskOfBody } from "./sdk-data-verbs.ts";
import { sdkGameServerOf } from "./sdk-message.ts";
import { notYet, VERBS } from "./sdk-verbs.ts";
import type { Session } from "./session.ts";

export interface RestOptions {
  readonly bodyBytesMax: number;
}

type Fields = Readonly<Record<string, unknown>>;
interface Request {
  readonly session: Session;
  readonly body: Fields;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly response: ServerResponse;
}
/** Returns what is answered as JSON, or undefined when it answers by itself. */
type Route = (request: Request) => Promise<object | undefined>;

const verb = (name: string): Route => {
  return async ({ session, body }) => VERBS[name]?.(session, body);
};
const unsupported = (name: string): Route => {
  return async () => notYet(name);
};
/** A call on one Counter or List: its name stands in the path, and wins over one in the body. */
const data = (name: string, requestOf: (request: Request, key: string) => Fields): Route => {
  return async (request) => DATA_VERBS[name]?.(request.session, requestOf(request, keyOf(request)));
};
const named = ({ body }: Request, name: string): Fields => ({ ...body, name });
const counterUpdate = ({ body }: Request, name: string): Fields => {
  return { counterUpdateRequest: { ...body, name } };
};
const listUpdate = ({ body, query }: Request, name: string): Fields => {
  const asked = query.get("update_mask") ?? query.get("updateMask");
  const mask = asked === null ? maskOfBody(body) : { paths: asked.split(",") };
  return { list: { ...body, name }, update_mask: mask };
};

/** `players` of `/v1beta1/lists/players:addValue`. */
function keyOf({ path }: Request): string {
  const last = path.slice(path.lastIndexOf("/") + 1).replace(VALUE_VERB, "");
  try {
    return decodeURIComponent(last);
  } catch {
    throw new FleetError("BAD_REQUEST", `${last} is not a name as URLs write it`);
  }
}
const VALUE_VERB = /:(addValue|removeValue)$/;

/** Path and method of every call, as Agones' gateway has them; `*` is one part of a path. */
// biome-ignore format: a table is read by its columns
const ROUTES: readonly (readonly [method: string, path: string, route: Route])[] = [
  ["POST",  "/ready",                     verb("Ready")],
  ["POST",  "/allocate",                  verb("Allocate")],
  ["POST",  "/shutdown",                  verb("Shutdown")],
  ["POST",  "/reserve",                   verb("Reserve")],
  ["POST",  "/health",                    async ({ session }) => { session.ping(); return {}; }],
  ["PUT",   "/metadata/label",            verb("SetLabel")],
  ["PUT",   "/metadata/annotation",       verb("SetAnnotation")],
  ["GET",   "/gameserver",                async ({ session }) => sdkGameServerOf(await session.gameServer())],
  ["GET",   "/watch/gameserver",          watch],
  ["GET",   "/v1beta1/counters/*",        data("GetCounter", named)],
  ["PATCH", "/v1beta1/counters/*",        data("UpdateCounter", counterUpdate)],
  ["GET",   "/v1beta1/lists/*",           data("GetList", named)],
  ["PATCH", "/v1beta1/lists/*",           data("UpdateList", listUpdate)],
  ["POST",  "/v1beta1/lists/*:addValue",  data("AddListValue", named)],
  ["POST",  "/v1beta1/lists/*:removeValue", data("RemoveListValue", named)],
  ["POST",  "/alpha/player/connect",      unsupported("PlayerConnect")],
  ["POST",  "/alpha/player/disconnect",   unsupported("PlayerDisconnect")],
  ["PUT",   "/alpha/player/capacity",     unsupported("SetPlayerCapacity")],
  ["GET",   "/alpha/player/capacity",     unsupported("GetPlayerCapacity")],
  ["GET",   "/alpha/player/count",        unsupported("GetPlayerCount")],
  ["GET",   "/alpha/player/connected",    unsupported("GetConnectedPlayers")],
  ["GET",   "/alpha/player/connected/*",  unsupported("IsPlayerConnected")],
];

/** Agones' SDK as JSON over HTTP, with its exact encoding. */
export function restHandler(find: FindSession, options: RestOptions): RequestListener {
  return (request, response) => {
    answer(find, options, request, response).catch((error) => refuse(response, error));
  };
}

async function answer(
  find: FindSession,
  { bodyBytesMax }: RestOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const source = (incoming.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const session = await find(source);
  const [path = "/", search] = (incoming.url ?? "/").split("?");
  const route = routeOf(incoming.method ?? "", path);
  const text = await bodyOf(incoming, bodyBytesMax);
  // Agones answers a health ping without a body so; its clients send `{}`.
  if (path === "/health" && text === "") return void response.writeHead(400).end();
  const found = await route({
    session,
    body: fieldsOf(text),
    path,
    query: new URLSearchParams(search),
    response,
  });
  if (found) send(response, 200, found);
}

function routeOf(method: string, path: string): Route {
  const pattern = path
    .replace(/^(\/v1beta1\/lists)\/[^/]+(:addValue|:removeValue)$/, "$1/*$2")
    .replace(/^(\/v1beta1\/(?:counters|lists)|\/alpha\/player\/connected)\/[^/:]+$/, "$1/*");
  const there = ROUTES.filter(([, at]) => at === pattern);
  if (there.length === 0) throw new FleetError("NOT_FOUND", "Not Found");
  const route = there.find(([wanted]) => wanted === method)?.[2];
  if (!route) throw new FleetError("UNSUPPORTED", "Method Not Allowed");
  return route;
}

async function bodyOf(incoming: IncomingMessage, bodyBytesMax: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > bodyBytesMax)
      throw new FleetError("TOO_LARGE", `a body has at most ${bodyBytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** Strings may be given as numbers nowhere, 64-bit numbers as either; unknown fields are ignored. */
function fieldsOf(text: string): Fields {
  if (text.trim() === "") return {};
  const value = parsed(text);
  if (!isObject(value)) throw new FleetError("BAD_REQUEST", "the body must be a JSON object");
  for (const key of ["key", "value"])
    if (value[key] != null && typeof value[key] !== "string")
      throw new FleetError("BAD_REQUEST", `${key} must be a string`);
  const { seconds } = value;
  if (seconds != null && !/^-?\d+$/.test(String(seconds)))
    throw new FleetError("BAD_REQUEST", "seconds must be a whole number");
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FleetError("BAD_REQUEST", `the body is not JSON: ${messageOf(error)}`);
  }
}

/** One line of JSON per change; only the newest waits for a slow reader. */
async function watch({ session, response }: Request): Promise<undefined> {
  let waiting: string | undefined;
  let isFull = false;
  const write = (line: string): void => {
    isFull = !response.write(line);
  };
  const begin = (): void => {
    if (!response.headersSent) response.writeHead(200, { "content-type": "application/json" });
  };
  response.on("drain", () => {
    isFull = false;
    if (waiting !== undefined) write(waiting);
    waiting = undefined;
  });
  const watching = session.watch({
    changed: (gameServer) => {
      begin();
      const line = `${JSON.stringify({ result: sdkGameServerOf(gameServer) })}\n`;
      if (isFull) waiting = line;
      else write(line);
    },
    ended: () => {
      begin();
      response.end();
    },
  });
  response.on("close", () => watching[Symbol.dispose]());
  return undefined;
}

/** grpc-gateway's table: how a gRPC code is told in HTTP. */
const HTTP_STATUS: Readonly<Record<number, number>> = {
  1: 499,
  3: 400,
  4: 504,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 400,
  10: 409,
  11: 400,
  12: 501,
  13: 500,
  14: 503,
  16: 401,
};

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const code = error instanceof FleetError ? ERRORS[error.code].grpc : ERRORS.INTERNAL.grpc;
  const isTooLarge = error instanceof FleetError && error.code === "TOO_LARGE";
  // What was not read of the request would be taken for the next one.
  if (!response.req.complete) response.setHeader("connection", "close");
  const status = isTooLarge ? ERRORS.TOO_LARGE.http : (HTTP_STATUS[code] ?? 500);
  send(response, status, { code, message: messageOf(error), details: [] });
}

function send(response: ServerResponse, status: number, value: object): void {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}
