import { load } from 'cheerio';

const emptyPage = load('<p></p>');

/** What is wrong with a CSS selector, as a sentence; undefined where pages can be searched by it. */
export function selectorProblem(selector: string): string | undefined {
  const wrong = (why: string) =>
    `"${selector.slice(0, 100)}" is no CSS selector that can be used here: ${why}`;
  // The parser is lenient about these: a class without a name, a combinator with nothing after it, markup.
  if (/^\s*</.test(selector)) return wrong('it is markup.');
  if (/[>+~]\s*(,|$)/.test(selector)) return wrong('it ends with a combinator.');
  if (/[.#]\s*([.#,]|$)/.test(selector)) return wrong('it has a . or # without a name after it.');
  try {
    emptyPage.root().find(selector);
    return undefined;
  } catch (error) {
    return wrong(`${(error as Error).message}.`);
  }
}
