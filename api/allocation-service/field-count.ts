import type { ProtoMessages } from "../../core/std/proto-tables.ts";

/** How a field travels, and which message it is, if one. */
interface Field {
  readonly wire: number;
  readonly message?: string;
}
/** By the name of a message and the number of a field. */
type Fields = ReadonlyMap<string, ReadonlyMap<number, Field>>;

const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;
const FIXED_32 = 5;
const TAG_MAX = 0xffff_ffff;
const NUMBERS = new Set(["bool", "int32", "int64", "uint64"]);

/**
 * Counts the fields of messages, of those inside them too, without decoding them: that makes an object of every two bytes.
 * Wire format: protobuf.dev, "Encoding".
 */
export class FieldCounter {
  readonly #fields: Fields;
  readonly #root: string;

  constructor(messages: ProtoMessages, root: string) {
    this.#fields = fieldsOf(messages);
    this.#root = root;
  }

  /**
   * At most `max` + 1. Undefined for what is no message, or has a field of another kind than declared: the decoder goes by
   * the number alone, so it would find other fields there than are counted.
   */
  count(message: Uint8Array, max: number): number | undefined {
    let count = 0;
    const isRead = (type: string, start: number, end: number): boolean => {
      const declared = this.#fields.get(type);
      const reader = new WireReader(message, start, end);
      while (count <= max && reader.next()) {
        count += 1;
        const field = declared?.get(reader.field);
        if (field && field.wire !== reader.wire) return false;
        if (field?.message && !isRead(field.message, reader.valueStart, reader.at)) return false;
      }
      return count > max || reader.at === end;
    };
    return isRead(this.#root, 0, message.length) ? count : undefined;
  }
}

function fieldsOf(messages: ProtoMessages): Fields {
  const all = new Map<string, ReadonlyMap<number, Field>>();
  for (const [name, texts] of Object.entries(messages)) {
    const fields = new Map<number, Field>();
    for (const text of Object.values(texts)) {
      const [number, rule] = text.split(" ");
      const type = text.slice(text.lastIndexOf(" ") + 1);
      const entry = rule === "map" ? `map ${type}` : undefined;
      // An entry of a map is a message of its own: the key is its field 1, the value field 2.
      if (entry) all.set(entry, new Map([ENTRY_KEY, [2, fieldOf(type, messages)]]));
      fields.set(
        Number(number),
        entry ? { wire: DELIMITED, message: entry } : fieldOf(type, messages),
      );
    }
    all.set(name, fields);
  }
  return all;
}
const ENTRY_KEY: readonly [number, Field] = [1, { wire: DELIMITED }];

function fieldOf(type: string, messages: ProtoMessages): Field {
  if (type in messages) return { wire: DELIMITED, message: type };
  return { wire: NUMBERS.has(type) ? VARINT : DELIMITED };
}

/** Steps from field to field of a part of the bytes. */
class WireReader {
  field = 0;
  wire = 0;
  valueStart: number;
  /** Behind the field that was read: the end when all were, never there when something is no field. */
  at: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.valueStart = start;
    this.at = start;
    this.#end = end;
  }

  next(): boolean {
    if (this.at >= this.#end) return false;
    const tag = this.#varint();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    // A decoder takes only the low 32 bits: that would be another field.
    const length = tag > TAG_MAX ? Number.POSITIVE_INFINITY : this.#length();
    this.valueStart = this.at;
    this.at += length;
    return this.at <= this.#end;
  }

  /** Of the value, from where it begins; a number is read on the way. */
  #length(): number {
    switch (this.wire) {
      case VARINT:
        return this.#varint() === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : 0;
      case FIXED_64:
        return 8;
      case FIXED_32:
        return 4;
      case DELIMITED:
        return this.#varint();
      default:
        // Groups are of another age; who skips one may find more behind it.
        return Number.POSITIVE_INFINITY;
    }
  }

  #varint(): number {
    let value = 0;
    for (let factor = 1; this.at < this.#end; factor *= 128) {
      const byte = this.#bytes[this.at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    return Number.POSITIVE_INFINITY;
  }
}
