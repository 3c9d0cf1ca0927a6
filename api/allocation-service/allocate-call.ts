import type { IncomingHttpHeaders } from "node:http2";
import type { Principal } from "../../access/tokens.ts";
import type { AllocationSpec, AllocationStatus } from "../../core/model/allocation.ts";
import { checkAllocatorRequest } from "../../core/model/check-allocation.ts";
import { WAIT_FORM, waitMsOf } from "../../core/model/wait-up-to.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import { type Allocate, CONTENTION, UNALLOCATED } from "../allocate.ts";
import { countersAndLists, WHY_HEADER, whyOf } from "../allocator-answer.ts";
import { TextCache } from "../text-cache.ts";
import { FieldCounter } from "./field-count.ts";
import type { GrpcStatus } from "./grpc.ts";
import { ALLOCATION, type Fields, type Method } from "./messages.ts";

export interface AllocateCallOptions {
  readonly allocate: Allocate;
  readonly method: Method;
  /** Distinct requests that are kept in checked form. */
  readonly checkedMax: number;
}
/** Who calls, and from where. */
export interface CallFrom {
  readonly principal: Principal;
  readonly from: string;
  /** Aborted when the client has gone before its answer. */
  readonly gone: () => AbortSignal;
}
/** A message that was read and checked once; matchmakers send the same few again and again. */
interface Checked {
  readonly namespace: string;
  readonly spec: AllocationSpec;
}
const FIELDS = new FieldCounter(ALLOCATION, "AllocationRequest");
/** More than a request of any sense has, and decoded in some milliseconds. */
const FIELDS_MAX = 10_000;
const RESOURCE_EXHAUSTED = 8;
const ABORTED = 10;

/** `allocation.AllocationService/Allocate`: from the bytes of a request to those of an answer, or to a status. */
export class AllocateCall {
  readonly #options: AllocateCallOptions;
  readonly #cache: TextCache<Checked>;

  constructor(options: AllocateCallOptions) {
    this.#options = options;
    this.#cache = new TextCache({ entriesMax: options.checkedMax });
  }

  async answer(
    message: Buffer,
    headers: IncomingHttpHeaders,
    { principal, from, gone }: CallFrom,
  ): Promise<Uint8Array | GrpcStatus> {
    const { namespace, spec: asked } = this.#checkedOf(message);
    const { key, waitUpToMs } = metadataOf(headers);
    const spec = waitUpToMs === undefined ? asked : { ...asked, waitUpToMs };
    // Clients write the entries of a map in any order: the same request twice need not be the same bytes.
    const content = key === undefined ? "" : `${namespace} ${canonical(spec)}`;
    const { allocate } = this.#options;
    const status = await allocate({ namespace, spec, principal, key, content, from, gone });
    return status.state === "Allocated"
      ? this.#options.method.responseSerialize(answerOf(status))
      : refusalOf(status);
  }

  #checkedOf(message: Buffer): Checked {
    const text = message.toString("latin1");
    const known = this.#cache.get(text);
    if (known) return known;
    const checked = checkAllocatorRequest(this.#read(message));
    this.#cache.set(text, checked);
    return checked;
  }

  #read(message: Buffer): Fields {
    const count = FIELDS.count(message, FIELDS_MAX);
    if (count === undefined)
      throw new FleetError("BAD_REQUEST", "the message is no AllocationRequest");
    if (count > FIELDS_MAX)
      throw new FleetError("TOO_LARGE", `the message has more than ${FIELDS_MAX} fields`);
    if (message.includes("__proto__"))
      throw new FleetError("BAD_REQUEST", "the message names __proto__, which no field is called");
    try {
      return this.#options.method.requestDeserialize(message);
    } catch (error) {
      const because = messageOf(error);
      throw new FleetError("BAD_REQUEST", `the message is no AllocationRequest: ${because}`);
    }
  }
}

/** What a call says beside its message. */
function metadataOf(headers: IncomingHttpHeaders): {
  readonly key: string | string[] | undefined;
  readonly waitUpToMs: number | undefined;
} {
  const { "idempotency-key": key, "wait-up-to": wait } = headers;
  const waitUpToMs = waitMsOf(wait);
  if (wait !== undefined && waitUpToMs === undefined)
    throw new FleetError("BAD_REQUEST", `wait-up-to must be ${WAIT_FORM}, found ${wait}`);
  return { key, waitUpToMs };
}

function answerOf(status: AllocationStatus): Fields {
  const { gameServerName, ports, address, addresses, nodeName, source, metadata } = status;
  const data = countersAndLists(status, (value) => ({ value }));
  return {
    ...{ gameServerName, ports, address, addresses, nodeName, source, ...data },
    ...(metadata ? { metadata } : {}),
  };
}

/** The codes and texts are Agones': its clients know them. */
function refusalOf(status: AllocationStatus): GrpcStatus {
  const why = whyOf(status);
  const metadata = why === undefined ? {} : { [WHY_HEADER]: why };
  return status.state === "Contention"
    ? { code: ABORTED, message: CONTENTION, metadata }
    : { code: RESOURCE_EXHAUSTED, message: UNALLOCATED, metadata };
}

/** JSON with the members of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isObject(member) ? Object.fromEntries(Object.entries(member).sort(byName)) : member,
  );
}
const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);
