import { spawnSync } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isFleetError } from "../../core/std/errors.ts";
import { ShimLab } from "./shim-lab.ts";

const { SIGTERM, SIGKILL, SIGUSR1 } = constants.signals;

let lab: ShimLab;
beforeAll(async () => {
  lab = await ShimLab.open("plain");
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

async function output(
  stream: AsyncIterable<{ stream: string; data: Uint8Array }>,
): Promise<string> {
  let text = "";
  for await (const { data } of stream) text += Buffer.from(data).toString();
  return text;
}

describe("the life of a container", () => {
  it.each([
    ["0", "true", { exitCode: 0 }],
    ["7", "exit 7", { exitCode: 7 }],
    ["a signal", "kill -9 $$", { signal: SIGKILL }],
  ])("ends with %s as its program does", async (_, command, expected) => {
    const { id, pid } = await lab.run(command);
    const { exit } = await lab.finish(id);
    expect(exit).toMatchObject({ ...expected, id, pid, oomKills: 0 });
    expect(Math.abs(exit.finishedAt - Date.now())).toBeLessThan(60_000);
    expect(lab.leftovers()).toEqual([]);
  });

  it("gets TERM and USR1 through the init, the program's children too", async () => {
    const command =
      "trap 'echo one' USR1; trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.01; done";
    const { id } = await lab.run(command);
    await lab.said(id, "up");
    await lab.client.signal(id, SIGUSR1);
    await lab.said(id, "one");
    await lab.client.signal(id, SIGTERM);
    const { exit, stdout } = await lab.finish(id);
    expect(exit.exitCode).toBe(3);
    expect(stdout).toBe("up\none\nbye\n");
  });

  it("is killed whole, also what left the program's group and session", async () => {
    const { id } = await lab.run("busybox setsid sleep 1000 & trap '' TERM; echo up; sleep 1000");
    await lab.said(id, "up");
    await expect(lab.client.remove(id, lab.stateFolder(id), { withLogs: true })).rejects.toThrow(
      "still runs",
    );
    await lab.client.kill(id);
    const { exit } = await lab.finish(id);
    expect(exit.signal).toBe(SIGKILL);
    expect(lab.leftovers()).toEqual([]);
  });

  it("ends with its program: orphans do not outlive it, zombies are reaped", async () => {
    // The init needs a moment to reap; who is not reaped is there for good.
    const orphans = "for i in 1 2 3 4 5; do (sleep 0.01 &); done; (busybox setsid sleep 1000 &)";
    const looking =
      "for i in $(seq 500); do usleep 20000; seen=$(ps); echo $seen | grep -q ' \\[s' || break; done";
    const { id } = await lab.run(`${orphans}; usleep 100000; ${looking}; echo "$seen"`);
    const { exit, stdout } = await lab.finish(id);
    expect(exit.exitCode).toBe(0);
    expect(stdout).toContain("sleep 1000");
    expect(stdout).not.toMatch(/ Z |\[sleep\]/);
    expect(lab.leftovers()).toEqual([]);
  });

  it("is not there for verbs after its end, and removing it again is harmless", async () => {
    const { id } = await lab.run("true");
    await lab.finish(id);
    const isNotFound = expect.toSatisfy((error) => isFleetError(error, "NOT_FOUND"));
    await expect(lab.client.signal(id, SIGTERM)).rejects.toEqual(isNotFound);
    await expect(lab.client.kill(id)).rejects.toEqual(isNotFound);
    await lab.client.remove(id, lab.stateFolder(id), { withLogs: true });
  });

  it("keeps its log when it is removed without it, and goes on in it when it is made again", async () => {
    for (const word of ["first", "second"]) {
      const { id } = await lab.run(`echo ${word}`, { id: "c0ffee" });
      await lab.exited(id);
      await lab.client.remove(id, lab.stateFolder(id), { withLogs: false });
    }
    const lines = await lab.log("c0ffee");
    expect(lines.map((line) => line.split(" ").at(-1))).toEqual(["first", "second"]);
    await lab.client.remove("c0ffee", lab.stateFolder("c0ffee"), { withLogs: true });
    expect(lab.leftovers()).toEqual([]);
  });

  it("leaves nothing behind, a hundred times, twenty at once", async () => {
    const descriptors = async (): Promise<number> => (await readdir(`/proc/${lab.pid}/fd`)).length;
    const before = { leftovers: lab.leftovers(), namespaces: networkNamespaces(), descriptors: 0 };
    for (let round = 0; round < 5; round++) {
      const started = await Promise.all(Array.from({ length: 20 }, () => lab.run("sleep 1000")));
      await Promise.all(started.map(({ id }) => lab.client.kill(id)));
      await Promise.all(started.map(({ id }) => lab.finish(id)));
      if (round === 0) before.descriptors = await descriptors();
    }
    const after = {
      leftovers: lab.leftovers(),
      namespaces: networkNamespaces(),
      descriptors: await descriptors(),
    };
    expect(after).toEqual(before);
  });
});

/** Tells the shim to remove a container until it does: one that was just killed may not be gone yet. */
async function removed(id: string): Promise<void> {
  for (;;) {
    try {
      return await lab.client.remove(id, lab.stateFolder(id), { withLogs: true });
    } catch (error) {
      expect(isFleetError(error, "FAILED_PRECONDITION")).toBe(true);
    }
  }
}

/** Network namespaces that the shim's children hold. */
function networkNamespaces(): number {
  const { stdout } = spawnSync("pgrep", ["-P", String(lab.pid)], { encoding: "utf8" });
  return stdout.split("\n").filter((line) => line !== "").length;
}

describe("a program run in a container", () => {
  it("has the container's files, processes and bounds, its own input, output and code", async () => {
    const { id } = await lab.run("echo here >/work/file; sleep 1000");
    await lab.exists(id, "/work/file");
    const command = "cat /work/file; ps; cat; cat /proc/self/status; echo oops >&2; exit 5";
    using exec = await lab.client.exec(lab.execRequest(id, ["sh", "-c", command], false));
    exec.write(Buffer.from("x".repeat(300_000)));
    exec.end();
    const seen = await output(exec.output);
    expect(await exec.exit).toBe(5);
    expect(seen).toContain("here\n");
    expect(seen).toContain("flotilla-init");
    expect(seen).toContain("x".repeat(300_000));
    expect(seen).toMatch(/CapEff:\s+0+\n/);
    expect(seen).toMatch(/Seccomp_filters:\s+2\n/);
    expect(seen).toMatch(/Uid:\s+1000\s/);
    expect(seen).toContain("oops\n");
    const { pid } = lab.pidOf(id);
    expect(pid).toBeGreaterThan(1);
    await lab.client.kill(id);
    await lab.finish(id);
  });

  it("has a terminal of the size it is told, if asked for", async () => {
    const { id } = await lab.run("sleep 1000");
    using exec = await lab.client.exec(lab.execRequest(id, ["sh"], true));
    exec.resize(101, 33);
    exec.write(Buffer.from("stty size; tty; exit 4\n"));
    const seen = await output(exec.output);
    expect(seen).toContain("33 101");
    expect(seen).toContain("/dev/pts/0");
    expect(await exec.exit).toBe(4);
    await lab.client.kill(id);
    await lab.finish(id);
  });

  it("loses no output when its input ends after the program has", async () => {
    const { id } = await lab.run("sleep 1000");
    using exec = await lab.client.exec(
      lab.execRequest(id, ["sh", "-c", "echo done; exit 6"], false),
    );
    // Nothing is read meanwhile: output, code and end lie in the socket when this writes into it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    exec.end();
    expect(await output(exec.output)).toBe("done\n");
    expect(await exec.exit).toBe(6);
    await lab.client.kill(id);
    await lab.finish(id);
  });

  it("ends when its client goes away", async () => {
    const { id } = await lab.run("sleep 1000");
    const exec = await lab.client.exec(lab.execRequest(id, ["sleep", "2222"], false));
    exec[Symbol.dispose]();
    while (spawnSync("pgrep", ["-f", "^sleep 2222$"]).status === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await lab.client.kill(id);
    await lab.finish(id);
  });

  it("waits for a client that does not read", async () => {
    const { id } = await lab.run("sleep 1000");
    using exec = await lab.client.exec(
      lab.execRequest(id, ["sh", "-c", "head -c 20000000 /dev/zero; echo end >&2"], false),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    let bytes = 0;
    for await (const { data } of exec.output) bytes += data.length;
    expect(bytes).toBe(20_000_000 + 4);
    await lab.client.kill(id);
    await lab.finish(id);
  });

  it("says why it cannot run", async () => {
    const { id } = await lab.run("sleep 1000");
    const why = (argv: string[]): Promise<unknown> =>
      lab.client.exec(lab.execRequest(id, argv, false));
    await expect(why(["nod"])).rejects.toThrow("exec nod: No such file or directory");
    await expect(why(["/etc/hosts"])).rejects.toThrow("exec /etc/hosts: Permission denied");
    await expect(lab.client.exec(lab.execRequest("dead", ["sh"], false))).rejects.toThrow(
      "container dead does not run",
    );
    await lab.client.kill(id);
    await lab.finish(id);
  });
});

describe("a shim that is killed", () => {
  it("leaves containers running; the next one adopts them and learns how they end", async () => {
    const one = await lab.run(
      "trap 'echo still; exit 9' USR1; echo up; while :; do sleep 0.01; done",
    );
    const two = await lab.run("sleep 1000");
    const three = await lab.run("exit 4");
    await lab.said(one.id, "up");
    await lab.exited(three.id);
    await lab.end("SIGKILL");
    await lab.start();
    const watch = (it: typeof one) => lab.client.watch(it.id, it, lab.stateFolder(it.id));
    expect(await watch(one)).toBeUndefined();
    expect(await watch(two)).toBeUndefined();
    expect(await watch(three)).toMatchObject({ exitCode: 4 });
    expect(await watch({ ...two, id: "dead" })).not.toHaveProperty("exitCode");
    await lab.client.signal(one.id, SIGUSR1);
    const first = await lab.finish(one.id);
    expect(first.exit.exitCode).toBe(9);
    expect(first.stdout).toBe("up\nstill\n");
    await lab.client.signal(two.id, SIGTERM);
    expect((await lab.finish(two.id)).exit.signal).toBe(SIGTERM);
    await lab.client.remove(three.id, lab.stateFolder(three.id), { withLogs: true });
    expect(lab.leftovers()).toEqual([]);
  });

  it("does not take another process for the one that it is told of", async () => {
    const { id, pid, startTime } = await lab.run("sleep 1000");
    await lab.end("SIGKILL");
    await lab.start();
    const folder = lab.stateFolder(id);
    expect(await lab.client.watch(id, { pid, startTime: startTime - 1 }, folder)).toBeDefined();
    expect(await lab.client.watch(id, { pid: process.pid, startTime }, folder)).toBeDefined();
    await lab.client.kill(id);
    await removed(id);
    expect(lab.leftovers()).toEqual([]);
  });

  it("in the middle of making containers, leaves nothing that kill and remove do not take", async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `f00${i.toString(16)}`);
    const making = ids.map((id) => lab.run("sleep 1000", { id }).catch(() => undefined));
    await making[3];
    await lab.end("SIGKILL");
    await Promise.all(making);
    await lab.start();
    for (const id of ids) {
      await lab.client.kill(id).catch(() => {});
      await removed(id);
    }
    expect(lab.leftovers()).toEqual([]);
  });

  it("is replaced only when it is gone: a second one on its socket refuses", async () => {
    const [program = "", ...argv] = lab.argv();
    const second = spawnSync(program, argv, { encoding: "utf8" });
    expect(second.status).toBe(1);
    expect(second.stderr).toBe("flotilla-shim: another shim serves this socket\n");
    await lab.see("true");
  });

  it("does not start with an allow-list that others can write", async () => {
    const list = join(lab.folder, "loose");
    await writeFile(list, `${lab.folder}\n`, { mode: 0o666 });
    spawnSync("chmod", ["666", list]);
    const argv = lab
      .argv()
      .map((text) =>
        text.startsWith("--allow")
          ? `--allow=${list}`
          : `${text}2`.replace(/(\/flotilla-\w+)2$/, "$1"),
      );
    const [program = "", ...rest] = argv;
    const refused = spawnSync(program, rest, { encoding: "utf8" });
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain("must belong to root and be writable by nobody else");
  });
});
