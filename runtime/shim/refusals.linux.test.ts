import { mkdir, symlink, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isFleetError } from "../../core/std/errors.ts";
import { encodeMessage, FrameReader, type Message, numberOf, textOf } from "./message.ts";
import { ERROR, OP, PROTOCOL_VERSION, TAG } from "./protocol.ts";
import { type CreateRequest, createFields, execFields } from "./requests.ts";
import { ShimLab } from "./shim-lab.ts";

const HELLO = encodeMessage(OP.HELLO, 1, [[TAG.VERSION, PROTOCOL_VERSION]]);

/** Sends bytes as they are; everything that comes back until the other side closes, or we have nothing more to say. */
function exchange(lab: ShimLab, bytes: Buffer): Promise<Message[]> {
  const socket = createConnection(lab.socket);
  const reader = new FrameReader();
  const messages: Message[] = [];
  socket.on("data", (chunk) => messages.push(...reader.push(chunk)));
  // Bytes that the shim did not read any more come back as a reset, behind its answer.
  socket.on("error", () => {});
  socket.end(bytes);
  return new Promise((resolve) => socket.once("close", () => resolve(messages)));
}

const headOf = (length: number, version: number, op: number, id: number): Buffer => {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(length, 0);
  bytes.writeUInt16LE(version, 4);
  bytes.writeUInt16LE(op, 6);
  bytes.writeUInt32LE(id, 8);
  return bytes;
};

let lab: ShimLab;
beforeAll(async () => {
  lab = await ShimLab.open("plain");
  await mkdir(join(lab.folder, "outside"));
  await symlink(join(lab.folder, "outside"), join(lab.folder, "volumes/link"));
  await symlink("../outside", join(lab.folder, "layers/link"));
  await symlink("/", join(lab.folder, "containers-link"));
  await writeFile(join(lab.layer, "text"), "no program\n", { mode: 0o755 });
  await writeFile(join(lab.layer, "plain"), "#!/bin/sh\n", { mode: 0o644 });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

describe("a message that cannot be read", () => {
  it.each([
    ["is not of this protocol", Buffer.from("GET / HTTP/1.1\r\nHost: shim\r\n\r\n")],
    ["is larger than a frame may be", headOf(300_000, 1, OP.HELLO, 7)],
    ["is shorter than a header", Buffer.from([4, 0, 0, 0, 1, 0, 10, 0])],
    ["has another version", headOf(8, 2, OP.HELLO, 7)],
    [
      "has a field that is longer than the frame",
      Buffer.concat([headOf(14, 1, OP.KILL, 7), Buffer.from([10, 0, 200, 0, 0, 0])]),
    ],
    [
      "ends in the middle of a field's header",
      Buffer.concat([headOf(11, 1, OP.KILL, 7), Buffer.from([10, 0, 1])]),
    ],
    [
      "has too many fields",
      Buffer.concat([headOf(8 + 1025 * 6, 1, OP.KILL, 7), Buffer.alloc(1025 * 6)]),
    ],
  ])("gets one error and the end of the connection when it %s", async (_, bytes) => {
    const messages = await exchange(lab, Buffer.concat([HELLO, bytes, HELLO]));
    expect(messages.map(({ op }) => op)).toEqual([OP.OK, OP.ERROR]);
    expect(numberOf(messages[1]?.fields ?? [], TAG.CODE)).toBe(ERROR.INVALID);
    expect(lab.leftovers()).toEqual([]);
    await lab.see("true");
  });

  it("changes nothing when it is cut short", async () => {
    const whole = encodeMessage(OP.CREATE, 2, createFields(lab.request({ argv: ["true"] })));
    for (const length of [1, 4, 11, 12, 100, whole.length - 1])
      expect((await exchange(lab, Buffer.concat([HELLO, whole.subarray(0, length)]))).length).toBe(
        1,
      );
    expect(lab.leftovers()).toEqual([]);
  });
});

describe("a request that says nothing that can be done", () => {
  it.each([
    ["an operation before hello", [encodeMessage(OP.KILL, 1, [[TAG.ID, "a"]])], "say hello first"],
    ["an unknown operation", [HELLO, encodeMessage(77, 2, [])], "operation"],
    [
      "another version in hello",
      [encodeMessage(OP.HELLO, 1, [[TAG.VERSION, 9]])],
      "the shim speaks version 1",
    ],
    [
      "no id",
      [HELLO, encodeMessage(OP.KILL, 2, [])],
      "the container's id is not 1 to 32 hexadecimal digits",
    ],
    [
      "an id that climbs",
      [HELLO, encodeMessage(OP.KILL, 2, [[TAG.ID, "../a"]])],
      "hexadecimal digits",
    ],
    [
      "an id with a NUL",
      [HELLO, encodeMessage(OP.KILL, 2, [[TAG.ID, "a\0b"]])],
      "hexadecimal digits",
    ],
    [
      "a signal that is not forwarded",
      [
        HELLO,
        encodeMessage(OP.SIGNAL, 2, [
          [TAG.ID, "a"],
          [TAG.SIGNAL, 9],
        ]),
      ],
      "TERM, INT, HUP",
    ],
  ] as const)("is refused in words: %s", async (_, frames, words) => {
    const messages = await exchange(lab, Buffer.concat(frames));
    const last = messages.at(-1);
    expect(last?.op).toBe(OP.ERROR);
    expect(textOf(last?.fields ?? [], TAG.MESSAGE)).toContain(words);
  });
});

type Row = readonly [
  what: string,
  wish: (lab: ShimLab) => Partial<CreateRequest>,
  code: string,
  words: string,
];
const bind = (source: string, target = "/data") => ({
  binds: [{ source, target, readOnly: false }],
});

// biome-ignore format: a table is read by its columns
const ROWS: readonly Row[] = [
  ["a state folder outside", () => ({ stateFolder: "/root" }), "FORBIDDEN", "open folder /root"],
  ["a state folder through ..", (l) => ({ stateFolder: `${l.containers}/../outside/x` }), "INVALID", "not an absolute path"],
  ["a state folder that only begins like an allowed one", (l) => ({ stateFolder: `${l.containers}-link/x` }), "FORBIDDEN", "open folder"],
  ["a state folder whose parent is missing", (l) => ({ stateFolder: `${l.containers}/a/b` }), "INVALID", "No such file"],
  ["a layer that is missing", (l) => ({ layers: [`${l.folder}/layers/none`] }), "INVALID", "open layer"],
  ["a layer outside", () => ({ layers: ["/usr"] }), "FORBIDDEN", "open layer /usr"],
  ["a layer behind a link", (l) => ({ layers: [`${l.folder}/layers/link`] }), "INVALID", "Too many levels of symbolic links"],
  ["a layer that is a file", (l) => ({ layers: [`${l.layer}/text`] }), "INVALID", "Not a directory"],
  ["no layer", () => ({ layers: [] }), "INVALID", "the layers are not 1 to 64"],
  ["a limit with a value that the kernel refuses", () => ({ cgroupWrites: [{ controller: "pids", file: "pids.max", value: "x" }] }), "INTERNAL", "limit pids.max"],
  ["a limit that is none", () => ({ cgroupWrites: [{ controller: "memory", file: "memory.force_empty", value: "1" }] }), "FORBIDDEN", "not a limit"],
  ["a network without its address", () => ({ network: [[TAG.NET_BRIDGE, "eth0"]] }), "INVALID", ""],
  ["a writable layer without room", () => ({ upperBytes: 4096 }), "STORAGE_FULL", "No space left on device"],
  ["a bind of what is outside", () => bind("/etc"), "FORBIDDEN", "open /etc"],
  ["a bind of what is missing", (l) => bind(`${l.folder}/volumes/none`), "INVALID", "No such file"],
  ["a bind behind a link", (l) => bind(`${l.folder}/volumes/link/x`), "INVALID", "Too many levels"],
  ["a bind onto a path below a file", (l) => bind(`${l.folder}/volumes`, "/text/x"), "INVALID", "bind to /text/x"],
  ["a bind of a folder onto a file", (l) => bind(`${l.folder}/volumes`, "/text"), "INVALID", "bind to /text"],
  ["a target that climbs", (l) => bind(`${l.folder}/volumes`, "/a/../../b"), "INVALID", "not an absolute path"],
  ["a secret that is a folder", (l) => ({ secrets: [{ source: `${l.folder}/volumes`, target: "/s" }] }), "INVALID", "read secret"],
  ["a resource limit above the hard one", () => ({ rlimits: [{ resource: 7, soft: 2 ** 40, hard: 2 ** 40 }] }), "INTERNAL", "resource limit 7"],
  ["a working folder that is a file", () => ({ cwd: "/text" }), "INVALID", "give folder /text"],
  ["a hostname with a slash", () => ({ hostname: "a/b" }), "INVALID", "hostname"],
  ["a capability above the ceiling", () => ({ capabilities: 2 ** 21 }), "FORBIDDEN", "ceiling"],
  ["a user base among the host's users", () => ({ userBase: 0 }), "INVALID", "user base"],
  ["no seccomp filter", () => ({ seccomp: Buffer.alloc(0) }), "INVALID", "seccomp"],
  ["a seccomp filter that is no program", () => ({ seccomp: Buffer.alloc(16, 255) }), "INVALID", "install the seccomp filter"],
  ["a seccomp filter that forbids everything", () => ({ seccomp: Buffer.from("0600000001000500", "hex") }), "INTERNAL", "ended before its program ran"],
  ["no command", () => ({ argv: [] }), "INVALID", "the command is not"],
  ["a program that is not there", () => ({ argv: ["/usr/bin/nod"] }), "INVALID", "exec /usr/bin/nod: No such file or directory"],
  ["a program that is not on the path", () => ({ argv: ["nod"] }), "INVALID", "exec nod: No such file or directory"],
  ["a file that may not be executed", () => ({ argv: ["/plain"] }), "INVALID", "exec /plain: Permission denied"],
  ["a log without bounds", () => ({ logBytesMax: 1 }), "INVALID", "log's bounds"],
];

describe("a container that cannot be made", () => {
  it.each(ROWS)("leaves nothing behind and says why: %s", async (_, wish, code, words) => {
    const failure = lab.run("true", wish(lab)).catch((error: unknown) => error);
    expect(await failure).toSatisfy(
      (error) => isFleetError(error) && error.code === code,
      String(await failure),
    );
    expect(String(await failure)).toContain(words);
    expect(lab.leftovers()).toEqual([]);
  });

  it("does not touch the one that has its id, nor the one that has its folder", async () => {
    const { id } = await lab.run("echo up; sleep 1000");
    await lab.said(id, "up");
    await expect(lab.run("true", { id })).rejects.toThrow("is there already");
    await expect(lab.run("true", { stateFolder: lab.stateFolder(id) })).rejects.toThrow(
      "remove it first",
    );
    expect(await lab.log(id)).toHaveLength(1);
    await lab.client.kill(id);
    await lab.finish(id);
    expect(lab.leftovers()).toEqual([]);
  });

  it("is not removed or watched outside of the allowed folders either", async () => {
    await expect(lab.client.remove("a", "/etc", { withLogs: true })).rejects.toThrow(
      "open folder /etc",
    );
    const process = { pid: 2, startTime: 1 };
    await expect(lab.client.watch("a", process, "/etc")).rejects.toThrow(
      "lies outside of the allowed folders",
    );
  });
});

describe("the shim under the address and undefined-behaviour sanitizers", () => {
  it("answers thousands of broken messages, runs a container, and ends without a leak", async () => {
    await using strict = await ShimLab.open("asan");
    const request = strict.request({ argv: ["true"], layers: [`${strict.folder}/layers/none`] });
    const wish = {
      ...request,
      ...bind(`${strict.folder}/volumes`),
      rlimits: [{ resource: 7, soft: 9, hard: 9 }],
    };
    const frames = [
      encodeMessage(OP.CREATE, 2, createFields(wish)),
      encodeMessage(OP.EXEC, 2, execFields(strict.execRequest("dead", ["sh"], true))),
      encodeMessage(OP.WATCH, 2, [
        [TAG.ID, "dead"],
        [TAG.PID, 2],
        [TAG.START_TIME, 3],
        [TAG.STATE_FOLDER, strict.stateFolder("dead")],
      ]),
      encodeMessage(OP.REMOVE, 2, [
        [TAG.ID, "dead"],
        [TAG.STATE_FOLDER, strict.stateFolder("dead")],
      ]),
      encodeMessage(OP.LIMIT, 2, [
        [TAG.ID, "dead"],
        [
          TAG.CGROUP_WRITE,
          [
            [TAG.CONTROLLER, "pids"],
            [TAG.FILE, "pids.max"],
            [TAG.VALUE, "1"],
          ],
        ],
      ]),
    ];
    let seed = 20_261_122;
    const next = (below: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let round = 0; round < 3000; round++) {
      const frame = Buffer.from(frames[round % frames.length] ?? HELLO);
      for (let changes = 1 + next(4); changes > 0; changes--)
        frame[next(frame.length)] = next(3) === 0 ? 255 : next(256);
      const answers = await exchange(strict, Buffer.concat([HELLO, frame]));
      expect(answers.length, `round ${round}`).toBeLessThanOrEqual(2);
    }
    expect(await strict.see("echo still here")).toBe("still here\n");
    const { id } = await strict.run("sleep 1000");
    using exec = await strict.client.exec(
      strict.execRequest(id, ["sh", "-c", "cat; exit 6"], false),
    );
    exec.end();
    expect(await exec.exit).toBe(6);
    await strict.client.kill(id);
    await strict.finish(id);
    expect(strict.leftovers()).toEqual([]);
    expect(await strict.end("SIGTERM")).toBe(0);
  });
});
