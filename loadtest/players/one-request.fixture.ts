import { HttpClient } from "../generator/http-client.ts";
import type { Players } from "../generator/players.ts";

interface World extends AsyncDisposable {
  readonly http: HttpClient;
  readonly url: string;
}

/** For tests of the generator: each asks one thing once, and stays. */
export const players: Players<{ readonly url: string }, World> = {
  open: async ({ url }) => {
    const http = new HttpClient();
    return { http, url, [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() };
  },
  play: async ({ dueMs, tally, world, signal, staySeconds }) => {
    const { url, http } = world;
    await tally.step("ask", () => http.bytes(url, { status: 200, signal }), dueMs);
    await new Promise((resolve) => setTimeout(resolve, staySeconds * 1_000));
  },
};
