import { once } from "node:events";
import { createServer } from "node:http";
import { Pool } from "undici";
import { assert } from "../../core/std/assert.ts";

/**
 * Loads what the HTTP client loads at its first use, by one request to this process itself. After privileges are given
 * up, the program's own files may lie behind a folder that only root may pass.
 */
export async function warmUp(): Promise<void> {
  const server = createServer((_, response) => response.end("{}"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert(typeof address === "object" && address, "a listening server has an address");
  // A pool of the package's own: its global functions may hand over to the copy inside Node.
  const pool = new Pool(`http://127.0.0.1:${address.port}`);
  const { body } = await pool.request({ method: "POST", path: "/", body: "{}" });
  await body.dump();
  await pool.close();
  server.close();
}
