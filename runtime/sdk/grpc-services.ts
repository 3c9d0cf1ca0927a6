import {
  type handleUnaryCall,
  type Server,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type StatusObject,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { ERRORS, FleetError, messageOf } from "../../core/std/errors.ts";
import { ALPHA_METHODS, sdkServices } from "./protocol.ts";
import { DATA_VERBS } from "./sdk-data-verbs.ts";
import { type SdkGameServer, sdkGameServerOf } from "./sdk-message.ts";
import { notYet, VERBS } from "./sdk-verbs.ts";
import type { Session } from "./session.ts";

/** Finds who speaks by its address; rejects with UNAUTHENTICATED. */
export type FindSession = (source: string) => Promise<Session>;

type Fields = Readonly<Record<string, unknown>>;
type Answer = (session: Session, request: Fields) => Promise<object>;

/** The definitions are the same for every listener of this process. */
const SERVICES = sdkServices();

/** Serves Agones' stable, beta and alpha SDK; who speaks is found per call, by where its connection comes from. */
export function addSdkServices(server: Server, find: FindSession): void {
  const unary = (answer: Answer): handleUnaryCall<Fields, object> => {
    return (call, reply) => {
      answered(find, call, answer).then(
        (value) => reply(null, value),
        (error) => reply(statusOf(error)),
      );
    };
  };
  const stable: UntypedServiceImplementation = {
    GetGameServer: unary(async (session) => sdkGameServerOf(await session.gameServer())),
    Health: (call: ServerReadableStream<Fields, object>, reply: HealthReply) =>
      void health(find, call, reply),
    WatchGameServer: (call: ServerWritableStream<Fields, SdkGameServer>) => void watch(find, call),
  };
  for (const [name, answer] of Object.entries(VERBS)) stable[name] = unary(answer);
  server.addService(SERVICES.stable, stable);
  const beta = Object.entries(DATA_VERBS).map(([name, answer]) => [name, unary(answer)] as const);
  server.addService(SERVICES.beta, Object.fromEntries(beta));
  server.addService(SERVICES.alpha, unsupported(ALPHA_METHODS, unary));
}

function unsupported(
  names: readonly string[],
  unary: (answer: Answer) => handleUnaryCall<Fields, object>,
): UntypedServiceImplementation {
  return Object.fromEntries(names.map((name) => [name, unary(async () => notYet(name))]));
}

async function answered(
  find: FindSession,
  call: ServerUnaryCall<Fields, object>,
  answer: Answer,
): Promise<object> {
  const session = await find(sourceOfCall(call));
  return answer(session, call.request);
}

type HealthReply = (error: Partial<StatusObject> | null, value?: object) => void;

/** Each message is a ping; the stream stays open as long as the game wants. */
async function health(
  find: FindSession,
  call: ServerReadableStream<Fields, object>,
  reply: HealthReply,
): Promise<void> {
  try {
    call.on("error", () => undefined);
    const session = await find(sourceOfCall(call));
    const gone = session.onEnd(() => reply(null, {}));
    const stop = (): void => gone[Symbol.dispose]();
    call.on("cancelled", stop);
    call.on("close", stop);
    call.on("end", () => {
      stop();
      reply(null, {});
    });
    call.on("data", () => session.ping());
  } catch (error) {
    reply(statusOf(error));
  }
}

/** Only the newest object waits for a slow reader. */
async function watch(
  find: FindSession,
  call: ServerWritableStream<Fields, SdkGameServer>,
): Promise<void> {
  try {
    call.on("error", () => undefined);
    const session = await find(sourceOfCall(call));
    if (call.cancelled) return;
    let waiting: SdkGameServer | undefined;
    let isFull = false;
    const write = (message: SdkGameServer): void => {
      isFull = !call.write(message);
    };
    call.on("drain", () => {
      isFull = false;
      if (waiting) write(waiting);
      waiting = undefined;
    });
    const watching = session.watch({
      changed: (gameServer) => {
        const message = sdkGameServerOf(gameServer);
        if (isFull) waiting = message;
        else write(message);
      },
      ended: () => call.end(),
    });
    call.on("cancelled", () => watching[Symbol.dispose]());
    call.on("close", () => watching[Symbol.dispose]());
  } catch (error) {
    call.emit("error", statusOf(error));
  }
}

/** `10.87.0.5:43210` or `[::1]:43210` → the address. */
function sourceOfCall(call: { getPeer(): string }): string {
  const peer = call.getPeer();
  return peer
    .slice(0, peer.lastIndexOf(":"))
    .replace(/^\[|\]$/g, "")
    .replace(/^::ffff:/, "");
}

function statusOf(error: unknown): Partial<StatusObject> & { readonly code: number } {
  if (error instanceof FleetError) return { code: ERRORS[error.code].grpc, details: error.message };
  return { code: status.INTERNAL, details: messageOf(error) };
}
