import type { Page } from 'playwright-core';
import type { PageVisit } from '../browsers/index.js';
import type { StorageState } from '../scraping/index.js';
import type { LoginBrowser } from './login-browser.js';
import { lookInBrowser, maxCharacters, ProbeFailedError, storedBy } from './login-probes.js';
import type { LoginRecipe } from './login-secrets.js';
import type { ProbeReader } from './probe-reader.js';
import type { ProbeReading, ProbeSelectors } from './probe-reading.js';

const stepTimeoutMs = 15_000;
/** How long the answer of the site to the form may take to show. */
const answerMs = 10_000;

export interface SignInTarget extends ProbeSelectors {
  probeUrl: string;
  storageState: StorageState | null;
}

export interface SignedIn {
  reading: ProbeReading;
  storageState: StorageState;
}

/** Signs in by a recipe, in a browser, and proves it by the session's own probe. */
export class LoginSigner {
  constructor(
    private readonly browser: LoginBrowser | null,
    private readonly reader: ProbeReader,
  ) {}

  async unavailableBecause(): Promise<string | null> {
    return this.browser ? this.browser.unavailableBecause() : 'This process has no browser.';
  }

  /**
   * @returns what the probe shows afterwards; only LOGGED_IN is a success
   * @throws ProbeFailedError where it could not be tried; its message holds nothing secret
   */
  async signIn(recipe: LoginRecipe, target: SignInTarget, signal: AbortSignal): Promise<SignedIn> {
    if (!this.browser) throw new ProbeFailedError('This process has no browser.');
    // With what is stored: a device that the site knows is spared the second factor.
    return this.browser.withPage(
      { storageState: target.storageState, signal },
      async (page, context, visit) => {
        const challenge = () => this.#challengeOn(page, visit, target);
        const reading =
          (await fillForm(page, recipe, challenge)) ??
          (await lookInBrowser(page, visit, target, this.reader));
        return { reading, storageState: await storedBy(context) };
      },
    );
  }

  async #challengeOn(
    page: Page,
    { watch }: PageVisit,
    selectors: ProbeSelectors,
  ): Promise<ProbeReading | null> {
    const html = (await watch.html(maxCharacters).catch(() => null)) ?? '';
    const shown = { status: 200, url: new URL(page.url()), html, engine: 'BROWSER' as const };
    const reading = await this.reader.read(shown, selectors);
    return reading?.evidence === 'CHALLENGED' ? reading : null;
  }
}

/** @returns what stands in the way, as a captcha or a second factor; null where the probe may tell */
async function fillForm(
  page: Page,
  recipe: LoginRecipe,
  challengeOn: () => Promise<ProbeReading | null>,
): Promise<ProbeReading | null> {
  await step('The page of the recipe could not be opened.', () =>
    page.goto(recipe.url, { waitUntil: 'domcontentloaded', timeout: stepTimeoutMs }),
  );
  const field = await page
    .waitForSelector(recipe.usernameSelector, { state: 'visible', timeout: stepTimeoutMs })
    .catch(() => null);
  if (!field) {
    const challenge = await challengeOn();
    if (challenge) return challenge;
    throw new ProbeFailedError('The field for the username is not on the page of the recipe.');
  }
  const timeout = stepTimeoutMs;
  await step('The fields of the recipe could not be filled.', async () => {
    await page.fill(recipe.usernameSelector, recipe.username, { timeout });
    await page.fill(recipe.passwordSelector, recipe.password, { timeout });
  });
  const answered = page
    .waitForEvent('framenavigated', {
      predicate: (frame) => frame === page.mainFrame(),
      timeout: answerMs,
    })
    .then(() => page.waitForLoadState('load', { timeout: answerMs }))
    // A form that scripts send may stay where it is: the probe tells how it went.
    .catch(() => undefined);
  const isGone = page
    .waitForSelector(recipe.passwordSelector, { state: 'hidden', timeout: answerMs })
    .catch(() => undefined);
  await step('The button of the recipe could not be pressed.', () =>
    page.click(recipe.submitSelector, { timeout }),
  );
  await Promise.race([
    answered,
    isGone.then(() => page.waitForLoadState('networkidle', { timeout: answerMs })),
  ]).catch(() => undefined);
  return challengeOn();
}

/** What Playwright says of a fault repeats what it was to type: it is told in other words. */
async function step(fault: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch {
    throw new ProbeFailedError(fault);
  }
}
