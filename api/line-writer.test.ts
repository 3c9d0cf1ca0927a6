import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LineWriter } from "./line-writer.ts";

/** The end of an answer that takes everything and remembers the pieces. */
class Reader extends EventEmitter {
  readonly pieces: string[] = [];
  readonly destroyed = false;
  readonly writableLength = 0;
  readonly writableNeedDrain = false;

  write(piece: string): void {
    this.pieces.push(piece);
  }
  end(): void {
    this.emit("close");
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "setImmediate", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function open(): [LineWriter, string[]] {
  const reader = new Reader();
  const raw = reader as unknown as ServerResponse;
  return [new LineWriter(raw, { bufferBytesMax: 1_000_000 }), reader.pieces];
}

it("sends a few pieces at once after a pause, and few when there is much", () => {
  const [writer, pieces] = open();
  writer.write("a\n");
  writer.write("b\n");
  vi.advanceTimersByTime(0);
  expect(pieces).toEqual(["a\nb\n"]);
  for (let i = 0; i < 100; i++) {
    writer.write(`${i}\n`);
    vi.advanceTimersByTime(1);
  }
  // Seven more at once, then one in 5 ms.
  expect(pieces.length).toBeGreaterThanOrEqual(25);
  expect(pieces.length).toBeLessThanOrEqual(30);
  vi.advanceTimersByTime(5);
  expect(pieces.join("").split("\n")).toHaveLength(103);
  vi.advanceTimersByTime(100);
  const before = pieces.length;
  writer.write("f\n");
  vi.advanceTimersByTime(0);
  expect(pieces.slice(before)).toEqual(["f\n"]);
});

it("holds back no long piece, and nothing at its end", () => {
  const [writer, pieces] = open();
  writer.write("a\n");
  vi.advanceTimersByTime(0);
  const long = `${"x".repeat(64 * 1024)}\n`;
  writer.write(long);
  expect(pieces).toEqual(["a\n", long]);
  writer.write("b\n");
  writer.end();
  vi.advanceTimersByTime(100);
  expect(pieces).toEqual(["a\n", long, "b\n"]);
  expect(writer.closed.aborted).toBe(true);
});
