import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ShimLab } from "./shim-lab.ts";

let lab: ShimLab;
beforeAll(async () => {
  lab = await ShimLab.open("plain");
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

describe("inside a container", () => {
  it("is PID 1 the init, and no process of the host is there", async () => {
    const seen = await lab.see(
      "cat /proc/1/comm; ls /proc | grep -c '^[0-9]'; cat /proc/2/comm; true",
    );
    // The init, the shell, and `ls`; its `grep` may have started or not.
    expect(seen).toMatch(/^flotilla-init\n[34]\nsh\n$/);
  });

  it("has no capability, no new privileges, and a seccomp filter", async () => {
    const seen = await lab.see("cat /proc/self/status; cat /proc/1/status");
    for (const line of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
      expect(seen.match(new RegExp(`${line}:\\s+0000000000000000\n`, "g"))).toHaveLength(2);
    expect(seen.match(/NoNewPrivs:\s+1\n/g)).toHaveLength(2);
    expect(seen.match(/Seccomp:\s+2\n/g)).toHaveLength(2);
    expect(seen.match(/Seccomp_filters:\s+2\n/g)).toHaveLength(2);
  });

  it("is the user an unprivileged one of the host, in no group, also when it is 0 inside", async () => {
    for (const user of [1000, 0]) {
      const { id, pid } = await lab.run("id; sleep 100", { user });
      await lab.said(id, "uid=");
      const status = await readFile(`/proc/${pid}/status`, "utf8");
      expect(status).toMatch(new RegExp(`Uid:\\s+${0x10_0000 + user}\\s+${0x10_0000 + user}`));
      expect(status).toMatch(/Groups:\s*\n/);
      await lab.client.kill(id);
      const { stdout } = await lab.finish(id);
      expect(stdout).toContain(`uid=${user}`);
      expect(stdout).toContain(`gid=${user}`);
    }
  });

  it("cannot the init's memory or descriptors be read", async () => {
    const seen = await lab.see(
      "ls /proc/1/fd; cat /proc/1/environ; ls /proc/1/root; kill -9 1; echo $?",
    );
    expect(seen.match(/Permission denied/g)).toHaveLength(3);
    expect(seen).toContain("0\n");
  });

  it("is the old root gone, and no descriptor of the host left", async () => {
    const seen = await lab.see("cat /proc/self/mountinfo; ls /; ls -l /proc/self/fd");
    expect(seen).not.toContain(lab.folder);
    expect(seen).not.toContain("/dev/vda");
    expect(seen).toContain("bin\ndev\netc\nhome\nproc\ntmp\nwork\n");
    const descriptors = [...seen.matchAll(/(\d+) -> (\S+)/g)].map(([, fd, to]) => `${fd} ${to}`);
    expect(descriptors).toEqual([
      "0 /dev/null",
      expect.stringMatching(/^1 pipe:/),
      expect.stringMatching(/^2 pipe:/),
    ]);
  });

  it("shows /proc nothing of the kernel's memory, keys or switches", async () => {
    const masked = ["kcore", "keys", "kallsyms", "timer_list", "kmsg", "interrupts"];
    const seen = await lab.see(
      `for f in ${masked.join(" ")}; do [ ! -e /proc/$f ] || wc -c </proc/$f; done; ls /proc/acpi /proc/scsi;` +
        "echo x >/proc/sys/kernel/hostname; echo 1 >/proc/sys/net/ipv4/ip_forward; echo b >/proc/sysrq-trigger; ls /sys",
    );
    const counts = seen.split("\n").filter((line) => /^\d+$/.test(line));
    expect(counts.length).toBeGreaterThan(2);
    expect(new Set(counts)).toEqual(new Set(["0"]));
    expect(seen).toContain("can't create /proc/sys/kernel/hostname: Read-only file system");
    expect(seen).toContain("can't create /proc/sys/net/ipv4/ip_forward: Read-only file system");
    expect(seen).toContain("/sys: No such file or directory");
  });

  it("are mount, unshare, and nsenter's calls refused", async () => {
    const seen = await lab.see(
      "mount -t tmpfs x /tmp; umount /proc; busybox unshare -U true; busybox chroot / true",
    );
    expect(seen.match(/Operation not permitted|permission denied/gi)).toHaveLength(4);
  });

  it("are no control group, no host name and no network of the host seen", async () => {
    const seen = await lab.see(
      "cat /proc/self/cgroup; cat /proc/sys/kernel/hostname /etc/hostname; cat /proc/net/dev",
    );
    expect(seen).not.toContain("flotilla");
    expect(seen.match(/host-a/g)).toHaveLength(2);
    expect(seen).toContain("lo:");
    expect(seen).not.toMatch(/(eth|ens|fv)\w*:/);
  });

  it("is a service on the host's 127.0.0.1 out of reach", async () => {
    const server = createServer((socket) => socket.end("host")).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    expect(await lab.see(`nc -w 1 127.0.0.1 ${port}; echo $?`)).toMatch(/1\n/);
    server.close();
  });

  it("leads localhost to 127.0.0.1 only", async () => {
    const seen = await lab.see("cat /etc/hosts /etc/resolv.conf", { resolvers: ["10.87.0.1"] });
    expect(seen).toMatch(
      /^127\.0\.0\.1\tlocalhost\n127\.0\.0\.1\thost-\w+\nnameserver 10\.87\.0\.1\n$/,
    );
  });

  it("may the program write where it works, at home and in memory, and nowhere else", async () => {
    const seen = await lab.see(
      "touch /work/a /home/game/a /tmp/a /dev/shm/a && echo wrote; touch /bin/a /a /etc/a; echo x >/bin/sh",
    );
    expect(seen.match(/wrote/g)).toHaveLength(1);
    expect(seen.match(/Permission denied/gi)).toHaveLength(4);
    expect((await readFile(join(lab.layer, "bin/sh"))).length).toBeGreaterThan(100_000);
  });

  it("is nothing but memory writable with a read-only root", async () => {
    const seen = await lab.see("touch /tmp/a && echo wrote; touch /x /bin/a", {
      readOnlyRoot: true,
      cwd: "/",
    });
    expect(seen).toContain("wrote");
    expect(seen.match(/Read-only file system/g)).toHaveLength(2);
  });

  it("ends the writable layer at its size", async () => {
    const seen = await lab.see("head -c 3000000 /dev/zero >/work/big || wc -c </work/big", {
      upperBytes: 1 << 20,
    });
    expect(Number(/^\d+$/m.exec(seen)?.[0])).toBeLessThanOrEqual(1 << 20);
  });

  it("keeps the writable layer on the disk when it has no size", async () => {
    const { id } = await lab.run("echo mine >/work/file", { upperBytes: 0 });
    await lab.exited(id);
    const upper = join(lab.stateFolder(id), "scratch/upper");
    expect(await readFile(join(upper, "work/file"), "utf8")).toBe("mine\n");
    await lab.client.remove(id, lab.stateFolder(id), { withLogs: true });
    expect(lab.leftovers()).toEqual([]);
  });

  it("shows what is bound, and lets read-only volumes alone", async () => {
    const volume = join(lab.folder, "volumes/v");
    await mkdir(volume, { mode: 0o777 });
    await writeFile(join(volume, "file"), "kept\n");
    const seen = await lab.see("cat /data/file; touch /data/x", {
      binds: [{ source: volume, target: "/data", readOnly: true }],
    });
    expect(seen).toContain("kept\n");
    expect(seen).toContain("Read-only file system");
  });

  it("gives a secret to the container's user only, and from memory", async () => {
    const source = join(lab.folder, "volumes/token");
    await writeFile(source, "open sesame", { mode: 0o600 });
    const seen = await lab.see(
      "cat /run/secrets/token; ls -ln /run/secrets/token; grep secrets /proc/mounts; echo x >/run/secrets/token",
      {
        secrets: [{ source, target: "/run/secrets/token" }],
      },
    );
    expect(seen).toContain("open sesame");
    expect(seen).toMatch(/-r--------\s+1 1000\s+1000/);
    expect(seen).toMatch(/tmpfs \/run\/secrets\/token tmpfs ro/);
    expect((await stat(source)).uid).toBe(0);
  });

  it("follows an image's links no further than its own root", async () => {
    const before = await readdir(lab.folder);
    const image = join(lab.folder, "layers/links");
    await mkdir(join(image, "sbin"), { recursive: true });
    await symlink("/../../../../", join(image, "data"));
    await symlink("/../../sbin", join(image, "etc"));
    await symlink(join(lab.folder, "layers"), join(image, "sbin/hosts"));
    const seen = await lab.see("ls /data/bin/busybox; ls -l /sbin", {
      layers: [lab.layer, image],
      tmpfs: [{ target: "/data/inner", bytesMax: 65536 }],
    });
    expect(seen).toContain("/data/bin/busybox");
    expect(seen).toContain("hosts\n");
    expect(seen).not.toContain("->");
    expect(await readdir(lab.folder)).toEqual(before);
  });

  it("does not start when a link of the image leads to where nothing is", async () => {
    const image = join(lab.folder, "layers/dangling");
    await mkdir(image, { recursive: true });
    await symlink(lab.folder, join(image, "etc"));
    const layers = [lab.layer, image];
    await expect(lab.run("true", { layers })).rejects.toThrow(
      "open /etc: No such file or directory",
    );
    expect(lab.leftovers()).toEqual([]);
  });
});

describe("on a kernel without user namespaces, a container", () => {
  it("runs as an unprivileged user of the host, with all the other bounds", async () => {
    await using old = await ShimLab.open("old-kernel");
    expect((await old.client.hello()).userNamespaces).toBe(false);
    const { id, pid } = await old.run(
      "id; touch /work/a && echo wrote; touch /bin/a; cat /proc/1/environ; sleep 1000",
    );
    await old.said(id, "environ");
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    expect(status).toMatch(new RegExp(`Uid:\\s+${0x10_0000 + 1000}\\s`));
    for (const line of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
      expect(status).toMatch(new RegExp(`${line}:\\s+0000000000000000\n`));
    expect(status).toMatch(/NoNewPrivs:\s+1\nSeccomp:\s+2\nSeccomp_filters:\s+2\n/);
    using exec = await old.client.exec(old.execRequest(id, ["sh", "-c", "id -u; exit 3"], false));
    let text = "";
    for await (const { data } of exec.output) text += Buffer.from(data).toString();
    expect([text, await exec.exit]).toEqual([`${0x10_0000 + 1000}\n`, 3]);
    await old.client.kill(id);
    const { stdout, stderr } = await old.finish(id);
    expect(stdout).toContain(`uid=${0x10_0000 + 1000}`);
    expect(stdout).toContain("wrote\n");
    expect(stderr.match(/Permission denied/g)).toHaveLength(2);
  });
});
