import { afterEach, describe, expect, it } from "vitest";
import { made } from "../../core/model/admit-inputs.ts";
import type { FleetAutoscaler } from "../../core/model/fleet-autoscaler.ts";
import { FakeClock } from "../../core/std/fake-clock.ts";
import type { WebhookAnswer } from "../decide/autoscale/want.ts";
import { AutoscalerWebhooks, WEBHOOKS_DEFAULTS } from "./autoscaler-webhooks.ts";
import { WebhookProgram, wants } from "./webhook.fixture.ts";

const FLEET = made("Fleet");
const EVERY_MS = 30_000;

class Bench {
  readonly clock = new FakeClock(0);
  readonly heard: string[] = [];
  readonly webhooks: AutoscalerWebhooks;

  constructor(bounds: { readonly asksMax?: number; readonly waitingMax?: number } = {}) {
    this.webhooks = new AutoscalerWebhooks({
      ...WEBHOOKS_DEFAULTS,
      ...bounds,
      clock: this.clock,
      newUid: () => "u-1",
      onAnswer: ({ metadata }) => this.heard.push(metadata.uid),
    });
  }

  /** One look of an autoscaler that asks this place, as its loop does it. */
  look(url: string, uid = "a"): { readonly answer: WebhookAnswer | undefined; dueInMs?: number } {
    const autoscaler = autoscalerOf(uid);
    const look = this.webhooks.look(autoscaler);
    const answer = look.answerOf({ url });
    const dueInMs = this.webhooks.ask(autoscaler, FLEET, look);
    return { answer, ...(dueInMs === undefined ? {} : { dueInMs }) };
  }
}

function autoscalerOf(uid: string): FleetAutoscaler {
  const autoscaler = made("FleetAutoscaler");
  return { ...autoscaler, metadata: { ...autoscaler.metadata, uid } };
}

describe("the webhooks of autoscalers", () => {
  const open: AsyncDisposable[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
  });
  const program = async (answers: boolean): Promise<WebhookProgram> => {
    const one = await WebhookProgram.start((_, response) => answers && response.end(wants(7)));
    open.push(one);
    return one;
  };

  it("are asked once in each sync interval, however often they are looked at", async () => {
    const { url, asked } = await program(true);
    const bench = new Bench();
    for (let i = 0; i < 50; i++) expect(bench.look(url).answer).toBeUndefined();
    await expect.poll(() => bench.heard).toEqual(["a"]);
    const answer = { scale: true, replicas: 7 };
    for (let i = 0; i < 50; i++) expect(bench.look(url)).toEqual({ answer, dueInMs: EVERY_MS });
    await bench.clock.advance(EVERY_MS - 1);
    expect(bench.look(url)).toEqual({ answer, dueInMs: 1 });
    expect(asked).toHaveLength(1);
    await bench.clock.advance(1);
    expect(bench.look(url)).toEqual({ answer });
    await expect.poll(() => bench.heard).toEqual(["a", "a"]);
    expect(asked).toHaveLength(2);
  });

  it("say nothing any more after a pause in which nobody looked", async () => {
    const { url } = await program(true);
    const bench = new Bench();
    bench.look(url);
    await expect.poll(() => bench.heard).toEqual(["a"]);
    await bench.clock.advance(2 * EVERY_MS + WEBHOOKS_DEFAULTS.answerWithinMs + 1);
    expect(bench.look(url).answer).toBeUndefined();
    await expect.poll(() => bench.heard).toEqual(["a", "a"]);
    expect(bench.look(url).answer).toEqual({ scale: true, replicas: 7 });
  });

  it("are asked a few at once, in turn, and no more wait than may", async () => {
    const { url, asked } = await program(false);
    const bench = new Bench({ asksMax: 2, waitingMax: 3 });
    for (let i = 0; i < 9; i++) bench.look(url, `a${i}`);
    await expect.poll(() => asked.length).toBe(2);
    bench.webhooks.stop();
    const more = new Bench({ asksMax: 2, waitingMax: 3 });
    const { url: quick, asked: all } = await program(true);
    for (let i = 0; i < 9; i++) more.look(quick, `a${i}`);
    await expect.poll(() => more.heard.length).toBe(5);
    expect(all).toHaveLength(5);
    expect(asked).toHaveLength(2);
    more.look(quick, "a8");
    await expect.poll(() => more.heard.at(-1)).toBe("a8");
  });

  it("are forgotten with their autoscaler, and nothing is asked after the end", async () => {
    const { url, asked } = await program(true);
    const bench = new Bench();
    bench.look(url);
    await expect.poll(() => bench.heard).toEqual(["a"]);
    bench.webhooks.forget(new Set());
    expect(bench.look(url).answer).toBeUndefined();
    await expect.poll(() => bench.heard).toEqual(["a", "a"]);
    bench.webhooks.stop();
    bench.look(url, "b");
    await bench.clock.advance(EVERY_MS);
    bench.look(url);
    expect(asked).toHaveLength(2);
  });
});
