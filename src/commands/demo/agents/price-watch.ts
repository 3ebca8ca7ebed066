import { GivenUp, type AgentScript, type Fault, type Plan } from '../plan.js';
import { Stage } from '../stage.js';

const sites = [
  { host: 'trailhaus.example', name: 'Trailhaus', pages: 4, loginNeeded: false },
  { host: 'campingkontor.example', name: 'Camping-Kontor', pages: 3, loginNeeded: false },
  { host: 'altitude-store.example', name: 'Altitude Store', pages: 5, loginNeeded: true },
  { host: 'yama-no-mise.example', name: '山の店', pages: 2, loginNeeded: false },
] as const;
const categories = ['tents', 'sleeping-bags', 'rucksacks', 'stoves', 'rain-jackets'] as const;
const adjectives = ['Ridge', 'Fjord', 'Tundra', 'Brook', 'Summit', 'Heath', 'Dune'] as const;

type Site = (typeof sites)[number];
type Fate = 'done' | 'blocked' | 'crashed' | 'unreachable' | 'loginExpired' | 'timedOut';

const faults: Record<Exclude<Fate, 'done'>, Fault> = {
  blocked: { httpStatus: 403, code: 'captcha', message: 'The page shows a captcha instead of the list.' },
  crashed: {
    type: 'TargetClosedError',
    message: 'Target page, context or browser has been closed: the page took 2.1 GB.',
  },
  unreachable: {
    code: 'net::ERR_CONNECTION_RESET',
    message: 'The connection was reset while the page was loading.',
  },
  loginExpired: { code: 'login_expired', message: 'The shop asks to sign in: the session has expired.' },
  timedOut: {
    type: 'TimeoutError',
    message: 'Waiting for ".product-list" ran into its time-out of 15,000 ms.',
  },
};

/** Watches the prices of other shops with a browser; about a third of its runs fail, as pages do what they want. */
export const priceWatch: AgentScript = {
  name: 'price-watch',
  kind: 'SCRAPER',
  description: 'Reads prices from other shops, page by page, in a headless browser. Made up.',
  setup: {
    provider: 'openai',
    model: 'gpt-4o-mini',
    config: { browser: 'chromium', viewport: '1366x768', maxPages: 5, minDelayMs: 1500, obeysRobots: true },
  },
  share: 3,
  job(random) {
    const site = random.pick(sites);
    const category = random.pick(categories);
    return {
      name: `${site.name}: ${category}`,
      type: 'price_scrape',
      input: { url: `https://${site.host}/${category}`, maxPages: site.pages, currency: 'EUR' },
      tags: ['prices', `site:${site.host}`],
      plan: (model) => scrape(new Stage(random, model), site, category),
    };
  },
};

function* scrape(stage: Stage, site: Site, category: string): Plan {
  const { random } = stage;
  const fate = random.weighted<Fate>({
    done: 72,
    blocked: 12,
    crashed: 8,
    unreachable: 6,
    loginExpired: site.loginNeeded ? 8 : 0,
    timedOut: 4,
  });
  const failsAt = random.whole(1, site.pages);
  yield* stage.do('SYSTEM', {
    name: 'launch the browser',
    input: { headless: true, proxy: random.pick(['eu-1', 'eu-2', 'eu-3']) },
    output: { version: 'chromium 139', pid: random.whole(2000, 60_000) },
    takesMs: 900,
  });
  const rows: object[] = [];
  for (let page = 1; page <= site.pages; page++) {
    yield* stage.progress((page - 1) / site.pages, `Page ${page} of ${site.pages}`);
    const fault = fate !== 'done' && page === failsAt ? fate : null;
    const url = `https://${site.host}/${category}?page=${page}`;
    const found = yield* stage.within(
      'AGENT',
      `page ${page}`,
      { url },
      () => readPage(stage, category, url, fault),
      (found) => ({ rows: found.length }),
    );
    rows.push(...found);
    yield { kind: 'PAUSE', durationMs: random.near(1500) };
  }
  const cheapest = rows.slice(0, 8);
  return { status: 'SUCCEEDED', output: { site: site.host, category, rows: rows.length, sample: cheapest } };
}

function* readPage(
  stage: Stage,
  category: string,
  url: string,
  fault: Exclude<Fate, 'done'> | null,
): Plan<object[]> {
  const { random } = stage;
  const open = { name: 'page.goto', input: { url }, takesMs: 2100 };
  const opened = { status: 200, title: `${category} – page`, bytes: random.whole(180_000, 900_000) };
  if (fault === 'blocked') yield* captcha(stage, url);
  else if (fault === 'unreachable') yield* stage.retried(open, faults.unreachable, 3);
  else if (fault === 'loginExpired') yield* stage.retried(open, faults.loginExpired, 1, 1);
  else yield* stage.retried({ ...open, output: opened }, faults.unreachable, random.chance(0.08) ? 1 : 0);
  if (random.chance(0.3)) {
    yield* stage.tool({
      name: 'page.click',
      input: { selector: '#consent >> text=Only necessary' },
      output: { clicked: true },
      takesMs: 380,
    });
  }
  if (fault === 'timedOut') {
    yield* stage.retried(
      { name: 'page.waitForSelector', input: { selector: '.product-list' }, takesMs: 15_000 },
      faults.timedOut,
      2,
      2,
    );
  }
  if (fault === 'crashed') {
    yield* stage.retried(
      { name: 'page.evaluate', input: { script: 'scrollToEnd()' }, takesMs: 6500 },
      faults.crashed,
      2,
      2,
    );
  }
  const selector = '.product-list > li';
  if (random.chance(0.15)) yield* mendSelector(stage, selector);
  const rows = Array.from({ length: random.whole(6, 14) }, () => {
    const price = Number(random.near(120, 0.6).toFixed(2));
    const reduced = random.chance(0.2);
    return {
      title: `${random.pick(adjectives)} ${random.whole(1, 60)}`,
      price,
      ...(reduced ? { was: Number((price * 1.2).toFixed(2)) } : {}),
      inStock: random.chance(0.85),
    };
  });
  yield* stage.tool({
    name: 'page.extract',
    input: { selector, fields: ['title', 'price', 'was', 'inStock'] },
    output: rows,
    takesMs: 260,
  });
  return rows;
}

/** The layout changed: a model looks at the page for another selector. */
function* mendSelector(stage: Stage, selector: string): Plan<void> {
  yield* stage.tool({
    name: 'page.extract',
    input: { selector },
    output: [],
    takesMs: 140,
    attributes: { matched: 0 },
  });
  const html =
    '<main><ul data-testid="grid">' +
    '<li class="c-card"><a href="#">…</a><span class="p">€ …</span></li>'.repeat(12) +
    '</ul></main>';
  yield* stage.llm({
    name: 'find another selector',
    messages: [
      {
        role: 'system',
        content: 'Answer with one CSS selector that matches each product of the list. Nothing else.',
      },
      { role: 'user', content: html },
    ],
    reply: '[data-testid="grid"] > li.c-card',
  });
}

function* captcha(stage: Stage, url: string): Plan<void> {
  yield* stage.tool({ name: 'page.goto', input: { url }, takesMs: 1700, fault: faults.blocked });
  if (stage.random.chance(0.5)) throw new GivenUp(faults.blocked);
  const { status } = yield* stage.ask({
    kind: 'TAKEOVER',
    reason: 'The page shows a captcha. A person may look at the page and let the run go on.',
    question: { url, screenshot: 'runs/captcha.png', session: `vnc://browser-${stage.random.whole(1, 8)}` },
    pretend: stage.random.chance(0.3)
      ? { status: 'REJECTED', answer: { note: 'We leave this shop alone for today.' } }
      : { status: 'ANSWERED', answer: { done: true } },
  });
  if (status === 'REJECTED') throw new GivenUp(faults.blocked);
  yield* stage.tool({
    name: 'page.goto',
    input: { url },
    output: { status: 200 },
    takesMs: 1900,
    attributes: { attempt: 2 },
  });
}
