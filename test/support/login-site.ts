import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const siteAccount = { username: 'robot@example.com', password: 'a password that nobody shall read' };

/** What the site does to whoever comes. */
export type SiteMood = 'normal' | 'captcha' | 'second-factor' | 'broken' | 'silent' | 'rebuilt';

/**
 * A site with a sign-in: /login has the form, /account is for those who are signed in, /app is the same page filled by script.
 * Its sessions are cookies named sid that end after `cookieSeconds`, or with the browser.
 */
export class LoginSite {
  mood: SiteMood = 'normal';
  cookieSeconds: number | null = 3600;
  /** How long an answer takes, milliseconds. */
  delayMs = 0;
  /** Gives a new sid at each visit; the old one is worth nothing then. */
  rotates = false;
  /** Wants a code after the password. */
  wantsCode = false;
  /** Visits of pages for those who are signed in, of which some were under way at the same time. */
  visits = 0;
  mostAtOnce = 0;
  /** Forms that were sent. */
  attempts = 0;
  readonly #sids = new Set<string>();
  #atOnce = 0;

  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<LoginSite> {
    let site: LoginSite | undefined;
    const server = createServer((request, response) => {
      site?.answer(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    site = new LoginSite(`http://127.0.0.1:${port}`, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return site;
  }

  /** Signs in as a browser would. @returns the state of that browser */
  signIn(): { cookies: Record<string, unknown>[]; origins: [] } {
    const sid = randomUUID();
    this.#sids.add(sid);
    const expires = this.cookieSeconds === null ? -1 : Date.now() / 1000 + this.cookieSeconds;
    const cookie = {
      domain: '127.0.0.1',
      path: '/',
      expires,
      httpOnly: true,
      secure: false,
      sameSite: 'Lax',
    };
    return {
      cookies: [
        { ...cookie, name: 'sid', value: sid },
        { ...cookie, name: 'visits', value: '1', httpOnly: false, expires: Date.now() / 1000 + 60 },
      ],
      origins: [],
    };
  }

  /** How to sign in again, as putLoginSession takes it. */
  get recipe() {
    return {
      url: `${this.url}/login`,
      usernameSelector: '[name=user]',
      username: siteAccount.username,
      passwordSelector: '[name=password]',
      password: siteAccount.password,
      submitSelector: 'button',
    };
  }

  /** Forgets everybody. */
  signOutAll(): void {
    this.#sids.clear();
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.url);
    if (pathname === '/login' && request.method === 'POST') return this.#receive(request, response);
    if (pathname === '/login') return send(response, form);
    if (pathname === '/code') return send(response, code);
    if (pathname === '/favicon.ico') return send(response, '', 404);
    this.visits++;
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    try {
      await sleep(this.delayMs);
      this.#showPage(pathname, sidOf(request), response);
    } finally {
      this.#atOnce--;
    }
  }

  #showPage(pathname: string, sid: string | undefined, response: ServerResponse): void {
    if (this.mood === 'silent') return void response.destroy();
    if (this.mood === 'broken') return send(response, '<h1>Out of order</h1>', 503);
    if (this.mood === 'captcha') return send(response, '<div class="h-captcha"></div>', 403);
    if (this.mood === 'second-factor') return send(response, code);
    if (this.mood === 'rebuilt') return send(response, '<main>A new design</main>');
    const isIn = sid !== undefined && this.#sids.has(sid);
    if (isIn && this.rotates) {
      this.#sids.delete(sid);
      this.#giveSid(response);
    }
    if (pathname === '/me') return send(response, JSON.stringify({ isIn }));
    send(response, pathname === '/app' ? app : isIn ? '<a id="sign-out">Sign out</a>' : form);
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.attempts++;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const sent = new URLSearchParams(Buffer.concat(chunks).toString());
    await sleep(this.delayMs);
    const isRight =
      sent.get('user') === siteAccount.username && sent.get('password') === siteAccount.password;
    if (!isRight) return send(response, `<p>Wrong.</p>${form}`);
    if (this.wantsCode) return void response.writeHead(303, { location: '/code' }).end();
    this.#giveSid(response);
    response.writeHead(303, { location: '/account' }).end();
  }

  #giveSid(response: ServerResponse): void {
    const sid = randomUUID();
    this.#sids.add(sid);
    const life = this.cookieSeconds === null ? '' : `; Max-Age=${this.cookieSeconds}`;
    response.setHeader('set-cookie', `sid=${sid}; Path=/; HttpOnly${life}`);
  }
}

const form = `<form id="sign-in" method="post" action="/login">
  <input name="user"><input name="password" type="password"><button>Sign in</button></form>`;
const code = '<form><input name="otp" autocomplete="one-time-code"></form><a href="/login">Back</a>';
const app = `<main id="root"></main><script>
  fetch('/me').then((r) => r.json()).then(({ isIn }) => {
    root.innerHTML = isIn ? '<a id="sign-out">Sign out</a>' : '<a id="sign-in">Sign in</a>';
  });
</script>`;

const sidOf = ({ headers }: IncomingMessage) => /(?:^|;\s*)sid=([^;]+)/.exec(headers.cookie ?? '')?.[1];

function send(response: ServerResponse, body: string, status = 200): void {
  response.writeHead(status, { 'content-type': body.startsWith('{') ? 'application/json' : 'text/html' });
  response.end(body.startsWith('{') ? body : `<!doctype html><title>Site</title>${body}`);
}
