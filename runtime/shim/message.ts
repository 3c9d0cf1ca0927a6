import { FleetError } from "../../core/std/errors.ts";
import {
  FIELD_HEADER_BYTES,
  MESSAGE_BYTES_MAX,
  MESSAGE_FIELDS_MAX,
  MESSAGE_HEADER_BYTES,
  PROTOCOL_VERSION,
} from "./protocol.ts";

/** What a field may be made of: a number, a text, bytes, or a record of fields. */
export type FieldValue = number | bigint | string | Uint8Array | readonly FieldIn[];
export type FieldIn = readonly [tag: number, value: FieldValue];

export interface Field {
  readonly tag: number;
  readonly data: Buffer;
}

export interface Message {
  readonly op: number;
  readonly id: number;
  readonly fields: readonly Field[];
}

const U64_MAX = 0xffff_ffff_ffff_ffffn;

function numberBytes(value: number | bigint): Buffer {
  const isWhole = typeof value === "bigint" || Number.isSafeInteger(value);
  if (!isWhole || value < 0 || value > U64_MAX)
    throw new FleetError("INVALID", `${value} is not a number that the shim takes`);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function valueBytes(value: FieldValue): Uint8Array {
  if (typeof value === "string") return Buffer.from(value, "utf8");
  if (typeof value === "number" || typeof value === "bigint") return numberBytes(value);
  return value instanceof Uint8Array ? value : encodeFields(value);
}

function encodeFields(fields: readonly FieldIn[]): Buffer {
  if (fields.length > MESSAGE_FIELDS_MAX)
    throw new FleetError("TOO_LARGE", `${fields.length} fields, ${MESSAGE_FIELDS_MAX} at most`);
  const parts = fields.flatMap(([tag, value]) => {
    const data = valueBytes(value);
    const header = Buffer.alloc(FIELD_HEADER_BYTES);
    header.writeUInt16LE(tag, 0);
    header.writeUInt32LE(data.length, 2);
    return [header, data];
  });
  return Buffer.concat(parts);
}

/** A whole frame, its leading length included. TOO_LARGE when it does not fit. */
export function encodeMessage(op: number, id: number, fields: readonly FieldIn[]): Buffer {
  const body = encodeFields(fields);
  const length = MESSAGE_HEADER_BYTES + body.length;
  if (length > MESSAGE_BYTES_MAX)
    throw new FleetError("TOO_LARGE", `a message of ${length} bytes, ${MESSAGE_BYTES_MAX} at most`);
  const header = Buffer.alloc(4 + MESSAGE_HEADER_BYTES);
  header.writeUInt32LE(length, 0);
  header.writeUInt16LE(PROTOCOL_VERSION, 4);
  header.writeUInt16LE(op, 6);
  header.writeUInt32LE(id, 8);
  return Buffer.concat([header, body]);
}

/** The fields in `bytes`; BAD_REQUEST when they are not a list of fields. */
export function decodeFields(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  while (at < bytes.length) {
    const start = at + FIELD_HEADER_BYTES;
    const isWhole = start <= bytes.length && fields.length < MESSAGE_FIELDS_MAX;
    const end = isWhole ? start + bytes.readUInt32LE(at + 2) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) throw new FleetError("BAD_REQUEST", "the frame's fields are broken");
    fields.push({ tag: bytes.readUInt16LE(at), data: bytes.subarray(start, end) });
    at = end;
  }
  return fields;
}

/** One frame without its leading length. */
export function decodeMessage(bytes: Buffer): Message {
  const fits = bytes.length >= MESSAGE_HEADER_BYTES && bytes.length <= MESSAGE_BYTES_MAX;
  if (!fits || bytes.readUInt16LE(0) !== PROTOCOL_VERSION)
    throw new FleetError("BAD_REQUEST", "the frame's header is broken");
  return {
    op: bytes.readUInt16LE(2),
    id: bytes.readUInt32LE(4),
    fields: decodeFields(bytes.subarray(MESSAGE_HEADER_BYTES)),
  };
}

/** Cuts a stream of bytes into frames; keeps what is not whole yet, never more than one frame of it. */
export class FrameReader {
  #kept: Buffer = Buffer.alloc(0);

  /** The frames that are whole now. BAD_REQUEST ends the connection: what follows cannot be read. */
  push(chunk: Buffer): Message[] {
    let bytes = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk]);
    const messages: Message[] = [];
    while (bytes.length >= 4) {
      const length = bytes.readUInt32LE(0);
      if (length < MESSAGE_HEADER_BYTES || length > MESSAGE_BYTES_MAX)
        throw new FleetError("BAD_REQUEST", `a frame of ${length} bytes`);
      if (bytes.length < 4 + length) break;
      messages.push(decodeMessage(bytes.subarray(4, 4 + length)));
      bytes = bytes.subarray(4 + length);
    }
    this.#kept = bytes;
    return messages;
  }
}

const first = (fields: readonly Field[], tag: number): Field | undefined =>
  fields.find((field) => field.tag === tag);

/** The first number of that tag; undefined when there is none. Numbers above 2^53 are not used by the protocol. */
export function numberOf(fields: readonly Field[], tag: number): number | undefined {
  const data = first(fields, tag)?.data;
  if (data === undefined) return undefined;
  if (data.length === 8) return Number(data.readBigUInt64LE());
  if (data.length === 1 || data.length === 2 || data.length === 4)
    return data.readUIntLE(0, data.length);
  throw new FleetError("BAD_REQUEST", `field ${tag} is not a number`);
}

export function textOf(fields: readonly Field[], tag: number): string | undefined {
  return first(fields, tag)?.data.toString("utf8");
}

export function textsOf(fields: readonly Field[], tag: number): string[] {
  return fields.filter((field) => field.tag === tag).map(({ data }) => data.toString("utf8"));
}

/** The records of that tag, each as its own list of fields. */
export function recordsOf(fields: readonly Field[], tag: number): Field[][] {
  return fields.filter((field) => field.tag === tag).map(({ data }) => decodeFields(data));
}
