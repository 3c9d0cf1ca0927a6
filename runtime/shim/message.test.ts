import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFleetError } from "../../core/std/errors.ts";
import {
  decodeFields,
  decodeMessage,
  encodeMessage,
  type FieldIn,
  FrameReader,
  numberOf,
  recordsOf,
  textOf,
  textsOf,
} from "./message.ts";
import { MESSAGE_BYTES_MAX, MESSAGE_FIELDS_MAX } from "./protocol.ts";

const anyFields = fc.array(
  fc.tuple(fc.nat(0xffff), fc.uint8Array({ maxLength: 300 })) satisfies fc.Arbitrary<FieldIn>,
  { maxLength: 40 },
);
const anyMessage = fc.record({ op: fc.nat(0xffff), id: fc.nat(0xffffffff), fields: anyFields });

describe("the message format", () => {
  it("reads what it wrote, whatever the pieces it arrives in", () => {
    fc.assert(
      fc.property(
        fc.array(anyMessage, { maxLength: 5 }),
        fc.integer({ min: 1, max: 999 }),
        (messages, size) => {
          const bytes = Buffer.concat(messages.map((m) => encodeMessage(m.op, m.id, m.fields)));
          const reader = new FrameReader();
          const read = [];
          for (let at = 0; at < bytes.length; at += size)
            read.push(...reader.push(bytes.subarray(at, at + size)));
          const wanted = messages.map((m) => ({
            ...m,
            fields: m.fields.map(([tag, data]) => ({ tag, data: Buffer.from(data) })),
          }));
          expect(read).toEqual(wanted);
        },
      ),
    );
  });

  it("either reads any bytes as a message or refuses them as BAD_REQUEST", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeMessage(Buffer.from(bytes));
        } catch (error) {
          expect(isFleetError(error, "BAD_REQUEST")).toBe(true);
        }
      }),
    );
  });

  it("keeps numbers, texts, lists and records", () => {
    const frame = encodeMessage(1, 2, [
      [10, 2n ** 53n - 1n],
      [11, "Grüße"],
      [11, "twice"],
      [
        12,
        [
          [10, 7],
          [11, "inside"],
        ],
      ],
    ]);
    const { fields } = decodeMessage(frame.subarray(4));
    expect(numberOf(fields, 10)).toBe(2 ** 53 - 1);
    expect(textOf(fields, 11)).toBe("Grüße");
    expect(textsOf(fields, 11)).toEqual(["Grüße", "twice"]);
    expect(recordsOf(fields, 12).map((record) => numberOf(record, 10))).toEqual([7]);
    expect(numberOf(fields, 99)).toBeUndefined();
    expect(() => numberOf(fields, 11)).toThrow("field 11 is not a number");
  });

  it.each([
    [
      "too many bytes",
      () => encodeMessage(1, 1, [[1, Buffer.alloc(MESSAGE_BYTES_MAX)]]),
      "TOO_LARGE",
    ],
    [
      "too many fields",
      () => encodeMessage(1, 1, Array(MESSAGE_FIELDS_MAX + 1).fill([1, ""])),
      "TOO_LARGE",
    ],
    ["a negative number", () => encodeMessage(1, 1, [[1, -1]]), "INVALID"],
    ["half a number", () => encodeMessage(1, 1, [[1, 0.5]]), "INVALID"],
    [
      "a frame that is too long",
      () => new FrameReader().push(Buffer.alloc(4, 0xff)),
      "BAD_REQUEST",
    ],
    ["a field that is cut", () => decodeFields(Buffer.from([1, 0, 9, 0, 0, 0, 1])), "BAD_REQUEST"],
  ] as const)("refuses %s", (_, act, code) => {
    expect(act).toThrowError(expect.toSatisfy((error) => isFleetError(error, code)));
  });
});
