import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ScrapingKind } from '../src/features/scraping/scraping-enums.js';
import type { ScrapingLogins, SignedOutOutcome } from '../src/features/scraping/signed-out.js';
import type { StorageState } from '../src/features/scraping/storage-state.js';
import { ScrapingBench } from './support/scraping-bench.js';
import { ScrapingSite } from './support/scraping-site.js';

let bench: ScrapingBench;
let site: ScrapingSite;
/** The sessions that the site knows. */
let known: Set<string>;
beforeAll(async () => {
  bench = await ScrapingBench.start();
});
afterAll(() => bench.stop());
beforeEach(async () => {
  site = await ScrapingSite.start();
  known = new Set(['first']);
  site.on('/account/', (request, response, url) => {
    const session = /session=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
    const number = Number(url.pathname.split('/').at(-1));
    response.setHeader('content-type', 'text/html');
    if (!known.has(session)) return void response.end('<form id="sign-in"></form>');
    const next = number < 4 ? `<a class="next" href="${number + 1}">next</a>` : '';
    response.end(`<h1>Order ${number}</h1>${next}`);
    // It runs out in the middle of the list.
    if (number === 2 && session === 'first') known.delete('first');
  });
});
afterEach(() => site.stop());

const stateOf = (session: string): StorageState => ({
  cookies: [
    {
      name: 'session',
      value: session,
      domain: '127.0.0.1',
      path: '/',
      expires: -1,
      httpOnly: true,
      secure: false,
      sameSite: 'Lax',
    },
  ],
  origins: [],
});

/** The login sessions of a project: one, which is signed in anew by `signIn`. */
class Logins implements ScrapingLogins {
  asked = 0;
  session = 'first';

  constructor(private readonly signIn: (logins: Logins) => SignedOutOutcome) {}

  find(_projectId: string, sessionId: string) {
    const login = {
      storageState: stateOf(this.session),
      loggedOutSelector: '#sign-in',
      version: this.session,
    };
    return Promise.resolve(sessionId === 'mine' ? login : null);
  }

  onSignedOut() {
    this.asked++;
    return Promise.resolve(this.signIn(this));
  }

  renew(session: string): void {
    this.session = session;
    known.add(session);
  }
}

const orders = () => ({
  kind: ScrapingKind.LIST,
  url: `${site.url}/account/1`,
  itemSelector: 'h1',
  nextPageSelector: 'a.next',
  fields: [{ name: 'order', selector: 'h1' }],
  loginSessionId: 'mine',
});
const all = [1, 2, 3, 4].map((number) => ({ order: `Order ${number}` }));

test('a run that meets a signed-out page has the session signed in again, and goes on', async () => {
  const logins = new Logins((own) => {
    own.renew('second');
    return 'SIGNED_IN';
  });
  const { status, items, task } = await bench.run(orders(), { logins });
  expect(status).toBe('SUCCEEDED');
  expect(items).toEqual(all);
  expect(logins.asked).toBe(1);
  expect(task.named('sign in again').map(({ output }) => output)).toEqual([{ outcome: 'SIGNED_IN' }]);
  // The cookie goes to the site; nothing in the trace has it.
  expect(JSON.stringify([...task.steps.values()])).not.toMatch(/second|"first"/);
});

test('a status of 401 means the same', async () => {
  let isSignedIn = false;
  site.on('/plain', (_request, response) =>
    isSignedIn
      ? void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>in</h1>')
      : void response.writeHead(401).end(),
  );
  const logins = new Logins(() => {
    isSignedIn = true;
    return 'SIGNED_IN';
  });
  const { items } = await bench.run(
    { url: `${site.url}/plain`, loginSessionId: 'mine', fields: [{ name: 'title', selector: 'h1' }] },
    { logins },
  );
  expect(items).toEqual([{ title: 'in' }]);
});

test('where it cannot be signed in again a human is asked, and the run goes on after the answer', async () => {
  const logins = new Logins(() => 'ASK_HUMAN');
  const questions: string[] = [];
  const askHuman = (key: string, reason: string) => {
    questions.push(`${key}: ${reason}`);
    logins.renew('third');
    return Promise.resolve(true);
  };
  const { status, items } = await bench.run(orders(), { logins, askHuman });
  expect(status).toBe('SUCCEEDED');
  expect(items).toEqual(all);
  expect(questions).toHaveLength(1);
  expect(questions[0]).toContain(`${site.url}/account/3 shows that nobody is signed in`);
});

test.each([
  ['no human signs in', false],
  ['the human changed nothing', true],
])('where %s, the task fails and what was found stays', async (_name, answer) => {
  const logins = new Logins(() => 'ASK_HUMAN');
  const { status, error, items } = await bench.run(orders(), {
    logins,
    askHuman: () => Promise.resolve(answer),
  });
  expect(status).toBe('FAILED');
  expect(error).toMatchObject({ code: 'SIGNED_OUT' });
  expect(items).toEqual(all.slice(0, 2));
});

test('a session that is gone is said', async () => {
  const logins = new Logins(() => 'SIGNED_IN');
  const run = bench.run({ ...orders(), loginSessionId: 'other' }, { logins });
  await expect(run).rejects.toMatchObject({ code: 'NO_LOGIN_SESSION' });
});
