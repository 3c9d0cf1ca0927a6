import { readFileSync } from "node:fs";
import fastify from "fastify";

/*
 * The least that an answer over HTTP costs on this machine: fastify, a body, an answer of the usual size, nothing picked
 * and nothing kept. Started by `yardsticks.ts` and `wrk-rows.ts` with its port, and a file with what GET answers; it ends with
 * who started it.
 */
const [port = "0", page] = process.argv.slice(2);
const ports = [{ name: "game", port: 7000 }];
const metadata = { labels: { "agones.dev/fleet": "bench" }, annotations: {} };
const status = {
  state: "Allocated",
  gameServerName: "bare",
  ports,
  address: "127.0.0.1",
  metadata,
};

const app = fastify({ logger: false });
app.post("/", async (_request, reply) => reply.code(201).send({ status }));
const shown: unknown = page === undefined ? {} : JSON.parse(readFileSync(page, "utf8"));
app.get("/", async () => shown);
process.once("SIGTERM", () => process.exit(0));
process.stdin.on("end", () => process.exit(0)).resume();
await app.listen({ host: "127.0.0.1", port: Number(port) });
