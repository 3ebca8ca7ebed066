import type { Browser, Page } from 'playwright-core';

/** What is measured within the page itself, where no way to it counts. */
const PROBE = `
  window.probe = {
    firstRowMs: null, longestTaskMs: 0, mostRows: 0, timed: null,
    /** Milliseconds from the next key that is pressed until something is in the page. */
    timeNextKey(selector) {
      probe.timed = new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error('After 60 s there was no ' + selector + '.')), 60_000);
        addEventListener('keydown', () => {
          const startedMs = performance.now();
          const look = () => {
            if (document.querySelector(selector)) resolve(performance.now() - startedMs);
            else requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        }, { capture: true, once: true });
      });
    },
  };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) probe.longestTaskMs = Math.max(probe.longestTaskMs, duration);
  }).observe({ type: 'longtask', buffered: true });
  const look = () => {
    const rows = document.querySelectorAll('[role=listitem][data-seq]').length;
    probe.mostRows = Math.max(probe.mostRows, rows);
    if (probe.firstRowMs === null && document.querySelector('[role=listitem] [data-open]')) {
      probe.firstRowMs = performance.now();
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
`;

export interface Probe {
  /** Since the opening of the page began; null = no row yet. */
  firstRowMs: number | null;
  /** 0 = none of 50 or more. */
  longestTaskMs: number;
  /** Rows in the page at any time, in sight or not. */
  mostRows: number;
}

/** A page of a browser that has loaded nothing before, signed in. */
export class ProbedPage {
  private constructor(readonly page: Page) {}

  static async open(browser: Browser, address: string, token: string): Promise<ProbedPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    await context.addInitScript(
      `sessionStorage.setItem('binnacle.token', ${JSON.stringify(token)});${PROBE}`,
    );
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(address);
    return new ProbedPage(page);
  }

  read(): Promise<Probe> {
    return this.page.evaluate('probe');
  }

  /** Forgets what was the most so far. */
  async startAnew(): Promise<void> {
    await this.page.evaluate('Object.assign(probe, { longestTaskMs: 0, mostRows: 0 })');
  }

  async firstRowMs(): Promise<number> {
    await this.page.locator('[role=listitem] [data-open]').first().waitFor();
    // The probe looks once a frame.
    await this.page.waitForTimeout(50);
    return (await this.read()).firstRowMs ?? 0;
  }

  /** Milliseconds from a key until something is in the page. */
  async timeKey(key: string, selector: string): Promise<number> {
    await this.page.evaluate(`probe.timeNextKey(${JSON.stringify(selector)})`);
    await this.page.keyboard.press(key);
    return this.page.evaluate('probe.timed');
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
