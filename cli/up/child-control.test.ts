import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const CONTROL = join(import.meta.dirname, "child-control.ts");

/** A part that takes its time to load; it says how it was told to end. Its parent lets go of it after `parentDoes`. */
async function part(parentDoes: "leave" | "tell", waits: string): Promise<[string, number]> {
  const script = `
    ${waits}
    const { childControl } = await import(${JSON.stringify(CONTROL)});
    console.log(await childControl().ending);
    process.exit(0);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  let said = "";
  child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const silent = child.stdout && once(child.stdout, "end");
  if (parentDoes === "leave") child.disconnect();
  else child.send({ do: "down" });
  const [code] = await once(child, "exit");
  await silent;
  return [said.trim(), code];
}

describe("a part's line to the `up` above it", () => {
  it("ends a part whose parent went away while it was loaded, and is not waited for for ever", async () => {
    const waits = "while (process.connected) await new Promise((done) => setTimeout(done, 5));";
    expect(await part("leave", waits)).toEqual(["stop", 0]);
  });

  it("ends a part whose parent goes away later", async () => {
    expect(await part("leave", "")).toEqual(["stop", 0]);
  });

  it("hands on what the parent said before it listened", async () => {
    const waits = "await new Promise((done) => setTimeout(done, 50));";
    expect(await part("tell", waits)).toEqual(["down", 0]);
  });
});
