import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServiceProcess } from "../../game-services/service/service-process.fixture.ts";
import { FerretServer, findFerret } from "../../store/mongodb/ferret-server.fixture.ts";
import { StepFailed } from "../generator/tally.ts";
import type { StoreInUse } from "./store-fault.ts";

const ANSWER_WITHIN_MS = 15_000;

/** The login service on a server that speaks MongoDB's protocol, with devices that log in; why there is none, otherwise. */
export async function openMongoInUse(): Promise<StoreInUse | string> {
  const found = await findFerret();
  if ("missing" in found) return found.missing;
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await FerretServer.start(found.program));
  const folder = mkdtempSync(join(tmpdir(), "flotilla-load-login-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const login = stack.use(
    await ServiceProcess.start("game-services/login/main.ts", {
      FLOTILLA_STATE: folder,
      LOGIN_PORT: "0",
      LOGIN_DOCUMENTS: `${server.url}login`,
      LOGIN_ADDRESS_PER_MINUTE: "0",
      LOGIN_ACCOUNT_PER_MINUTE: "0",
    }),
  );
  let devices = 0;
  const owned = stack.move();
  return {
    what: "kill -9 of MongoDB (FerretDB)",
    about: "behind the login service, for three seconds; who is logged in plays on",
    kill: () => server.kill(),
    start: () => server.start(),
    ask: async () => {
      const answer = await fetch(`${login.url}/login/device`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ device_id: `device-of-the-load-test-${devices++}` }),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      await answer.arrayBuffer();
      if (answer.status !== 200 && answer.status !== 201)
        throw new StepFailed(`status ${answer.status}`);
    },
    dropped: () => 0,
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}
