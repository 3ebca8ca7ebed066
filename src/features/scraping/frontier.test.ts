import { expect, test } from '@jest/globals';
import { Frontier } from './frontier.js';

test('pages come once each, in the order in which they were found', () => {
  const frontier = new Frontier('a', 10);
  const order: string[] = [];
  const links: Record<string, string[]> = { a: ['b', 'c', 'a'], b: ['d', 'c'], c: ['a', 'd', 'e'] };
  for (let page = frontier.next(); page; page = frontier.next()) {
    order.push(`${page.url}${page.depth}`);
    frontier.add(links[page.url] ?? [], page.depth + 1);
    frontier.finish(page.url);
  }
  expect(order).toEqual(['a0', 'b1', 'c1', 'd2', 'e2']);
  expect([frontier.done, frontier.known, frontier.beyond]).toEqual([5, 5, 0]);
});

test('no more pages are known than are read', () => {
  const frontier = new Frontier('a', 2);
  expect(frontier.add(['b', 'c', 'c'], 1)).toEqual(['b']);
  expect([frontier.known, frontier.beyond]).toEqual([2, 2]);
});

test('where a page led to is done as well', () => {
  const frontier = new Frontier('a', 9);
  frontier.add(['b'], 1);
  frontier.restore({ url: 'a', depth: 0 }, 'b');
  expect(frontier.next()).toBeUndefined();
  expect([frontier.done, frontier.known]).toEqual([2, 2]);
});
