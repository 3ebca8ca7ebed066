import { describe, expect, test } from '@jest/globals';
import { BadUserInputError } from '../../platform/errors.js';
import { ScrapingEngine, ScrapingKind } from './scraping-enums.js';
import { planOf, readPlan } from './scraping-plan.js';
import type { CreateScrapingTaskInput } from './scraping.inputs.js';

const page: CreateScrapingTaskInput = {
  projectId: 'p',
  kind: ScrapingKind.PAGE,
  url: 'https://shop.example/a',
};
const list = { ...page, kind: ScrapingKind.LIST, itemSelector: 'li' };

function problemsOf(input: CreateScrapingTaskInput): string[] {
  try {
    planOf(input);
    return [];
  } catch (error) {
    if (!(error instanceof BadUserInputError)) throw error;
    return (error.details.fields ?? []).map(({ path, message }) => `${path}: ${message}`);
  }
}

test('a plan says everything', () => {
  expect(planOf({ ...list, fields: [{ name: 'a', selector: 'b', attribute: ' HREF' }] })).toEqual({
    kind: 'LIST',
    url: 'https://shop.example/a',
    fields: [{ name: 'a', selector: 'b', attribute: 'href', many: false, required: false }],
    itemSelector: 'li',
    nextPageSelector: null,
    linkSelector: null,
    maxPages: 10,
    maxDepth: 0,
    engine: 'AUTO',
    waitForSelector: null,
    loginSessionId: null,
    respectRobots: true,
  });
  expect(planOf({ ...page, kind: ScrapingKind.CRAWL })).toMatchObject({
    linkSelector: 'a[href]',
    maxPages: 50,
    maxDepth: 2,
  });
});

test.each([page, list, { ...page, kind: ScrapingKind.CRAWL, maxDepth: 3, maxPages: 7 }])(
  'a plan is read back from the input of a task: %j',
  (input) => {
    const plan = planOf(input);
    expect(readPlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  },
);

test.each([
  null,
  'x',
  {},
  { kind: 'PAGE' },
  { ...planOf(list), maxPages: 1e9 },
  { ...planOf(page), url: 'file:///etc' },
])('other inputs are no plan: %j', (input) => {
  expect(() => readPlan(input)).toThrow('createScrapingTask');
});

describe('what is wrong is said', () => {
  const field = (selector: string) => ({ ...page, fields: [{ name: 'a', selector }] });
  test.each<[CreateScrapingTaskInput, string]>([
    [{ ...page, url: 'shop.example' }, 'input.url: This is no full address'],
    [{ ...page, url: 'file:///etc/passwd' }, 'input.url: Only http and https'],
    [{ ...page, url: 'https://me:secret@shop.example' }, 'input.url: The address holds a password'],
    [{ ...page, itemSelector: 'li' }, 'input.itemSelector: This goes with LIST and CRAWL, not with PAGE.'],
    [{ ...page, maxPages: 3 }, 'input.maxPages: This goes with LIST and CRAWL'],
    [{ ...list, maxDepth: 3 }, 'input.maxDepth: This goes with CRAWL'],
    [{ ...list, itemSelector: null }, 'input.itemSelector: A LIST needs'],
    [
      { ...page, waitForSelector: 'p', engine: ScrapingEngine.HTTP },
      'input.waitForSelector: Only a browser can wait',
    ],
    [{ ...list, nextPageSelector: 'a[' }, 'input.nextPageSelector: "a["'],
    [field('p:nope'), 'input.fields[0].selector: "p:nope" is no CSS selector'],
    [field('a::after'), 'input.fields[0].selector'],
    [field('a >'), 'input.fields[0].selector: "a >" is no CSS selector that can be used here: it ends'],
    [field('a,,b'), 'input.fields[0].selector'],
    [field('..a'), 'input.fields[0].selector'],
    [field('<b>'), 'input.fields[0].selector'],
    [
      {
        ...page,
        fields: [
          { name: 'a', selector: 'a' },
          { name: 'a', selector: 'b' },
        ],
      },
      'input.fields[1].name: There are two',
    ],
    [{ ...page, fields: [{ name: '__proto__', selector: 'a' }] }, 'input.fields[0].name'],
  ])('%#: %s', (input, problem) => {
    const problems = problemsOf(input);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  test('all of it at once', () => {
    expect(problemsOf({ ...page, url: 'x', itemSelector: 'a[', maxDepth: 1 })).toHaveLength(4);
  });
});

test.each([
  '> a',
  'a:contains("x, y")',
  'tr:nth-child(2n+1) td',
  '[data-x="<a>"]',
  'a.b#c',
  ':has(> img)',
  'a:not([href^="."])',
])('the selector %s is fine', (selector) => {
  expect(problemsOf({ ...page, fields: [{ name: 'a', selector }] })).toEqual([]);
});
