import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PortRange } from "./port-range.ts";

const MODULE = join(import.meta.dirname, "port-range.ts");
const CLAIM = `const { PortRange } = await import(${JSON.stringify(MODULE)});
process.stdout.write((await PortRange.claim()).text);
setInterval(() => undefined, 1e6);`;

/** Takes one after the other, of which other runs may have some, until this one is among them; then gives all back. */
async function claimUntil(wanted: string | undefined): Promise<void> {
  const ranges: PortRange[] = [];
  while (!ranges.some(({ text }) => text === wanted)) ranges.push(await PortRange.claim());
  for (const range of ranges) await range[Symbol.asyncDispose]();
}

describe("the port range of a run", () => {
  it("is another one for each run at once, and free again after it", async () => {
    const both = await Promise.all([PortRange.claim(), PortRange.claim()]);
    const [one, other] = both.map(({ text }) => text);
    expect(one).not.toBe(other);
    for (const range of both) await range[Symbol.asyncDispose]();
    for (const text of [one, other]) await claimUntil(text);
  });

  it("is not that of another process, until that one is killed", async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", CLAIM]);
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    const theirs = said.toString();
    await using mine = await PortRange.claim();
    expect(theirs).toMatch(/^\d+-\d+$/);
    expect(mine.text).not.toBe(theirs);
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    await claimUntil(theirs);
  });
});
