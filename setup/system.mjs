import { accessSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runQuietly } from "./run.mjs";

/** A Debian package and how its presence is seen, so that other ways of having it count too. */
const RUN = {
  gcc: () => hasCommand("cc"),
  "libc6-dev": () => existsSync("/usr/include/stdio.h") && hasLibrary("libc.a"),
  make: () => hasCommand("make"),
  libnftables1: () => hasLibrary("libnftables.so.1"),
  nftables: () => hasCommand("nft"),
  iproute2: () => hasCommand("ip"),
  "busybox-static": () => hasCommand("busybox"),
};
const BENCH = {
  "etcd-server": () => hasCommand("etcd"),
  "redis-server": () => hasCommand("redis-server"),
  runc: () => hasCommand("runc"),
  wrk: () => hasCommand("wrk"),
};

const all = (table) => Object.entries(table).map(([name, isThere]) => ({ name, isThere }));
/** For isolated containers: the compiler of shim and init, the firewall's library, the tools that look at it. */
export const RUN_PACKAGES = all(RUN);
const FONTS = "/usr/share/fonts";
/**
 * What the tests of isolation put under a limit, what pings without root (busybox's does not), what shows the
 * connections that the kernel keeps for players, where game servers of several processes share their rooms, what checks the
 * unit that is installed, what scrapes our numbers and checks them, and a browser with Korean letters for the page where players
 * meet.
 */
const TEST = {
  stress: () => hasCommand("stress"),
  "iputils-ping": () => hasCommand("ping"),
  conntrack: () => hasCommand("conntrack"),
  "redis-server": () => hasCommand("redis-server"),
  systemd: () => hasCommand("systemd-analyze"),
  chromium: () => ["chromium", "chromium-browser", "google-chrome"].some(hasCommand),
  prometheus: () => hasCommand("prometheus") && hasCommand("promtool"),
  "fonts-nanum": () =>
    ["truetype/nanum", "opentype/noto", "opentype/nanum"].some((f) => existsSync(join(FONTS, f))),
};
export const TEST_PACKAGES = all(TEST);
/** What the benchmarks compare with. */
export const BENCH_PACKAGES = all(BENCH);

/** Installs what is missing where it can; elsewhere one message names it, and things go on without isolation. */
export async function installSystemPackages(progress, packages) {
  if (process.platform !== "linux") {
    progress.note("this is not Linux: game servers run as plain processes, nothing is isolated");
    return;
  }
  const missing = packages.filter(({ isThere }) => !isThere()).map(({ name }) => name);
  if (missing.length === 0) return;
  if (process.getuid() !== 0 || !hasCommand("apt-get")) {
    progress.note(`not installed: ${missing.join(", ")}. ${howTo(missing)}`);
    return;
  }
  await progress
    .step(`system packages: ${missing.join(", ")}`, () => aptInstall(missing), { isDownload: true })
    .catch((error) => {
      progress.note(`apt-get could not install them: ${error.message}`);
      progress.note(`going on without: ${missing.join(", ")}`);
    });
}

function howTo(missing) {
  const line = `apt-get install --no-install-recommends ${missing.join(" ")}`;
  return hasCommand("apt-get")
    ? `Install them as root (sudo ${line}); until then containers may not be isolated`
    : `Install what your system calls them (Debian: ${line}); until then containers may not be isolated`;
}

/** Debian's way to say that an installed package must not start its service. */
const POLICY = "/usr/sbin/policy-rc.d";

async function aptInstall(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };
  const isOurs = !existsSync(POLICY);
  if (isOurs) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    const install = ["install", "-y", "-q", "--no-install-recommends", ...names];
    // An old list of packages names files that are gone: one update, and only when it is needed.
    await runQuietly("apt-get", install, { env }).catch(async () => {
      await runQuietly("apt-get", ["update", "-q"], { env });
      await runQuietly("apt-get", install, { env });
    });
  } finally {
    if (isOurs) rmSync(POLICY, { force: true });
  }
}

/** True when a program of this name can be run: on the PATH, or where root's tools lie. */
export function hasCommand(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", "/bin"];
  return folders.some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hasLibrary(name) {
  const roots = ["/usr/lib", "/usr/lib64", "/lib"].filter((folder) => existsSync(folder));
  const folders = roots.flatMap((root) => [
    root,
    ...readdirSync(root)
      .filter((entry) => entry.endsWith("-linux-gnu"))
      .map((entry) => join(root, entry)),
  ]);
  return folders.some((folder) => existsSync(join(folder, name)));
}
