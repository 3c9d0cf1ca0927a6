import { type IncomingMessage, STATUS_CODES } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FastifyInstance } from "fastify";
import { redactArgv } from "../access/audit/redact.ts";
import type { BrowserGuard } from "../access/browser.ts";
import { type Access, demandAccess, demandNode } from "../access/scopes.ts";
import type { Principal } from "../access/tokens.ts";
import { KINDS } from "../core/model/kinds.ts";
import { FleetError, messageOf } from "../core/std/errors.ts";
import type { Logger } from "../core/std/logger.ts";
import type { Metrics } from "../monitor/metrics.ts";
import { EXEC_PROTOCOL } from "../runtime/link/exec-frame.ts";
import { TUNNEL_PROTOCOL } from "../runtime/link/link-http.ts";
import { type AuditOptions, auditUpgrade, whoOf } from "./audit-hook.ts";
import { type ExecRequest, execRequestOf } from "./exec-upgrade.ts";
import type { HeldRequests } from "./held-requests.ts";
import { demandPlace, type IdentifyOptions, identify } from "./identify.ts";
import { assertNodeName } from "./link-routes.ts";
import { expected, statusOf } from "./status.ts";
import type { Tunnels } from "./tunnels.ts";

export interface UpgradesOptions extends IdentifyOptions, AuditOptions {
  readonly held: HeldRequests;
  readonly guard: BrowserGuard;
  readonly tunnels: Tunnels;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Requests that take over their connection: an agent's tunnel, and a person's command in a container. */
export function upgrades(app: FastifyInstance, options: UpgradesOptions): void {
  const open = new Set<Duplex>();
  let isClosing = false;
  app.server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (isClosing) {
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    if (head.length > 0) socket.unshift(head);
    void answer(message, socket, options).catch((error: unknown) => {
      const { code } = expected(error);
      if (code === "INTERNAL")
        options.logger.error({ because: messageOf(error) }, "an upgraded request failed");
      options.metrics.refused(code);
      refuse(socket, error);
    });
  });
  app.addHook("preClose", async () => {
    // An agent dials again at once, and until the server has closed it would be let in; nothing would end it then.
    isClosing = true;
    for (const socket of open) socket.destroy();
  });
}

async function answer(
  message: IncomingMessage,
  socket: Duplex,
  options: UpgradesOptions,
): Promise<void> {
  const { host, origin, upgrade } = message.headers;
  options.guard.check(host, origin);
  const principal = identify(message.headers, true, options);
  const demand = (access: Access): void => demandAccess(access, principal);
  const url = urlOf(message);
  const [, node] = /^\/link\/v1\/nodes\/([^/]+)\/tunnel$/.exec(url.pathname) ?? [];
  if (node !== undefined && upgrade === TUNNEL_PROTOCOL && message.method === "GET") {
    demand("link");
    assertNodeName(node);
    demandNode(node, principal);
    accept(socket, TUNNEL_PROTOCOL);
    await options.tunnels.add(node, socket);
    return;
  }
  const request = upgrade === EXEC_PROTOCOL ? execRequestOf(url) : undefined;
  const isExec = request !== undefined && message.method === "POST";
  const told = isExec ? execEntry(principal, socket, request) : undefined;
  try {
    demand("enter");
    if (!isExec)
      throw new FleetError("NOT_FOUND", "nothing here takes over a connection in this way");
    demandPlace(principal, request.namespace, false);
    const begun = async (): Promise<void> => {
      if (told) await auditUpgrade(told, undefined, options);
    };
    await exec(request, socket, options, principal, begun);
  } catch (error) {
    if (told) await auditUpgrade(told, error, options);
    throw error;
  }
}

/** Who runs what in which container. */
function execEntry(
  principal: Principal | undefined,
  socket: Duplex,
  { kind, namespace, name, argv }: ExecRequest,
) {
  const from = socket instanceof Socket ? (socket.remoteAddress ?? "") : "";
  const target = `${KINDS[kind].plural}/${namespace}/${name}`;
  const after = { command: redactArgv(argv).join(" ").slice(0, COMMAND_CHARS_MAX) };
  return { ...whoOf(principal), from, action: "exec", target, after };
}
const COMMAND_CHARS_MAX = 1_000;

async function exec(
  { kind, namespace, name, argv, tty }: ExecRequest,
  socket: Duplex,
  { tunnels, metrics, held }: UpgradesOptions,
  principal: Principal | undefined,
  begun: () => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  socket.once("close", () => stop.abort());
  if (principal?.kind === "user" || principal?.kind === "token")
    socket.once(
      "close",
      held.hold(principal, () => socket.destroy()),
    );
  const stream = await tunnels.open(
    kind,
    { namespace, name },
    (subject) => ({ verb: "exec", subject, argv, tty }),
    stop.signal,
  );
  // Before the first word goes in: what is not recorded does not run.
  await begun();
  using _counted = metrics.streamOpened("exec");
  accept(socket, EXEC_PROTOCOL);
  // Input ends by a frame of its own: who closes the connection, even half of it, has left.
  socket.once("end", () => socket.destroy());
  await Promise.all([pipeline(socket, stream), pipeline(stream, socket)]).catch(() => {
    socket.destroy();
  });
}

function urlOf(message: IncomingMessage): URL {
  const text = `http://localhost${message.url ?? "/"}`;
  if (!URL.canParse(text)) throw new FleetError("BAD_REQUEST", "the request's path cannot be read");
  return new URL(text);
}

function accept(socket: Duplex, protocol: string): void {
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`,
  );
}

function refuse(socket: Duplex, error: unknown): void {
  const status = statusOf(error);
  const body = JSON.stringify(status);
  if (socket.writable)
    socket.end(
      `HTTP/1.1 ${status.code} ${STATUS_CODES[status.code] ?? ""}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
}
