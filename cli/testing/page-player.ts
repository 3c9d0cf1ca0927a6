import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";

const ARTEFACTS = join(import.meta.dirname, "../../.artefacts/meet");
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const SEEN_WITHIN_MS = 30_000;

/** The browser to test with; undefined where none is installed. */
export function chromiumPath(): string | undefined {
  return [process.env.CHROMIUM ?? "", ...PLACES].find((path) => path !== "" && existsSync(path));
}

interface Box {
  readonly width: number;
  readonly height: number;
}

/** For tests: one player with a browser of its own, which shows no motion but that of people. */
export class PagePlayer implements AsyncDisposable {
  readonly page: Page;
  readonly id: string;
  /** Errors that no part of the page has caught. */
  readonly faults: string[] = [];

  private constructor(page: Page, id: string) {
    this.page = page;
    this.id = id;
    page.on("pageerror", (error) => this.faults.push(String(error.stack)));
    mkdirSync(ARTEFACTS, { recursive: true });
  }

  /** Opens the page and signs up. */
  static async signUp(
    browser: Browser,
    url: string,
    [id, nickname]: readonly [id: string, nickname: string],
    options: BrowserContextOptions,
  ): Promise<PagePlayer> {
    const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(url);
    await page.locator("button.link").click();
    const fields = { user_id: id, user_pw: "correct horse", nickname, email: `${id}@example.org` };
    for (const [name, text] of Object.entries(fields))
      await page.locator(`[name=${name}]`).fill(text);
    await page.locator("form button[type=submit]").click();
    await page.locator("nav").waitFor();
    return new PagePlayer(page, id);
  }

  get world(): Locator {
    return this.page.locator("canvas.world");
  }
  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: join(ARTEFACTS, `${name}.png`) });
  }

  async say(text: string): Promise<void> {
    const field = this.page.locator(".composer input");
    await field.fill(text);
    await field.press("Enter");
  }

  /** Waits until what is drawn stands still, and remembers it. */
  async look(): Promise<void> {
    await this.world.evaluate(remember);
    for (const until = Date.now() + SEEN_WITHIN_MS; Date.now() < until; ) {
      await sleep(300);
      const change = await this.world.evaluate(changeOf);
      if (!change) return;
      await this.world.evaluate(remember);
    }
    throw new Error(`what ${this.id} sees does not come to rest`);
  }

  /** Waits until another picture is drawn than the one remembered, with a change of at least that size in pixels. */
  async sees({ width, height }: Box): Promise<void> {
    let last: Box | undefined;
    for (const until = Date.now() + SEEN_WITHIN_MS; Date.now() < until; await sleep(50)) {
      last = await this.world.evaluate(changeOf);
      if (last && last.width >= width && last.height >= height) return;
    }
    throw new Error(`${this.id} does not see it: ${JSON.stringify(last)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}

// They run in the page, whose words are not known here.
type Pixels = { readonly data: Uint8ClampedArray };
interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: "2d"): { getImageData(x: number, y: number, w: number, h: number): Pixels };
  before?: Uint8ClampedArray;
}
const remember = (element: unknown): void => {
  const canvas = element as Canvas;
  canvas.before = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
};
const changeOf = (element: unknown): Box | undefined => {
  const canvas = element as Canvas;
  const { width, height, before } = canvas;
  const now = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  if (!before || before.length !== now.length) return { width, height };
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let i = 0; i < now.length; i += 4) {
    if (now[i] === before[i] && now[i + 1] === before[i + 1] && now[i + 2] === before[i + 2])
      continue;
    const [x, y] = [(i / 4) % width, Math.floor(i / 4 / width)];
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
  }
  return right < 0 ? undefined : { width: right - left + 1, height: bottom - top + 1 };
};
