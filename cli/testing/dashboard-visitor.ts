import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Locator, Page, Response } from "playwright-core";

const ARTEFACTS = join(import.meta.dirname, "../../.artefacts/dashboard");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Chromium tells of every answer that is an error; that they are is what some tests are about. */
const ANSWER = /Failed to load resource|net::ERR_/;
const SAID_WITHIN_MS = 60_000;

export const DESKTOP: BrowserContextOptions = {
  viewport: { width: 1440, height: 900 },
  locale: "en-US",
  colorScheme: "light",
};
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  locale: "ko-KR",
  colorScheme: "dark",
};

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** For tests: one person with a browser of its own on the dashboard, and everything that went wrong there. */
export class DashboardVisitor implements AsyncDisposable {
  readonly page: Page;
  readonly url: string;
  /** Errors of scripts, of the console, of the page's policy, and requests to elsewhere. */
  readonly faults: string[] = [];

  private constructor(page: Page, url: string) {
    this.page = page;
    this.url = url;
    mkdirSync(ARTEFACTS, { recursive: true });
    page.on("pageerror", (error) => this.faults.push(String(error.stack)));
    page.on("console", (message) => {
      const isFault = ["error", "warning"].includes(message.type()) && !ANSWER.test(message.text());
      if (isFault) this.faults.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(`${url}/`)) this.faults.push(`asks ${request.url()}`);
    });
  }

  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = DESKTOP,
  ): Promise<DashboardVisitor> {
    const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
    return new DashboardVisitor(await context.newPage(), url);
  }

  /** Opens a one-time link and sets a password. */
  async welcome(link: string, user: string, password: string): Promise<void> {
    await this.page.goto(link);
    await this.page.locator("[name=user]").fill(user);
    await this.page.locator("[name=password]").fill(password);
    await this.page.locator("form button[type=submit]").click();
    await this.page.locator("nav.sidebar").waitFor({ state: "attached" });
  }

  async signIn(user: string, password: string): Promise<void> {
    await this.page.goto(this.url);
    await this.page.locator("[name=user]").fill(user);
    await this.page.locator("[name=password]").fill(password);
    await this.page.locator("form button[type=submit]").click();
  }

  /** Resolves when the server has ended the session and the page shows it. */
  async signOut(): Promise<void> {
    const isEnd = (answer: Response): boolean =>
      answer.request().method() === "DELETE" && answer.url().endsWith("/v1/session");
    const [answer] = await Promise.all([
      this.page.waitForResponse(isEnd),
      this.button("Sign out").click(),
    ]);
    if (!answer.ok()) throw new Error(`signing out was answered with ${answer.status()}`);
    await this.page.getByRole("heading", { name: "Sign in" }).waitFor();
  }

  /** Goes to a page by its address, without loading anew; resolves when its heading is there. */
  async go(hash: string, heading: string | RegExp): Promise<void> {
    await this.page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    await this.page.getByRole("heading", { level: 1, name: heading }).waitFor();
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }
  /** The open dialog. */
  get dialog(): Locator {
    return this.page.locator("dialog[open]");
  }

  /** Opens an action and fills it in; answers what the dialog says once the players are counted. */
  async begin(
    button: string,
    values: Readonly<Record<string, string>> = {},
    place: Locator = this.page.locator("main"),
  ): Promise<string> {
    await place.getByRole("button", { name: button, exact: true }).first().click();
    for (const [name, value] of Object.entries(values)) {
      const choice = this.dialog.locator(`select[name=${name}]`);
      const text = this.dialog.locator(`input[name=${name}]`);
      // The dialog is drawn after the click: only then can be counted what it has.
      await choice.or(text).waitFor();
      if ((await choice.count()) > 0) await choice.selectOption(value);
      else await text.fill(value);
    }
    await this.confirm.waitFor();
    return (await this.dialog.textContent()) ?? "";
  }

  /** The same, and confirms it; resolves when it is done. */
  async act(...action: Parameters<DashboardVisitor["begin"]>): Promise<string> {
    const said = await this.begin(...action);
    await this.confirm.click();
    await this.dialog.waitFor({ state: "detached" });
    return said;
  }

  /** Confirms what is open, and waits for the words that say why it was not done. */
  async isRefused(words: string | RegExp): Promise<void> {
    await this.confirm.click();
    await this.dialog.getByText(words).waitFor();
    await this.page.keyboard.press("Escape");
    await this.dialog.waitFor({ state: "detached" });
  }

  /** Resolves when a part of the page has said it, for however short a time: to be called before what brings it. */
  async saysOnce(part: string, words: RegExp): Promise<void> {
    const isSaid = await this.page.evaluate(`new Promise((resolve) => {
      const isThere = () => [...document.querySelectorAll("${part}")].some((one) => ${words}.test(one.textContent));
      const look = () => isThere() && resolve(true);
      new MutationObserver(look).observe(document.body, { childList: true, characterData: true, subtree: true });
      setTimeout(resolve, ${SAID_WITHIN_MS}, false);
      look();
    })`);
    if (!isSaid) throw new Error(`${part} did not say ${words}`);
  }

  /** What does what is open, once the players are counted. */
  get confirm(): Locator {
    return this.dialog.locator("button[type=submit]:enabled");
  }

  /** The whole text of the file that a link saves, and where it comes from. */
  async saved(link: string): Promise<{ readonly url: string; readonly text: string }> {
    const [download] = await Promise.all([
      this.page.waitForEvent("download"),
      this.page.getByRole("link", { name: link }).click(),
    ]);
    return { url: download.url(), text: readFileSync(await download.path(), "utf8") };
  }

  /** Resolves when nothing on the page is being loaded any more. */
  async settled(): Promise<void> {
    await this.page.locator(".loading").first().waitFor({ state: "detached" });
  }

  /** What axe finds wrong, in light, and with the colours of the dark; each with the first place where it is. */
  async axe(): Promise<readonly string[]> {
    if (!(await this.page.evaluate('typeof axe === "object"'))) await this.page.evaluate(AXE);
    const found: string[] = [];
    for (const colorScheme of ["dark", "light"] as const) {
      await this.page.emulateMedia({ colorScheme });
      const only = colorScheme === "dark" ? ', runOnly: ["color-contrast"]' : "";
      const run = `axe.run(document, { resultTypes: ["violations"]${only} })`;
      const { violations } = (await this.page.evaluate(run)) as { violations: Violation[] };
      for (const { id, nodes } of violations)
        found.push(`${this.page.url()} ${colorScheme} ${id}: ${nodes[0]?.html.slice(0, 160)}`);
    }
    return found;
  }

  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: join(ARTEFACTS, `${name}.png`), fullPage: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}
