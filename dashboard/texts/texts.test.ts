import { describe, expect, it } from "vitest";
import { REASONS } from "../../core/model/reason.ts";
import { Failure } from "../net/failure.ts";
import { failureText } from "./failure-text.ts";
import { languageOf, reasonText, TABLE, textsFor } from "./texts.ts";

describe("the page's texts", () => {
  const rows = Object.entries(TABLE) as [string, readonly [unknown, unknown]][];

  it.each(["en", "ko"] as const)("are all there in %s, with the same parts", (language) => {
    const texts = textsFor(language) as unknown as Record<string, unknown>;
    for (const [name, [en, ko]] of rows) {
      expect([name, String(texts[name]).trim()]).not.toContain("");
      expect([name, typeof en]).toEqual([name, typeof ko]);
      if (typeof en === "function" && typeof ko === "function")
        expect([name, en.length]).toEqual([name, ko.length]);
    }
  });

  it("are Korean where they should be: every sentence has Hangul in it", () => {
    const foreign = rows.filter(([, [, ko]]) => !/[가-힣]/.test(String(ko)));
    expect(foreign.map(([name]) => name)).toEqual([
      ...["language", "languageLabel", "cpu", "p50", "p99", "editTitle"],
    ]);
  });

  it("say in both languages what every reason means", () => {
    for (const reason of REASONS) {
      expect(reasonText(reason, "en"), reason).toMatch(/[a-z]/);
      expect(reasonText(reason, "ko"), reason).toMatch(/[가-힣]/);
    }
    expect(reasonText("constructor", "en")).toBeUndefined();
  });

  it.each([
    [null, ["ko-KR", "en"], "ko"],
    [null, ["fr", "de"], "en"],
    ["en", ["ko"], "en"],
    ["xx", ["KO"], "ko"],
  ] as const)(
    "are chosen by the reader (%s), then by the browser (%j): %s",
    (chosen, wanted, is) => {
      expect(languageOf(chosen, wanted)).toBe(is);
    },
  );
});

describe("what went wrong", () => {
  const texts = textsFor("en");
  it.each([
    [new Failure(0, "network"), texts.failNetwork],
    [new Failure(403, "a viewer may not"), `${texts.failForbidden} (a viewer may not)`],
    [new Failure(404, ""), texts.failGone],
    [new Failure(418, "tea"), `${texts.failOther} (tea)`],
    [new TypeError("a bug"), texts.failOther],
  ])("is told with what to do: %s", (error, text) => {
    expect(failureText(error, texts)).toBe(text);
  });
});
