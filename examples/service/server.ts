import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

/** While this file is there, the replica says that it is not ready and gets no new connections. */
const AWAY = join(tmpdir(), "away");
/** While this one is there, it says nothing about that, as one that has too much to do. */
const LATE = join(tmpdir(), "late");
const greeting = process.argv[2] ?? "hello";

const server = createServer((request, response) => {
  if (request.url === "/ready") {
    if (existsSync(LATE)) return;
    response.statusCode = existsSync(AWAY) ? 503 : 200;
  }
  response.end(`${greeting} from ${hostname()}\n`);
});
server.listen(8080);
// What was begun is answered; nothing new comes by then, because a replica leaves its service before it gets TERM.
process.once("SIGTERM", () => server.close());
