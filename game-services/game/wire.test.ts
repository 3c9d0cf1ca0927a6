import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeToClient,
  decodeToServer,
  encodeToClient,
  encodeToServer,
  PAYLOAD_MAX,
  POSITIONS_MAX,
  type ToClient,
  type ToServer,
} from "./wire.ts";

const token = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString("hex"));
const sequence = fc.nat(0xffffffff);
const float = fc.float({ noNaN: true, noDefaultInfinity: true });
const payload = fc.uint8Array({ maxLength: PAYLOAD_MAX }).map((bytes) => Buffer.from(bytes));
const toServer: fc.Arbitrary<ToServer> = fc.oneof(
  fc.record({ type: fc.constant("move" as const), token, sequence, x: float, y: float }),
  fc.record({ type: fc.constant("echo" as const), token, sequence, payload }),
);
const position = fc.record({ player: fc.nat(0xffff), x: float, y: float });
const toClient: fc.Arbitrary<ToClient> = fc.oneof(
  fc.record({
    type: fc.constant("positions" as const),
    sequence,
    positions: fc.array(position, { maxLength: POSITIONS_MAX }),
  }),
  fc.record({ type: fc.constant("echoed" as const), sequence, payload }),
);

describe("the UDP packets", () => {
  it("say to the server what was put into them", () => {
    fc.assert(
      fc.property(toServer, (packet) => {
        expect(decodeToServer(encodeToServer(packet))).toEqual(packet);
      }),
    );
  });

  it("say to the client what was put into them", () => {
    fc.assert(
      fc.property(toClient, (packet) => {
        expect(decodeToClient(encodeToClient(packet))).toEqual(packet);
      }),
    );
  });

  it("fit into a datagram that no network splits", () => {
    const positions = Array.from({ length: POSITIONS_MAX }, () => ({ player: 1, x: 0, y: 0 }));
    expect(encodeToClient({ type: "positions", sequence: 1, positions }).length).toBeLessThan(1200);
  });

  it("are refused when they are garbage, cut short, too long or of another version", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500 }), (bytes) => {
        const garbage = Buffer.from(bytes);
        garbage[0] = 0;
        expect(decodeToServer(garbage)).toBeUndefined();
        expect(decodeToClient(garbage)).toBeUndefined();
      }),
    );
    const move = encodeToServer({
      type: "move",
      token: "00".repeat(16),
      sequence: 1,
      x: 1,
      y: 2,
    });
    const nan = Buffer.from(move);
    nan.writeFloatBE(Number.NaN, 24);
    const newer = Buffer.from(move);
    newer[2] = 2;
    const cut = Array.from(move.keys(), (length) => move.subarray(0, length));
    const wrong = [...cut, Buffer.concat([move, Buffer.alloc(1)]), nan, newer];
    expect(wrong.filter((bytes) => decodeToServer(bytes) !== undefined)).toEqual([]);
  });
});
