import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const ROOT = join(import.meta.dirname, "..", "..");
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** Pictures of the page, for people to look at. */
const ARTEFACTS = join(ROOT, ".artefacts", "meet");

/** The browser to test with; undefined where none is installed. `CHROMIUM` may name another. */
export function chromiumPath(): string | undefined {
  return [process.env.CHROMIUM ?? "", ...PLACES].find((path) => path !== "" && existsSync(path));
}
export const NO_CHROMIUM = "Chromium is not installed; CHROMIUM may name another";

export const DESKTOP: BrowserContextOptions = {
  viewport: { width: 1280, height: 800 },
  locale: "en-US",
};
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 780 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 2,
  locale: "en-US",
};

/** The page as set-up builds it; its folder. */
export async function builtPage(): Promise<string> {
  await promisify(execFile)(process.execPath, [join(ROOT, "setup.mjs"), "meet-page"]);
  return join(ROOT, ".build", "meet", "page");
}

/** A real browser, and everything that went wrong in its pages. */
export class TestBrowser implements AsyncDisposable {
  readonly browser: Browser;
  /** Errors that no part of the page has caught, and what its policy has stopped. */
  readonly faults: string[] = [];

  private constructor(browser: Browser) {
    this.browser = browser;
    mkdirSync(ARTEFACTS, { recursive: true });
  }

  static async open(executablePath: string): Promise<TestBrowser> {
    // The pages are our own, and root has no sandbox.
    const args = ["--no-sandbox", "--disable-dev-shm-usage"];
    return new TestBrowser(await chromium.launch({ executablePath, args }));
  }

  /** A page of a browser of its own: nothing is kept from the one before. */
  async page(options: BrowserContextOptions): Promise<Page> {
    const context = await this.browser.newContext(options);
    const page = await context.newPage();
    this.watch(page);
    return page;
  }

  /** A further tab of the same browser. */
  async tab(page: Page): Promise<Page> {
    const next = await page.context().newPage();
    this.watch(next);
    return next;
  }

  watch(page: Page): void {
    page.on("pageerror", (error) => this.faults.push(String(error.stack)));
    page.on("console", (message) => {
      if (/Content Security Policy|Refused to/.test(message.text()))
        this.faults.push(message.text());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
  }
}

export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(ARTEFACTS, `${name}.png`) });
}

export interface Account {
  readonly id: string;
  readonly password: string;
  readonly nickname: string;
}

/** Fills the form by the names of its fields, which are the same in every language. */
export async function signUp(page: Page, { id, password, nickname }: Account): Promise<void> {
  await page.locator("button.link").click();
  await page.locator("[name=user_id]").fill(id);
  await page.locator("[name=user_pw]").fill(password);
  await page.locator("[name=nickname]").fill(nickname);
  await page.locator("[name=email]").fill(`${id}@example.org`);
  await page.locator("form button[type=submit]").click();
}
