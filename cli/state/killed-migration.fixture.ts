import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { migrateState } from "./migrate.ts";

const [folder = "", at] = process.argv.slice(2);

function die(): never {
  process.kill(process.pid, "SIGKILL");
  // The signal comes before the next call into the kernel returns.
  for (;;);
}

/** For tests: a migration whose process kills itself in the middle of a step, or when the copies are opened. */
await migrateState(folder, {
  writtenBy: "2",
  steps: [
    {
      about: "words get two",
      parts: ["server"],
      convert: async (copy) => {
        writeFileSync(join(copy, "server", "words"), "half");
        if (at === "convert") die();
      },
    },
  ],
  verify: async () => die(),
  verifyBytes: 0,
});
