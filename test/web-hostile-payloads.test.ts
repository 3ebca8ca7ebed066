import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import { readConfig } from '../src/platform/config.js';
import { maxJsonDepth } from '../src/platform/scalars.js';
import { chromiumPath, launchBrowser } from './support/browser.js';
import { get, makeTask } from './support/client.js';
import { eventually } from './support/follower.js';
import { PayloadPage } from './support/payload-page.js';

const withChromium = chromiumPath ? describe : describe.skip;
/** Wide: it tells a page that froze from one that was busy. Figures are printed. */
const MOST_MS = 1_000;
/** Of all that one step may bring into the page at once. */
const MOST_ELEMENTS = 5_000;
const { MAX_JSON_BYTES } = readConfig({});

const MARKUP = [
  '<script>window.hacked = 1</script>',
  '<img src=x onerror="window.hacked = 2">',
  '<svg onload="alert(3)">',
  '</code></pre></span><iframe src="javascript:alert(4)"></iframe>',
  '<a href="javascript:alert(5)">press</a>',
  '{{constructor.constructor("window.hacked = 6")()}}',
].join('\n');

/** An object of so many keys as short as can be. */
function objectOf(keys: number): string {
  const signs = Array.from({ length: 93 }, (_, index) => String.fromCharCode(33 + index)).filter(
    (sign) => sign !== '"' && sign !== '\\',
  );
  const parts: string[] = [];
  for (let key = 0; key < keys; key++) {
    let name = '';
    for (let rest = key + 1; rest > 0; rest = Math.floor((rest - 1) / signs.length)) {
      name += signs[(rest - 1) % signs.length];
    }
    parts.push(`"${name}":0`);
  }
  return `{${parts.join(',')}}`;
}

const repeat = (text: string, length: number) =>
  text.repeat(Math.ceil(length / text.length)).slice(0, length);
const list = (entry: string, count: number) => `[${Array<string>(count).fill(entry).join(',')}]`;

withChromium('Hostile payloads in the Trace Explorer', () => {
  let browser: Browser;
  let steps: PayloadPage;
  const input = (step: Locator) => step.getByRole('region', { name: 'Input' });

  beforeAll(async () => {
    browser = await launchBrowser();
    steps = await PayloadPage.open(browser);
  });
  // The worker ends the batch that it indexes, and these payloads are as large as they may be.
  afterAll(async () => {
    await browser.close();
    await steps.close();
  });

  test('markup and script are shown as text wherever they stand, and never run', async () => {
    const step = await steps.show({
      key: MARKUP.slice(0, 100),
      name: MARKUP.slice(0, 100),
      model: MARKUP.slice(0, 100),
      provider: MARKUP.slice(0, 100),
      status: 'FAILED',
      error: { message: MARKUP, code: MARKUP.slice(0, 100) },
      input: {
        [MARKUP]: MARKUP,
        messages: [
          { role: MARKUP, content: MARKUP },
          { role: 'user', content: [{ type: 'tool_use', name: MARKUP, input: { [MARKUP]: [MARKUP] } }] },
        ],
      },
      output: `${MARKUP}\n\`\`\`html\n${MARKUP}\n\`\`\``,
      attributes: { href: 'javascript:alert(7)', innerHTML: MARKUP, ['__proto__']: { hacked: 8 } },
    });
    const text = await step.innerText();
    expect(text.split('<script>window.hacked = 1</script>').length).toBeGreaterThan(10);
    expect(await step.locator('script, img, svg, iframe, a').count()).toBe(0);
    expect(await steps.page.evaluate('[window.hacked, ({}).hacked]')).toEqual([undefined, undefined]);
  });

  test('what would change the text around it, or hide in it, is shown by its number', async () => {
    const step = await steps.show({
      name: 'safe\u202egnp.exe',
      input: { ['k\u2066ey']: '\u001b[31mred\u001b[0m\u0007', '\u200b': 'a\u200bb\ufeffc\u00add' },
      output: `abc\u202efed\u2069 \u{e0041}\u{e0042} 👩‍🚀 می‌خواهم\r\n\ttab\u0085`,
      error: { message: '\u001b]0;title\u0007\u2028next' },
    });
    await step.locator('[data-open]').getByText('safe[U+202E]gnp.exe').waitFor();
    const text = await step.innerText();
    for (const shown of [
      'k[U+2066]ey',
      '"[U+001B][31mred[U+001B][0m[U+0007]"',
      '[U+200B]:',
      '"a[U+200B]b[U+FEFF]c[U+00AD]d"',
      'abc[U+202E]fed[U+2069] [U+E0041][U+E0042] 👩‍🚀 می‌خواهم',
      'tab[U+0085]',
      '[U+001B]]0;title[U+0007][U+2028]next',
    ]) {
      expect(text).toContain(shown);
    }
  });

  describe('from a newer server', () => {
    /** What the page is told instead, wherever a field of that name is answered. */
    const newer: Record<string, unknown> = {
      ...{ status: 'PONDERING', type: 'ORACLE', kind: 'TELEPATHY', costSource: 'GUESSED', class: 'COSMIC' },
      ...{ startedAt: 'yesterday', endedAt: '2026-13-45T99:00:00Z', queuedAt: '', requestedAt: 'NaN' },
      ...{ expiresAt: '+999999-01-01', finishedAt: '0000-00-00', latencyMs: null, unheardOf: { of: 1 } },
    };
    const renew = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(renew);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).map(([name, field]) => [name, name in newer ? newer[name] : renew(field)]),
      );
    };

    test('unknown types and statuses are shown as they are called, dates that are none are left out', async () => {
      const { server, person, page } = steps;
      const taskId = await steps.makeSteps([
        { startedAt: '2026-03-01T12:00:00Z', endedAt: '2026-03-01T12:00:01Z', costUsd: 0.5, input: 'Hi' },
        { status: 'FAILED', error: { message: 'It did not work.' } },
      ]);
      const running = await makeTask(server.url, person.token, steps.agentId);
      const ask = 'mutation($input: RequestInterventionInput!) { requestIntervention(input: $input) { id } }';
      await get(server.url, person.token, ask, {
        input: { taskId: running, kind: 'QUESTION', reason: 'Which order?' },
      });
      await page.route('**/graphql', async (route) => {
        const response = await route.fetch();
        const answer = (await response.json()) as { data?: { me?: unknown } };
        await route.fulfill({ response, json: answer.data?.me ? answer : renew(answer) });
      });
      await steps.goTo(taskId);
      const step = await steps.openStep(1);
      const text = await step.innerText();
      for (const shown of ['ORACLE', 'PONDERING', '$0.50, guessed', 'Hi']) expect(text).toContain(shown);
      expect(text).not.toMatch(/Invalid|NaN|yesterday/);
      await page.getByRole('main').locator('header').getByText('PONDERING').waitFor();
      const placed = page.waitForResponse((response) =>
        /stepParents/.test(response.request().postData() ?? ''),
      );
      await page.getByRole('button', { name: 'Timeline' }).click();
      // Another list takes the place of this one.
      await placed;
      await page.waitForTimeout(200);
      expect(await page.getByText('in their place').count()).toBe(0);
      const failed = await steps.openStep(2);
      await failed.getByText('COSMIC').waitFor();
      await page.goto(page.url().replace(taskId, running).replace(/\?.*/, ''));
      await page.getByText('1 intervention').click();
      await page.getByText('Which order?').waitFor();
      const head = await page.getByRole('main').innerText();
      expect(head).toContain('TELEPATHY');
      expect(head).not.toMatch(/Invalid|NaN/);
      await page.goto(page.url().replace(/tasks.*/, 'tasks'));
      await page.getByRole('row').getByText('PONDERING').first().waitFor();
      await page.unroute('**/graphql');
    });
  });

  describe('as large as the server takes them', () => {
    const half = 5_000_000;
    /** Each as the text of its JSON, with what is shown of it. */
    const cases: [name: string, json: () => string, shown: string][] = [
      ['5 MB in one string', () => JSON.stringify(repeat('The quick brown fox. ', half)), 'characters'],
      ['5 MB without a space', () => JSON.stringify(repeat('x', half)), 'characters'],
      ['5 MB of lines', () => JSON.stringify(repeat('a\n', 3_300_000)), 'characters'],
      ['3 MB of controls', () => JSON.stringify(repeat('\u001b\u202e', 900_000)), 'characters'],
      ['5 MB of marks on one letter', () => JSON.stringify(`a${repeat('\u0301', 2_500_000)}`), 'characters'],
      ['5 MB of joined emoji', () => JSON.stringify('👩\u200d'.repeat(700_000)), 'characters'],
      ['5 MB of joined consonants', () => JSON.stringify('क्'.repeat(800_000)), 'characters'],
      ['5 MB of right-to-left', () => JSON.stringify(repeat('שלום ', 2_500_000)), 'characters'],
      ['5 MB of backticks', () => JSON.stringify(repeat('`', half)), 'characters'],
      ['5 MB of fences that open', () => JSON.stringify(repeat('```a\n', 4_000_000)), 'characters'],
      ['8 MB of quotes and backslashes', () => JSON.stringify(repeat('\\"', 4_000_000)), 'characters'],
      ['5 MB that begin like JSON', () => JSON.stringify(`${repeat('[{"a":', half)}]`), 'characters'],
      ['1,000,000 keys', () => objectOf(1_000_000), 'of 1,000,000 entries'],
      ['4,000,000 numbers', () => list('0', 4_000_000), 'of 4,000,000 entries'],
      ['2,000,000 empty objects', () => list('{}', 2_000_000), 'of 2,000,000 entries'],
      ['300,000 keys within another', () => `{"a":${objectOf(300_000)},"b":1}`, '{ 300,000 }'],
      ['a key of 5 MB', () => JSON.stringify({ [repeat('key ', half)]: 1 }), 'key key'],
      ['100,000 messages', () => list('{"role":"user","content":"Hi"}', 100_000), 'messages'],
      [
        'a message of 300,000 parts',
        () => `[{"role":"user","content":${list('{"type":"text","text":"a"}', 300_000)}}]`,
        '{ 2 }',
      ],
      ['100 lists of 10,000', () => list(list('[]', 10_000), 100), '[ 10,000 ]'],
      [
        'as deep as the server takes it, and wide',
        () => {
          let json = list('"deep"', 10_000);
          for (let depth = 2; depth < maxJsonDepth; depth++) json = `{"deeper":${json},"and":[${depth}]}`;
          return `[${json},${json}]`;
        },
        '{ 2 }',
      ],
    ];

    test.each(cases)('%s', async (name, json, shown) => {
      const text = json();
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_JSON_BYTES);
      const sent: unknown = JSON.parse(text);
      const taskId = await steps.makeSteps([{ input: sent }]);
      await steps.goTo(taskId);
      let step = steps.row(1);
      const opening = await steps.longestTask(`${name}, opened`, async () => {
        step = await steps.openStep(1);
      });
      await input(step).getByText(shown).first().waitFor();
      expect(await step.locator('*').count()).toBeLessThan(MOST_ELEMENTS);
      expect((await step.innerText()).length).toBeLessThan(100_000);
      const more = input(step).getByRole('button', { name: 'Show more' }).last();
      const growing = (await more.count()) === 0 ? 0 : await steps.longestTask('  more', () => more.click());
      const end = input(step).getByRole('button', { name: 'Show the end' }).last();
      const ending = (await end.count()) === 0 ? 0 : await steps.longestTask('  the end', () => end.click());
      expect(await step.locator('*').count()).toBeLessThan(MOST_ELEMENTS);
      const copy = input(step).getByRole('button').first();
      const copying = await steps.longestTask('  copied', async () => {
        await copy.click();
        await copy.filter({ hasText: 'Copied' }).waitFor();
      });
      const wanted = [typeof sent === 'string' ? sent : JSON.stringify(sent, null, 2), JSON.stringify(sent)];
      // The browser hands large texts over after it says so.
      await eventually('all of it is on the clipboard', async () =>
        wanted.includes(await steps.readClipboard()),
      );
      expect(Math.max(opening, growing, ending, copying)).toBeLessThan(MOST_MS);
    });
  });

  test('nothing ran, nothing came from elsewhere, nothing complained', () => {
    expect(steps.dialogs).toEqual([]);
    expect(steps.watch.foreign).toEqual([]);
    expect(steps.watch.complaints).toEqual([]);
  });
});
