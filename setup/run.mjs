import { spawn } from "node:child_process";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { SetupError } from "./progress.mjs";

/** The folder of the clone. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

/** What Node prints for parts that it calls experimental is no message for the user. */
export const NODE_FLAGS = ["--disable-warning=ExperimentalWarning"];

const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs Node with our terminal and our signals; resolves with its exit code. It is waited for whatever comes: after
 * Ctrl-C the child needs its time for an orderly end, and who started us must not go on before.
 */
export function runInForeground(node, args) {
  return runNode(node, args, { stdio: "inherit" });
}

/** The same beside others, with `more` environment: what they say comes in whole lines, coloured where we have a terminal. */
export function runBeside(node, args, more) {
  const colour = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  const env = { ...process.env, ...colour, ...more };
  return runNode(node, args, { stdio: ["ignore", "pipe", "pipe"], env });
}

function runNode(node, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [...NODE_FLAGS, ...args], { cwd: ROOT, ...options });
    if (child.stdout) passLines(child.stdout, process.stdout);
    if (child.stderr) passLines(child.stderr, process.stderr);
    const passOn = (signal) => child.kill(signal);
    for (const signal of PASSED_ON) process.on(signal, passOn);
    child.once("error", (error) =>
      reject(new SetupError(`cannot run ${node}: ${error.message}`, "see that it may be executed")),
    );
    child.once("close", (code, signal) => {
      for (const name of PASSED_ON) process.off(name, passOn);
      resolve(signal ? 128 + constants.signals[signal] : code);
    });
  });
}

function passLines(from, to) {
  const lines = createInterface({ input: from });
  lines.on("line", (line) => to.write(`${line}\n`));
}

/** Runs a program and keeps what it says; rejects with its last lines when it fails. */
export function runQuietly(program, args, { env = process.env, cwd = ROOT } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const keep = (chunk) => {
      said = (said + chunk).slice(-20_000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(said);
      else reject(new Error(`${program} ${args[0]} failed (${code}):\n${lastLines(said)}`));
    });
  });
}

const lastLines = (text) => text.trimEnd().split("\n").slice(-15).join("\n");
