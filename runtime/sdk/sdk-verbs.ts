import type { SdkVerb } from "../../core/model/link.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { Session } from "./session.ts";

type Fields = Readonly<Record<string, unknown>>;
type Verb = (session: Session, request: Fields) => Promise<object>;

function calling(verbOf: (request: Fields) => SdkVerb): Verb {
  return async (session, request) => {
    await session.call(verbOf(request));
    return {};
  };
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** The calls that write, by their gRPC names; gRPC and REST share them. They answer after the commit. */
export const VERBS: Readonly<Record<string, Verb>> = {
  Ready: calling(() => ({ verb: "ready" })),
  Allocate: calling(() => ({ verb: "allocate" })),
  Shutdown: calling(() => ({ verb: "shutdown" })),
  Reserve: calling(({ seconds }) => ({ verb: "reserve", seconds: secondsOf(seconds) })),
  SetLabel: calling(({ key, value }) => ({ verb: "label", key: text(key), value: text(value) })),
  SetAnnotation: calling(({ key, value }) => {
    return { verb: "annotation", key: text(key), value: text(value) };
  }),
};

/** A reservation longer than this is refused: a century says "for ever", which is 0. */
const RESERVE_SECONDS_MAX = 3_153_600_000;

function secondsOf(value: unknown): number {
  const seconds = Number(value ?? 0);
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= RESERVE_SECONDS_MAX) return seconds;
  throw new FleetError("INVALID", `seconds must be 0 to ${RESERVE_SECONDS_MAX}, found ${value}`);
}

/** For calls of Agones' SDK that this door does not serve. */
export function notYet(name: string): never {
  throw new FleetError("UNSUPPORTED", `${name} is not supported yet`);
}
