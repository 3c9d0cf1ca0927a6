import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { SERVER_NODE_FLAGS } from "./parts.ts";

it("a server alone runs with the same flags of Node as one below `up`", () => {
  const script = readFileSync(join(import.meta.dirname, "../../bin/flotilla"), "utf8");
  expect(/server\) tuned=(\S+) ;;/.exec(script)?.[1]).toBe(SERVER_NODE_FLAGS.join(" "));
});
