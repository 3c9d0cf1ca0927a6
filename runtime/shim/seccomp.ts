import { FleetError } from "../../core/std/errors.ts";
import { ALLOWED_CALLS } from "./seccomp-calls.ts";

export type Architecture = "x64" | "arm64";

/** One instruction of classic BPF: struct sock_filter. */
export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

// biome-ignore format: a table is read by its columns
const CALLS = {
  //      struct seccomp_data.arch   clone        clone3        personality     socket       the newest that the table knows
  x64:   { arch: 0xc000003e, clone: 56,  clone3: 435, personality: 135, socket: 41,  newest: 462 },
  arm64: { arch: 0xc00000b7, clone: 220, clone3: 435, personality: 92,  socket: 198, newest: 462 },
} as const;

const KILL_PROCESS = 0x80000000;
const ALLOW = 0x7fff0000;
const deny = (error: number): number => 0x00050000 | error;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_AT_LEAST = 0x35;
const JUMP_BITS = 0x45;
const RETURN = 0x06;

const OFFSET = { call: 0, architecture: 4, firstArgument: 16 } as const;
const X32_CALLS = 0x40000000;
/** CLONE_NEW*: time, mount, cgroup, uts, ipc, user, pid, network. */
const NEW_NAMESPACES = 0x7e020080;
const PERSONALITY_QUERY = 0xffffffff;
/** unix, inet, inet6, and netlink, by which C libraries list interfaces. */
const SOCKET_FAMILIES = [1, 2, 10, 16];

const load = (k: number): Instruction => ({ code: LOAD_WORD, jt: 0, jf: 0, k });
const answer = (k: number): Instruction => ({ code: RETURN, jt: 0, jf: 0, k });
const jump = (code: number, k: number, jt: number, jf: number): Instruction => ({
  code,
  jt,
  jf,
  k,
});

/** `body` runs only for that call, and ends the program. */
const forCall = (call: number, body: readonly Instruction[]): Instruction[] => [
  jump(JUMP_EQUAL, call, 0, body.length),
  ...body,
];

/** Allowed when the first argument is one of `values`. */
function oneOf(values: readonly number[], otherwise: number): Instruction[] {
  const tests = values.map((value, i) => jump(JUMP_EQUAL, value, values.length - i, 0));
  return [load(OFFSET.firstArgument), ...tests, answer(otherwise), answer(ALLOW)];
}

function rangesOf(calls: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const call of [...calls].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && call <= last[1] + 1) last[1] = call;
    else ranges.push([call, call]);
  }
  return ranges;
}

/** The filter as instructions: an allow-list; what is unknown to it answers as an older kernel would. */
export function seccompProgram(architecture: Architecture): Instruction[] {
  const own = CALLS[architecture];
  const column = architecture === "x64" ? 0 : 1;
  const checked: readonly number[] = [own.clone, own.personality, own.socket];
  const plain = Object.values(ALLOWED_CALLS)
    .map((row) => row[column])
    .filter((call) => call !== null)
    .filter((call) => !checked.includes(call));
  return [
    load(OFFSET.architecture),
    jump(JUMP_EQUAL, own.arch, 1, 0),
    answer(KILL_PROCESS),
    load(OFFSET.call),
    jump(JUMP_AT_LEAST, X32_CALLS, 0, 1),
    answer(deny(ENOSYS)),
    // Its flags lie behind a pointer that a filter cannot read; without it, C libraries use clone.
    ...forCall(own.clone3, [answer(deny(ENOSYS))]),
    ...rangesOf(plain).flatMap(([first, last]) => [
      jump(JUMP_AT_LEAST, first, 0, 2),
      jump(JUMP_GREATER, last, 1, 0),
      answer(ALLOW),
    ]),
    ...forCall(own.clone, [
      load(OFFSET.firstArgument),
      jump(JUMP_BITS, NEW_NAMESPACES, 0, 1),
      answer(deny(EPERM)),
      answer(ALLOW),
    ]),
    ...forCall(own.personality, oneOf([0, PERSONALITY_QUERY], deny(EPERM))),
    ...forCall(own.socket, oneOf(SOCKET_FAMILIES, deny(EAFNOSUPPORT))),
    // A C library that tries a call newer than this table falls back on ENOSYS, not on EPERM.
    jump(JUMP_GREATER, own.newest, 0, 1),
    answer(deny(ENOSYS)),
    answer(deny(EPERM)),
  ];
}

/** The default filter of a container, as the shim hands it to the kernel. UNSUPPORTED on other processors. */
export function seccompFilter(architecture: string): Buffer {
  if (architecture !== "x64" && architecture !== "arm64")
    throw new FleetError("UNSUPPORTED", `no seccomp filter for processors of type ${architecture}`);
  const program = seccompProgram(architecture);
  const bytes = Buffer.alloc(program.length * 8);
  for (const [i, { code, jt, jf, k }] of program.entries()) {
    bytes.writeUInt16LE(code, i * 8);
    bytes.writeUInt8(jt, i * 8 + 2);
    bytes.writeUInt8(jf, i * 8 + 3);
    bytes.writeUInt32LE(k, i * 8 + 4);
  }
  return bytes;
}
