import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFleetError } from "../../core/std/errors.ts";
import { type Architecture, seccompFilter } from "./seccomp.ts";
import { ALLOWED_CALLS } from "./seccomp-calls.ts";

const ARCH = { x64: 0xc000003e, arm64: 0xc00000b7, i386: 0x40000003 };

/** What the kernel does with the bytes, for the instructions that seccomp allows and we use. */
function run(filter: Buffer, arch: number, call: number, argument = 0): string {
  const data = new Map([
    [0, call],
    [4, arch],
    [16, argument],
  ]);
  let word = 0;
  for (let at = 0; at < filter.length / 8; at++) {
    const code = filter.readUInt16LE(at * 8);
    const k = filter.readUInt32LE(at * 8 + 4);
    if (code === 0x06)
      return k === 0x7fff0000 ? "allow" : k === 0x80000000 ? "kill" : `${k & 0xffff}`;
    if (code === 0x20) {
      const loaded = data.get(k);
      if (loaded === undefined) throw new Error(`loads offset ${k}`);
      word = loaded >>> 0;
      continue;
    }
    const tests: Record<number, boolean> = {
      21: word === k,
      37: word > k,
      53: word >= k,
      69: (word & k) !== 0,
    };
    const holds = tests[code];
    if (holds === undefined) throw new Error(`code ${code}`);
    at += filter.readUInt8(at * 8 + (holds ? 2 : 3));
  }
  throw new Error("ran off the end");
}

const EPERM = "1";
const ENOSYS = "38";
const filters = { x64: seccompFilter("x64"), arm64: seccompFilter("arm64") };
const column = { x64: 0, arm64: 1 } as const;

describe.each(["x64", "arm64"] as const)(
  "the default seccomp filter on %s",
  (name: Architecture) => {
    const on = (call: number, argument = 0): string =>
      run(filters[name], ARCH[name], call, argument);
    const allowed = Object.entries(ALLOWED_CALLS).flatMap(([key, row]) => {
      const call = row[column[name]];
      return call === null ? [] : [[key, call] as const];
    });

    it("allows every call of the table", () => {
      const argument = (key: string): number => (key === "socket" ? 2 : 0);
      const refused = allowed.filter(([key, call]) => on(call, argument(key)) !== "allow");
      expect(refused).toEqual([]);
      expect(allowed.length).toBeGreaterThan(200);
    });

    it("refuses every other call, whatever its argument", () => {
      const calls = new Set(allowed.map(([, call]) => call));
      fc.assert(
        fc.property(fc.nat(600), fc.nat(0xffffffff), (call, argument) => {
          if (!calls.has(call)) expect([EPERM, ENOSYS]).toContain(on(call, argument));
        }),
      );
    });

    it("kills what runs as another architecture", () => {
      expect(run(filters[name], ARCH.i386, 4)).toBe("kill");
    });
  },
);

describe("the default seccomp filter's arguments", () => {
  const on = (call: number, argument = 0): string => run(filters.x64, ARCH.x64, call, argument);
  it.each([
    ["mount is refused", 165, 0, EPERM],
    ["ptrace is refused", 101, 0, EPERM],
    ["unshare is refused", 272, 0, EPERM],
    ["bpf is refused", 321, 0, EPERM],
    ["clone3 does not exist, so that clone is used", 435, 0, ENOSYS],
    ["a call newer than the table does not exist", 500, 0, ENOSYS],
    ["an x32 call does not exist", 0x40000000 | 1, 0, ENOSYS],
    ["a thread may be made", 56, 0x003d0f00, "allow"],
    ["a process may be made", 56, 17, "allow"],
    ["a user namespace may not be made", 56, 0x10000000 | 17, EPERM],
    ["a network namespace may not be made", 56, 0x40000000, EPERM],
    ["the personality may be asked for", 135, 0xffffffff, "allow"],
    ["address randomisation may not be turned off", 135, 0x0040000, EPERM],
    ["an internet socket may be made", 41, 2, "allow"],
    ["a packet socket may not be made", 41, 17, "97"],
    ["a vsock may not be made", 41, 40, "97"],
  ])("%s", (_, call, argument, expected) => {
    expect(on(call, argument)).toBe(expected);
  });

  it("does not exist for other processors", () => {
    expect(() => seccompFilter("mips")).toThrowError(
      expect.toSatisfy((e) => isFleetError(e, "UNSUPPORTED")),
    );
  });
});
