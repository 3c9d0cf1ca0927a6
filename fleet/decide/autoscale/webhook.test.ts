import { describe, expect, it } from "vitest";
import { made } from "../../../core/model/admit-inputs.ts";
import type { FleetAutoscalerPolicy, PolicyStatus } from "../../../core/model/fleet-autoscaler.ts";
import { factsOf } from "./facts.fixture.ts";
import { decidePolicy } from "./policy.ts";
import type { WebhookAnswer } from "./want.ts";
import { readReview, reviewOf } from "./webhook.ts";

const WEBHOOK = { url: "http://user:secret@127.0.0.1:8000/scale?token=secret" };
const ALONE = { type: "Webhook", webhook: WEBHOOK } as const;
const BUFFER = { bufferSize: 2, minReplicas: 0, maxReplicas: 50 };
const decide = (
  answer: WebhookAnswer | undefined,
  policy: FleetAutoscalerPolicy = ALONE,
  last: readonly PolicyStatus[] = [],
) => decidePolicy(policy, factsOf({ current: 4, held: 3, webhook: () => answer }), last, 0);

describe("a webhook's wish", () => {
  it.each([
    ["is any number", { scale: true, replicas: 40 }, 40],
    ["may be none, though servers are held", { scale: true, replicas: 0 }, 0],
    ["may be no change, whatever the number", { scale: false, replicas: 9 }, 4],
    ["is no change before its first answer", undefined, 4],
  ] as const)("%s", (_, answer, desired) => {
    const decision = decide(answer);
    expect(decision).toMatchObject({ desired, limited: false, applied: "Webhook" });
    expect(decision.because).toBeUndefined();
  });

  it("stays what it was while the webhook fails, with the reason, and tells no password", () => {
    const [good] = decide({ scale: true, replicas: 9 }).policies;
    if (!good) throw new Error("there is one policy");
    expect(decide({ error: "answered 503 instead of 200" }, ALONE, [good])).toMatchObject({
      desired: 9,
      because: "WebhookFailed",
      message: "the webhook at http://127.0.0.1:8000/scale answered 503 instead of 200; 9 stands",
    });
    expect(decide({ error: "answered 503 instead of 200" })).toMatchObject({ desired: 4 });
  });

  it("stays none while the webhook fails, though servers are held", () => {
    const [none] = decide({ scale: true, replicas: 0 }).policies;
    if (!none) throw new Error("there is one policy");
    expect(decide({ error: "fails" }, ALONE, [none]).desired).toBe(0);
  });

  it("is passed over in a chain only when it fails", () => {
    const chain: FleetAutoscalerPolicy = {
      type: "Chain",
      chain: [
        { id: "ask", ...ALONE },
        { id: "spare", type: "Buffer", buffer: BUFFER },
      ],
    };
    const applied = [undefined, { scale: true, replicas: 9 }, { error: "fails" }].map(
      (answer) => decide(answer, chain).applied,
    );
    expect(applied).toEqual(["Chain:ask:Webhook", "Chain:ask:Webhook", "Chain:spare:Buffer"]);
  });
});

describe("a FleetAutoscaleReview", () => {
  it("has the fleet's name, status, labels and annotations, and no answer yet", () => {
    const metadata = { name: "arena", labels: { map: "a" }, annotations: { limit: "5" } };
    const fleet = made("Fleet", { metadata });
    expect(reviewOf(fleet, "u-1")).toEqual({
      request: {
        uid: "u-1",
        name: "arena",
        namespace: "default",
        status: fleet.status,
        labels: { map: "a" },
        annotations: { limit: "5" },
      },
      response: null,
    });
  });

  // biome-ignore format: one line per case
  it.each([
    ["a number", { response: { uid: "u", scale: true, replicas: 3 } }, { scale: true, replicas: 3 }],
    ["what is left out as Agones does", { response: {} }, { scale: false, replicas: 0 }],
    ["no response as a failure", { request: {}, response: null }, { error: "answered without a response" }],
    ["a list as a failure", [], { error: "answered with something that is no JSON object" }],
    ["a word for scale as a failure", { response: { scale: "yes" } }, { error: 'answered with a scale that is neither true nor false: "yes"' }],
    ["fewer than none as a failure", { response: { scale: true, replicas: -1 } }, { error: "answered with replicas that cannot be: -1" }],
    ["half a server as a failure", { response: { scale: true, replicas: 1.5 } }, { error: "answered with replicas that cannot be: 1.5" }],
    ["more than any fleet as a failure", { response: { scale: true, replicas: 1_000_001 } }, { error: "answered with replicas that cannot be: 1000001" }],
  ])("is read with %s", (_, review, answer) => {
    expect(readReview(JSON.stringify(review))).toEqual(answer);
  });

  it("is no text", () => {
    expect(readReview("<html>")).toEqual({
      error: "answered with something that is no JSON object",
    });
  });
});
