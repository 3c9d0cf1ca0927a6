import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { makeShim } from "./build.ts";
import { decodeMessage, encodeMessage, FrameReader } from "./message.ts";
import { OP } from "./protocol.ts";

const OUT = join(import.meta.dirname, "../../.build/shim");
beforeAll(async () => {
  await makeShim(OUT, "fuzz");
});

/** What the shim's own reader and writer, under the sanitizers, make of these frames. */
function echo(frames: readonly Buffer[]): ReturnType<typeof decodeMessage>[] {
  const { stdout, stderr, status } = spawnSync(join(OUT, "message-echo"), {
    input: Buffer.concat(frames),
    maxBuffer: 1 << 28,
  });
  expect([stderr.toString(), status]).toEqual(["", 0]);
  return new FrameReader().push(stdout);
}

const anyField = fc.tuple(fc.nat(0xffff), fc.uint8Array({ maxLength: 200 }));
const anyFrame = fc
  .record({
    op: fc.nat(0xffff),
    id: fc.nat(0xffffffff),
    fields: fc.array(anyField, { maxLength: 30 }),
  })
  .map(({ op, id, fields }) => encodeMessage(op, id, fields));
const framed = (bytes: Uint8Array): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
};

describe("the message format in C and in TypeScript", () => {
  it("is the same: what one writes, the other reads and writes again", () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 60 }), (frames) => {
        expect(echo(frames)).toEqual(frames.map((frame) => decodeMessage(frame.subarray(4))));
      }),
      { numRuns: 20 },
    );
  });

  it("has the same broken frames: both refuse them or both read the same", () => {
    const anyChange = fc.tuple(fc.nat(1000), fc.nat(255));
    const broken = fc
      .tuple(anyFrame, fc.array(anyChange, { minLength: 1, maxLength: 4 }))
      .map(([frame, changes]) => {
        const bytes = Buffer.from(frame.subarray(4));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.array(broken, { minLength: 1, maxLength: 60 }), (bodies) => {
        const expected = bodies.map((body) => {
          try {
            return decodeMessage(body);
          } catch {
            return "refused";
          }
        });
        const found = echo(bodies.map(framed)).map((message, i) =>
          message.op === OP.ERROR && expected[i] === "refused" ? "refused" : message,
        );
        expect(found).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it("is read without a fault from two hundred thousand broken frames", () => {
    const { stdout, stderr, status } = spawnSync(
      join(OUT, "message-fuzz"),
      ["20261122", "200000"],
      { encoding: "utf8" },
    );
    expect([stderr, status]).toEqual(["", 0]);
    const read = Number(/^(\d+) of 200000/.exec(stdout)?.[1]);
    expect(read).toBeGreaterThan(10_000);
    expect(read).toBeLessThan(190_000);
  });
});
