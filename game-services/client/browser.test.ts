import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { type BuildResult, build } from "esbuild";
import { expect, it } from "vitest";
import { RoomsApi } from "./rooms-api.fixture.ts";

/** One script for browsers, with everything in it that the file needs; `client` is what it exports. */
function bundled(entry: string): Promise<BuildResult<{ write: false; metafile: true }>> {
  return build({
    entryPoints: [join(import.meta.dirname, entry)],
    bundle: true,
    platform: "browser",
    format: "iife",
    globalName: "client",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
}

it("needs nothing but its own files, and no Node: the core runs where only a browser's words are known", async () => {
  await using api = await RoomsApi.open();
  const { metafile, outputFiles } = await bundled("rooms-client.ts");
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.filter((file) => !file.includes("game-services/client/"))).toEqual([]);
  const words = { fetch, crypto, URL, URLSearchParams, AbortController, AbortSignal, performance };
  const page = createContext({ ...words, setTimeout, clearTimeout, atob, console });
  const use = `
    const fleet = new client.RoomsClient({ url: ${JSON.stringify(api.url)}, token: async () => "secret" });
    fleet.join({ fleet: "arena", player: "ann" }).then(async (seat) => {
      await seat.renew();
      await seat.leave();
      return seat.room;
    })`;
  const room: unknown = await runInContext(`${outputFiles[0]?.text}\n${use}`, page);
  expect(room).toBe("arena-room1");
  expect(api.asked.map(({ method }) => method)).toEqual(["POST", "POST", "DELETE"]);
});

it("is bundled for browsers with Colyseus' client, too", async () => {
  const { warnings, metafile } = await bundled("flotilla-client.ts");
  expect(warnings).toEqual([]);
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.some((file) => file.includes("@colyseus/sdk"))).toBe(true);
});
