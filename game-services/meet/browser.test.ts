import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { png } from "../asset/asset.fixture.ts";
import { AWAY, TestMeet } from "./meet.fixture.ts";
import { TestServices } from "./services.fixture.ts";
import {
  builtPage,
  chromiumPath,
  DESKTOP,
  NO_CHROMIUM,
  PHONE,
  picture,
  signUp,
  TestBrowser,
} from "./test-browser.fixture.ts";

const WAIT_MS = 60_000;
/** A page on a busy machine takes longer to draw than the second that is waited otherwise. */
const DRAWN = { timeout: 20_000 };
const executable = chromiumPath();
let services: TestServices;
let meet: TestMeet;
let chromium: TestBrowser;
let count = 0;

beforeAll(async () => {
  if (executable === undefined) return;
  services = await TestServices.open();
  const behind = { login: services.url("login"), asset: services.url("asset"), room: AWAY };
  meet = await TestMeet.open({ page: await builtPage(), services: behind });
  chromium = await TestBrowser.open(executable);
}, WAIT_MS);
afterAll(async () => {
  await chromium?.[Symbol.asyncDispose]();
  await meet?.[Symbol.asyncDispose]();
  await services?.[Symbol.asyncDispose]();
}, WAIT_MS);
beforeEach((context) => {
  if (executable === undefined) context.skip(NO_CHROMIUM);
  chromium.faults.length = 0;
});

const account = (nickname = "Ann") => {
  count += 1;
  return { id: `player-${count}`, password: "correct horse", nickname };
};
async function opened(options = DESKTOP): Promise<Page> {
  const page = await chromium.page(options);
  await page.goto(meet.url);
  return page;
}
const button = (page: Page, name: string | RegExp) =>
  page.getByRole("button", { name, exact: true });
/** The page says it of itself a frame after its words are there. */
const spokenIn = (page: Page, language: string): Promise<void> =>
  page.locator(`html[lang=${language}]`).waitFor({ state: "attached" });

// They run in the page, whose words are not known here.
const widthOf = (image: unknown): number => (image as { naturalWidth: number }).naturalWidth;
const pixelsOf = (canvas: unknown): string => (canvas as { toDataURL(): string }).toDataURL();

describe("the way in", { timeout: WAIT_MS }, () => {
  it("lets a new player in, out and in again, and says beside a field what is wrong with it", async () => {
    const page = await opened();
    const ann = account();
    await button(page, "Play at once").waitFor();
    await picture(page, "way-in");
    await signUp(page, ann);
    await page.getByRole("heading", { name: "My maps" }).waitFor();
    await button(page, "Log out").click();
    await page.getByLabel("User name").fill(ann.id);
    await page.getByLabel("Password").fill("wrong horse");
    await button(page, "Log in").click();
    await page.getByText("The password is wrong.").waitFor();
    expect(await page.getByLabel("Password").getAttribute("aria-invalid")).toBe("true");
    await picture(page, "wrong-password");
    await page.getByLabel("Password").fill(ann.password);
    await button(page, "Log in").click();
    await page.getByText(ann.nickname, { exact: true }).waitFor();
    await button(page, "Log out").click();
    await signUp(page, ann);
    await page.getByText("This user name is taken.").waitFor();
    expect(chromium.faults).toEqual([]);
    await page.context().close();
  });

  it("lets somebody play at once, and knows the browser again", async () => {
    const page = await opened();
    const nick = page.locator(".nick");
    await button(page, "Play at once").click();
    const first = await nick.textContent();
    expect(first).toMatch(/^guest-/);
    await button(page, "Log out").click();
    await button(page, "Play at once").click();
    await nick.waitFor();
    expect(await nick.textContent()).toBe(first);
    await page.context().close();
  });

  it("can be used by keys alone", async () => {
    const page = await opened();
    await button(page, "Play at once").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.type("nobody-here");
    await page.keyboard.press("Tab");
    await page.keyboard.type("some password");
    await page.keyboard.press("Enter");
    await page.getByText("There is no such user.").waitFor();
    await page.context().close();
  });
});

describe("a session", { timeout: WAIT_MS }, () => {
  it("is one in all tabs: one refresh token is spent, and logging out is for all", async () => {
    const page = await opened();
    await signUp(page, account());
    await page.getByRole("heading", { name: "My maps" }).waitFor();
    const tab = await chromium.tab(page);
    await tab.goto(meet.url);
    await tab.getByRole("heading", { name: "My maps" }).waitFor();
    const trades: string[] = [];
    page.context().on("request", (request) => {
      if (request.url().includes("/token/refresh")) trades.push(String(request.postData()));
    });
    const turn = (): Promise<unknown> =>
      page.evaluate(
        `JSON.parse(localStorage.getItem("flotilla.meet.session")).refresh_token.split(".")[1]`,
      );
    expect(await turn()).toBe("0");
    // Both find their token too old at the same moment.
    await page.evaluate(`(() => {
      const key = "flotilla.meet.session";
      const kept = JSON.parse(localStorage.getItem(key));
      localStorage.setItem(key, JSON.stringify({ ...kept, expires_at: 0 }));
    })()`);
    await Promise.all([page.reload(), tab.reload()]);
    for (const one of [page, tab]) {
      await one.getByRole("link", { name: "Things" }).click();
      await one.getByText("You have made nothing yet.").waitFor();
    }
    // Seldom one asks again with the token that is being spent, and is answered the same: no second one is.
    expect(trades.length).toBeGreaterThan(0);
    expect(new Set(trades).size).toBe(1);
    expect(await turn()).toBe("1");
    await button(tab, "Log out").click();
    await button(page, "Play at once").waitFor();
    await page.context().close();
  });

  it("of somebody else, who logged in in another tab, is not undone by tokens that come late", async () => {
    const page = await opened();
    await signUp(page, account());
    await page.getByRole("heading", { name: "My maps" }).waitFor();
    const tab = await chromium.tab(page);
    await tab.goto(meet.url);
    const [traded, late] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await page.route("**/token/refresh", async (route) => {
      const response = await route.fetch();
      traded.resolve();
      await late.promise;
      await route.fulfill({ response });
    });
    await page.evaluate(`(() => {
      const key = "flotilla.meet.session";
      const kept = JSON.parse(localStorage.getItem(key));
      localStorage.setItem(key, JSON.stringify({ ...kept, expires_at: 0 }));
    })()`);
    await page.reload();
    await traded.promise;
    await button(tab, "Log out").click();
    await button(tab, "Play at once").click();
    await tab.getByRole("heading", { name: "My maps" }).waitFor();
    const answered = page.waitForResponse("**/token/refresh");
    late.resolve();
    await (await answered).finished();
    await page.getByRole("link", { name: "Things" }).click();
    await page.getByText("You have made nothing yet.").waitFor();
    for (const one of [page, tab]) await one.locator(".nick", { hasText: /^guest-/ }).waitFor();
    await page.context().close();
  });

  it("that was ended elsewhere says so, and asks to log in", async () => {
    const page = await opened();
    await signUp(page, account());
    await page.getByRole("heading", { name: "My maps" }).waitFor();
    await page.evaluate(`(async () => {
      const key = "flotilla.meet.session";
      const kept = JSON.parse(localStorage.getItem(key));
      const headers = { authorization: "Bearer " + kept.access_token };
      await fetch("/login/logout/everywhere", { method: "POST", headers });
      localStorage.setItem(key, JSON.stringify({ ...kept, expires_at: 0 }));
    })()`);
    await page.reload();
    await page.getByRole("alert").getByText("You were logged out. Log in again.").waitFor();
    await page.context().close();
  });
});

describe("things", { timeout: WAIT_MS }, () => {
  it("are made with a picture that is shown before it is sent, published, changed and deleted", async () => {
    const page = await opened();
    await signUp(page, account());
    await page.getByRole("link", { name: "Things" }).click();
    await button(page, "New thing").click();
    await page.getByLabel("Name", { exact: true }).fill("Lamp");
    await page.getByLabel("Price").fill("12");
    const file = { name: "lamp.png", mimeType: "image/png", buffer: png(900, 900, 180) };
    await page.getByLabel("Picture", { exact: true }).setInputFiles(file);
    await page.getByAltText("How it will look on a map").waitFor();
    await picture(page, "new-thing");
    await button(page, "Save").click();
    const lamp = page.getByRole("article", { name: "Lamp" });
    await lamp.getByText("12 coins").waitFor();
    await expect.poll(() => lamp.locator("img").evaluate(widthOf), DRAWN).toBe(512);
    await button(page, "Publish").click();
    await lamp.getByText("Everybody may use it").waitFor();
    await picture(page, "things");
    await lamp.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Tall lamp");
    await button(page, "Save").click();
    await page.getByRole("article", { name: "Tall lamp" }).waitFor();
    page.once("dialog", (dialog) => void dialog.accept());
    await button(page, "Delete").click();
    await page.getByText("You have made nothing yet.").waitFor();
    expect(chromium.faults).toEqual([]);
    await page.context().close();
  });

  it("are not made of what is no picture", async () => {
    const page = await opened();
    await signUp(page, account());
    await page.getByRole("link", { name: "Things" }).click();
    await button(page, "New thing").click();
    const file = { name: "x.png", mimeType: "image/png", buffer: Buffer.from("not a picture") };
    await page.getByLabel("Picture", { exact: true }).setInputFiles(file);
    await page.getByText("This file is not a picture that can be used.").waitFor();
    await page.context().close();
  });
});

describe("the page", { timeout: WAIT_MS }, () => {
  it("is Korean for a Korean browser, changes when asked, and remembers that", async () => {
    const page = await opened({ ...DESKTOP, locale: "ko-KR" });
    await button(page, "바로 시작하기").waitFor();
    await spokenIn(page, "ko");
    await picture(page, "way-in-korean");
    await signUp(page, account("앤"));
    await page.getByRole("heading", { name: "내 맵" }).waitFor();
    await page.getByText("지금은 맵을 불러올 수 없어요.").first().waitFor();
    await picture(page, "maps-korean");
    await button(page, "Show in English").click();
    await page.getByRole("heading", { name: "My maps" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "My maps" }).waitFor();
    await spokenIn(page, "en");
    await page.context().close();
  });

  it("fits a phone: nothing is wider than the screen, and what is tapped is large enough", async () => {
    const page = await opened(PHONE);
    const check = async (name: string): Promise<void> => {
      await picture(page, name);
      // For a moment after a picture Chromium says 2^25.
      const width = (): Promise<unknown> => page.evaluate("document.documentElement.scrollWidth");
      await expect.poll(width, { ...DRAWN, message: name }).toBe(390);
      const small = await page.evaluate(`[...document.querySelectorAll("button, a.button, select")]
        .map((one) => [one.textContent || one.ariaLabel, one.getBoundingClientRect()])
        .filter(([, { width, height }]) => width > 0 && (height < 36 || width < 36))
        .map(([text]) => text)`);
      expect([name, small]).toEqual([name, []]);
    };
    await button(page, "Play at once").waitFor();
    await check("phone-way-in");
    await button(page, "Play at once").tap();
    await page.getByRole("heading", { name: "My maps" }).waitFor();
    await check("phone-maps");
    await page.getByRole("link", { name: "Things" }).tap();
    await button(page, "New thing").tap();
    await check("phone-new-thing");
    await button(page, "Cancel").tap();
    await page.goto(`${meet.url}/#/edit`);
    await button(page, "Wall").waitFor();
    await check("phone-editor");
    await page.context().close();
  });

  it("says which service is away, and goes on when it is back", async () => {
    const page = await opened();
    await signUp(page, account());
    await page.getByText("Maps cannot be loaded right now.").first().waitFor();
    await services.stop("asset");
    await page.getByRole("link", { name: "Things" }).click();
    await page.getByText("Things cannot be loaded right now.").first().waitFor();
    await picture(page, "service-away");
    await services.start("asset");
    await button(page, "Try again").first().click();
    await page.getByText("You have made nothing yet.").waitFor();
    await button(page, "Log out").click();
    await services.stop("login");
    await button(page, "Play at once").click();
    await page.getByText("Logging in is not possible right now.").waitFor();
    await services.start("login");
    await button(page, "Play at once").click();
    await page.getByRole("link", { name: "Things" }).waitFor();
    expect(chromium.faults).toEqual([]);
    await page.context().close();
  });

  it("paints a map by mouse and by keys, and steps back and forth", async () => {
    const page = await opened({ ...DESKTOP, reducedMotion: "reduce" });
    await signUp(page, account());
    await page.getByRole("link", { name: "New map" }).click();
    const canvas = page.getByRole("application");
    const shown = () => canvas.evaluate(pixelsOf);
    await button(page, "Water").click();
    await canvas.focus();
    const before = await shown();
    await page.keyboard.press("Space");
    await expect.poll(shown, DRAWN).not.toBe(before);
    const { x = 0, y = 0, width = 0 } = (await canvas.boundingBox()) ?? {};
    await button(page, "Floor").click();
    await page.mouse.move(x + width / 3, y + 200);
    await page.mouse.down();
    await page.mouse.move(x + width / 2, y + 240, { steps: 5 });
    await page.mouse.up();
    await page.mouse.move(x + 4, y - 30);
    await picture(page, "editor");
    for (const _ of [1, 2]) await button(page, "Undo").click();
    await expect.poll(() => button(page, "Undo").isDisabled(), DRAWN).toBe(true);
    await page.keyboard.press("Control+Shift+z");
    await expect.poll(() => button(page, "Undo").isEnabled(), DRAWN).toBe(true);
    await page.getByLabel("Width").fill("40");
    await button(page, "Resize").click();
    await button(page, "Resize").waitFor({ state: "detached" });
    await page.context().close();
  });
});
