import type { LoginEvidence } from './login-session.entity.js';

export interface ProbeSelectors {
  loggedInSelector: string | null;
  loggedOutSelector: string | null;
}

export interface ProbedPage {
  status: number;
  url: URL;
  /** Which of `signsOf` are on it. */
  isThere: readonly boolean[];
  /** By what it was opened. */
  engine: 'HTTP' | 'BROWSER';
}

export interface ProbeReading {
  evidence: LoginEvidence;
  /** A sentence without anything secret. */
  detail: string;
  /** Something on the page says so; else it follows from what is missing there, which scripts may have added. */
  isShown: boolean;
}

const secondFactor =
  'input[autocomplete~="one-time-code"], input[name="otp"], input[name="totp"], input[name="otp_code"], input[name="mfa_code"], input[name="two_factor_code"]';
const captcha =
  '.g-recaptcha, .h-captcha, .cf-turnstile, #challenge-form, #cf-challenge-running, iframe[src*="recaptcha/"], iframe[src*="hcaptcha.com"], iframe[src*="challenges.cloudflare.com"], iframe[src*="captcha-delivery.com"]';

const nowhere = ':not(*)';

/** What is to be looked for on a page. */
export function signsOf({ loggedInSelector, loggedOutSelector }: ProbeSelectors): string[] {
  return [loggedInSelector ?? nowhere, loggedOutSelector ?? nowhere, secondFactor, captcha];
}

/**
 * What a page says of being signed in. What proves it comes first, for a page behind a sign-in may carry a captcha as well. A
 * sign-in form with a captcha is signed out; a page that wants a code is a challenge, whatever else stands on it.
 * @returns null where the page is a fault of the site, which says nothing of the session
 */
export function readProbe(page: ProbedPage, selectors: ProbeSelectors): ProbeReading | null {
  const { isThere, status, engine } = page;
  const { loggedInSelector, loggedOutSelector } = selectors;
  const where = `at ${plainAddress(page.url)} (${engine === 'HTTP' ? 'by HTTP' : 'in a browser'})`;
  const shown = (evidence: LoginEvidence, detail: string) => ({ evidence, detail, isShown: true });
  const [isIn, isOut, wantsCode, wantsCaptcha] = isThere;
  if (isIn && isOut)
    return shown('UNCLEAR', `Both selectors match ${where}; make them such that one proves what it should.`);
  if (isIn) return shown('LOGGED_IN', `${quote(loggedInSelector)} is there ${where}.`);
  if (wantsCode) return shown('CHALLENGED', `The site asks for a second factor ${where}.`);
  if (isOut) return shown('LOGGED_OUT', `${quote(loggedOutSelector)} is there ${where}.`);
  if (wantsCaptcha) return shown('CHALLENGED', `The site asks for a captcha ${where}.`);
  if (status === 401) return shown('LOGGED_OUT', `The site answers 401 ${where}.`);
  if (status >= 400) return null;
  if (loggedOutSelector === null)
    return {
      evidence: 'LOGGED_OUT',
      detail: `${quote(loggedInSelector)} is not there ${where}.`,
      isShown: false,
    };
  if (loggedInSelector === null)
    return {
      evidence: 'LOGGED_IN',
      detail: `${quote(loggedOutSelector)} is not there ${where}.`,
      isShown: false,
    };
  return {
    evidence: 'UNCLEAR',
    detail: `Neither selector matches ${where}; look whether they still fit the site.`,
    isShown: false,
  };
}

/** Without query and fragment: they may hold what is secret. */
export function plainAddress(url: URL): string {
  return `${url.origin}${url.pathname}`.slice(0, 300);
}

const quote = (selector: string | null) => `"${selector}"`;
