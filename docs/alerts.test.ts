import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { signatureOf } from "../monitor/alerts/alert-webhook.ts";
import { RULE_NAMES, RULES } from "../monitor/alerts/rules.ts";

const guide = readFileSync(join(import.meta.dirname, "alerts.md"), "utf8");

describe("docs/alerts.md", () => {
  it("has the table of rules as it is", () => {
    const rows = RULE_NAMES.map((name) => {
      const { severity, summary, forMs, resolveMs } = RULES[name];
      const wait = forMs === 0 ? "at once" : `${forMs / 1_000} s`;
      return `| \`${name}\` | ${severity} | ${summary} | ${wait} | ${resolveMs / 1_000} s |`;
    });
    const [, table = ""] = /\| rule \|.*\n\|[-|]+\n((?:\|.*\n)+)/.exec(guide) ?? [];
    expect(table.trimEnd().split("\n")).toEqual(rows);
  });

  it("shows a receiver that tells our signature from others", async () => {
    const [, code = ""] = /```js\n([\s\S]*?)```/.exec(guide) ?? [];
    const folder = mkdtempSync(join(tmpdir(), "flotilla-receiver-"));
    try {
      const file = join(folder, "receiver.mjs");
      writeFileSync(file, code);
      const { isFromFlotilla } = (await import(file)) as {
        isFromFlotilla(
          header: string | undefined,
          body: string,
          secret: string,
          now: number,
        ): boolean;
      };
      const seconds = 1_764_329_000;
      const now = seconds * 1_000;
      const header = signatureOf("hush", seconds, "{}");
      expect(isFromFlotilla(header, "{}", "hush", now)).toBe(true);
      expect(isFromFlotilla(header, "{} ", "hush", now)).toBe(false);
      expect(isFromFlotilla(header, "{}", "other", now)).toBe(false);
      expect(isFromFlotilla(header, "{}", "hush", now + 600_000)).toBe(false);
      expect(isFromFlotilla(undefined, "{}", "hush", now)).toBe(false);
      expect(isFromFlotilla("t=1,v1=zz", "{}", "hush", now)).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("shows a message whose fields are those of an alert", () => {
    const [, text = ""] = /```json\n([\s\S]*?)```/.exec(guide) ?? [];
    const { alert } = JSON.parse(text) as { alert: { rule: string; severity: string } };
    expect(RULE_NAMES).toContain(alert.rule);
    expect(RULES[alert.rule as "NodeLost"].severity).toBe(alert.severity);
  });
});
