import { afterAll, beforeAll, expect, it } from "vitest";
import { FerretServer, findFerret } from "../../store/mongodb/ferret-server.fixture.ts";
import { ANN, signUp, TestLogin, told } from "./login.fixture.ts";

const found = await findFerret();
let server: FerretServer | undefined;
beforeAll(async () => {
  if ("program" in found) server = await FerretServer.start(found.program);
});
afterAll(() => server?.[Symbol.asyncDispose]());

it("does the same on a server that speaks MongoDB's protocol, and says when it is away", {
  timeout: 60_000,
}, async (context) => {
  if (!server) return context.skip("missing" in found ? found.missing : "it did not start");
  await using login = await TestLogin.open({ documents: `${server.url}login` });
  const { access_token: token, refresh_token } = await signUp(login);
  expect(told(await login.post("/signup", { ...ANN, user_id: "bob" }))).toBe(
    '409 "email already used"',
  );
  expect((await login.post("/login", ANN)).status).toBe(200);
  expect(told(await login.post("/login", { ...ANN, user_pw: "x" }))).toBe(
    '401 "password mismatch"',
  );
  expect((await login.post("/token/refresh", { refresh_token })).status).toBe(200);
  expect(told(await login.post("/logout/everywhere", undefined, { token }))).toBe(
    '200 {"sessions":2}',
  );
  expect(told(await login.get("/me", { token }))).toBe('401 "token revoked"');
  expect((await login.get("/readyz")).status).toBe(200);
  await server.kill();
  const away = await login.post("/login", ANN);
  expect([told(away), away.headers["retry-after"]]).toEqual([
    '503 "not available at the moment"',
    "1",
  ]);
  expect((await login.get("/readyz")).status).toBe(503);
  expect((await login.get("/livez")).status).toBe(200);
  await server.start();
  expect((await login.post("/login", ANN)).status).toBe(200);
});
