import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Alert, Silence } from "../core/model/alert.ts";
import { type AlertBook, alertView, EMPTY_BOOK } from "../monitor/alerts/alert-book.ts";
import { acknowledgeIn, silenceIn, unsilenceIn } from "../monitor/alerts/alert-edits.ts";
import { decideAlerts } from "../monitor/alerts/decide-alerts.ts";
import { RULE_NAMES } from "../monitor/alerts/rules.ts";
import type { AlertDesk } from "./alert-routes.ts";
import { type ApiHarness, openApi } from "./api.fixture.ts";

/** A book in memory, changed by the functions that the real one is changed by. */
class MemoryDesk implements AlertDesk {
  book: AlertBook;
  constructor() {
    const subject = { kind: "Node", name: "vm-1" };
    const found = { rule: "NodeLost", subject, level: "over", summary: "silent" } as const;
    this.book = decideAlerts(EMPTY_BOOK, [found], 1_000).book;
  }
  list(): readonly Alert[] {
    return this.book.open.map(alertView);
  }
  silences(): readonly Silence[] {
    return this.book.silences;
  }
  async acknowledge(id: string, by: string, comment: string | undefined): Promise<Alert> {
    return this.#take(
      acknowledgeIn(this.book, id, { by, atMs: 5, ...(comment ? { comment } : {}) }),
    );
  }
  async silence(wish: Omit<Silence, "id" | "atMs">): Promise<Silence> {
    return this.#take(silenceIn(this.book, wish, 5));
  }
  async unsilence(id: string): Promise<Silence> {
    return this.#take(unsilenceIn(this.book, id));
  }
  #take<T>({ book, answer }: { readonly book: AlertBook; readonly answer: T }): T {
    this.book = book;
    return answer;
  }
}

let api: ApiHarness;
const desk = new MemoryDesk();
beforeAll(async () => {
  api = await openApi({}, undefined, 0, [], { alerts: desk });
});
afterAll(() => api[Symbol.asyncDispose]());
const post = (path: string, body: object) => api.ask(path, { method: "POST", body });

describe("alerts over the API", () => {
  it("are listed, narrowed, and acknowledged by who asks", async () => {
    const { body } = await api.ask("/v1/alerts?state=firing&rule=NodeLost");
    expect(body.items).toMatchObject([
      { rule: "NodeLost", state: "firing", subject: { name: "vm-1" } },
    ]);
    expect((await api.ask("/v1/alerts?state=pending")).body.items).toEqual([]);
    const id = desk.list()[0]?.id ?? "";
    const answer = await post(`/v1/alerts/${id}/acknowledge`, { comment: "on it" });
    expect(answer.body).toMatchObject({
      id,
      acknowledged: { by: "token admin", comment: "on it" },
    });
    expect((await post("/v1/alerts/nobody/acknowledge", {})).status).toBe(404);
  });

  it("are silenced for a while, and no longer", async () => {
    const match = { rule: "NodeLost", name: "vm-1" };
    const made = await post("/v1/silences", { match, minutes: 60, comment: "new disk" });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ match, by: "token admin", comment: "new disk" });
    expect((await api.ask("/v1/silences")).body.items).toEqual([made.body]);
    const path = `/v1/silences/${String(made.body.id)}`;
    expect((await api.ask(path, { method: "DELETE" })).status).toBe(200);
    expect((await api.ask(path, { method: "DELETE" })).status).toBe(404);
  });

  it("have rules that are told", async () => {
    const { body } = await api.ask("/v1/alert-rules");
    expect((body.items as { name: string }[]).map(({ name }) => name)).toEqual(RULE_NAMES);
  });

  it.each([
    ["a silence of everything", { match: {}, minutes: 5, comment: "x" }, "match must name"],
    ["one without an end", { match: { kind: "Node" }, comment: "x" }, "minutes"],
    ["one that is too long", { match: { kind: "Node" }, minutes: 1e6, comment: "x" }, "minutes"],
    ["an unknown rule", { match: { rule: "Nonsense" }, minutes: 5, comment: "x" }, "match.rule"],
    ["a word that means nothing", { match: { node: "a" }, minutes: 5, comment: "x" }, "match.node"],
  ])("refuse %s", async (_, body, message) => {
    const answer = await post("/v1/silences", body);
    expect(answer.status).toBe(422);
    expect(answer.body.message).toContain(message);
  });

  it("refuse an unknown state, and strangers", async () => {
    expect((await api.ask("/v1/alerts?state=bad")).body.message).toContain(
      "state must be one of pending",
    );
    expect((await api.ask("/v1/alerts", { token: null })).status).toBe(401);
    expect(
      (await api.ask("/v1/silences", { method: "POST", token: api.tokens.allocate })).status,
    ).toBe(403);
  });
});
