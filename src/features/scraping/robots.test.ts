import { describe, expect, test } from '@jest/globals';
import { Robots } from './robots.js';

const decide = (text: string, path: string) =>
  Robots.parse(text).decide(new URL(path, 'https://example.org')).isAllowed;

describe('groups', () => {
  test.each([
    ['nothing', '', true],
    ['everybody', 'User-agent: *\nDisallow: /', false],
    ['another', 'User-agent: other\nDisallow: /', true],
    ['its own before everybody', 'User-agent: *\nDisallow: /\n\nUser-agent: Binnacle\nDisallow: /b', true],
    ['whatever the case', 'USER-AGENT: BINNACLE\nDISALLOW: /', false],
    ['with a version', 'User-agent: binnacle/1.0\nDisallow: /', false],
    ['a longer name is another', 'User-agent: binnacle-news\nDisallow: /', true],
    ['agents that share rules', 'User-agent: other\nUser-agent: binnacle\nDisallow: /', false],
    ['rules end a group', 'User-agent: binnacle\nDisallow: /b\nUser-agent: other\nDisallow: /', true],
    [
      'groups of one name are one',
      'User-agent: binnacle\nAllow: /x\n\nUser-agent: binnacle\nDisallow: /',
      false,
    ],
    ['an own group without rules', 'User-agent: *\nDisallow: /\nUser-agent: binnacle\n', true],
    ['rules before any agent', 'Disallow: /\nUser-agent: other\nDisallow: /', true],
    ['sitemaps between', 'User-agent: binnacle\nSitemap: https://example.org/s.xml\nDisallow: /', false],
    ['a byte order mark', '\uFEFFUser-agent: *\nDisallow: /', false],
    ['old line ends', 'User-agent: *\rDisallow: /', false],
    ['comments', '# no\nUser-agent: * # all\nDisallow: / # everything', false],
    ['an empty rule', 'User-agent: *\nDisallow:', true],
    ['no robots.txt but a page', '<html>\n<p>Disallow: /</p>\nUser-agent: *</html>', true],
  ])('%s', (_name, text, isAllowed) => {
    expect(decide(text, '/a')).toBe(isAllowed);
  });
});

describe('paths', () => {
  const rules = (...lines: string[]) => `User-agent: *\n${lines.join('\n')}`;
  test.each([
    [['Disallow: /fish'], '/fish.html', false],
    [['Disallow: /fish'], '/Fish', true],
    [['Disallow: /fish/'], '/fish', true],
    [['Disallow: /a', 'Allow: /a/b'], '/a/b/c', true],
    [['Allow: /a/b', 'Disallow: /a'], '/a/c', false],
    [['Allow: /page', 'Disallow: /page'], '/page', true],
    [['Disallow: /*.gif$'], '/x/y.gif', false],
    [['Disallow: /*.gif$'], '/x/y.gif?z', true],
    [['Disallow: /*.gif'], '/x/y.gif?z', false],
    [['Disallow: /x$'], '/x', false],
    [['Disallow: /x$'], '/xy', true],
    [['Disallow: /a*b*c'], '/a-b-b-c-d', false],
    [['Disallow: /a*b*c'], '/a-c-b', true],
    [['Disallow: /*a*a*a*a*a*a*a*a*a*a*a*a*b$'], `/${'a'.repeat(5000)}`, true],
    [['Disallow: *'], '/a', false],
    [['Disallow: /?q='], '/?q=1', false],
    [['Disallow: /%7Ejoe'], '/~joe/x', false],
    [['Disallow: /~joe'], '/%7ejoe', false],
    [['Disallow: /a%3cd'], '/a%3Cd', false],
    [['Disallow: /a%2Fb'], '/a/b', true],
    // The examples of RFC 9309, 2.2.3: what is encoded in a rule stands for itself.
    [['Disallow: /path/file-with-a-%2A.html'], '/path/file-with-a-*.html', false],
    [['Disallow: /path/file-with-a-%2A.html'], '/path/file-with-a-b.html', true],
    [['Disallow: /path/foo-%24'], '/path/foo-$', false],
    [['Disallow: /a$b'], '/a$b', false],
    [['Disallow: /a*b'], '/a*b', false],
    [['Disallow: /größe'], '/gr%C3%B6%C3%9Fe', false],
    [['Disallow: /gr%c3%b6'], '/größe', false],
    [['Disallow: /robots', 'Disallow: /'], '/robots.txt', true],
  ])('%j and %s: %s', (lines, path, isAllowed) => {
    expect(decide(rules(...lines), path)).toBe(isAllowed);
  });
});

test('lines that are made to hurt take no time', () => {
  const blank = ' '.repeat(200_000);
  const robots = Robots.parse(`User-agent: *\nDisallow: /x${blank}y\nDisallow: /z${blank}# \u2028 z`);
  expect(robots.decide(new URL('https://example.org/z')).rule).toBe('Disallow: /z');
});

test('the rule that decided is told', () => {
  const robots = Robots.parse('User-agent: *\nDisallow: /private # keep out\nCrawl-delay: 2.5');
  expect(robots.decide(new URL('https://example.org/private/x'))).toEqual({
    isAllowed: false,
    rule: 'Disallow: /private',
  });
  expect(robots.crawlDelayMs).toBe(2500);
});
