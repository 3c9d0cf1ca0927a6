import { describe, expect, it } from "vitest";
import { made } from "../../core/model/admit-inputs.ts";
import type { WebhookAnswer } from "../decide/autoscale/want.ts";
import { reviewOf } from "../decide/autoscale/webhook.ts";
import { askWebhook, WEBHOOK_BOUNDS } from "./ask-webhook.ts";
import { WebhookProgram, wants } from "./webhook.fixture.ts";

const REVIEW = reviewOf(made("Fleet", { metadata: { name: "arena" } }), "u-1");
const never = new AbortController().signal;
const ask = (
  program: Pick<WebhookProgram, "url">,
  bounds = {},
  signal = never,
): Promise<WebhookAnswer> =>
  askWebhook({ url: program.url }, REVIEW, signal, { ...WEBHOOK_BOUNDS, ...bounds });

describe("a webhook", () => {
  it("gets a review of the fleet as JSON, and its answer is read", async () => {
    await using program = await WebhookProgram.start((_, response) => response.end(wants(7)));
    expect(await ask(program)).toEqual({ scale: true, replicas: 7 });
    expect(program.asked).toEqual([JSON.parse(JSON.stringify(REVIEW))]);
    expect(program.types).toEqual(["application/json"]);
  });

  it.each([201, 204, 302, 404, 500])("says nothing with status %i", async (status) => {
    await using program = await WebhookProgram.start((_, response) =>
      response.writeHead(status, { location: "/elsewhere" }).end(wants(7)),
    );
    expect(await ask(program)).toEqual({ error: `answered ${status} instead of 200` });
    // A redirect is not followed either.
    expect(program.asked).toHaveLength(1);
  });

  it("says nothing with an answer that is too long", async () => {
    await using program = await WebhookProgram.start((_, response) =>
      response.end(wants(7) + " ".repeat(100)),
    );
    const bounds = { answerBytesMax: 100 };
    expect(await ask(program, bounds)).toEqual({ error: "answered with more than 100 bytes" });
  });

  it("says nothing when it begins an answer and never ends it", async () => {
    await using program = await WebhookProgram.start((_, response) => response.write("{"));
    const bounds = { answerWithinMs: 200 };
    expect(await ask(program, bounds)).toEqual({ error: "did not answer within 0.2 s" });
  });

  it("says nothing when it breaks off", async () => {
    await using program = await WebhookProgram.start((_, response) => {
      response.write("{");
      response.destroy();
    });
    expect(await ask(program)).toEqual({ error: "could not be asked: ECONNRESET" });
  });

  it("says nothing when nobody is there", async () => {
    const program = await WebhookProgram.start(() => undefined);
    const { url } = program;
    await program[Symbol.asyncDispose]();
    expect(await ask({ url })).toEqual({ error: "could not be asked: ECONNREFUSED" });
  });

  it("is left alone when the control plane ends", async () => {
    await using program = await WebhookProgram.start(() => undefined);
    const stop = new AbortController();
    const asked = ask(program, {}, stop.signal);
    await expect.poll(() => program.asked.length).toBe(1);
    stop.abort(new Error("the end"));
    expect(await asked).toMatchObject({ error: expect.stringContaining("could not be asked") });
  });
});
