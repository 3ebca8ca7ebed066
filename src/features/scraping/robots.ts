/** The name by which robots.txt may address Binnacle. */
export const robotsToken = 'binnacle';

/** What is read of a robots.txt at most, bytes; RFC 9309 asks for 500 KiB or more. */
export const robotsBytes = 512_000;

export interface RobotsRule {
  isAllowed: boolean;
  /** As it stands there. */
  pattern: string;
}

export interface RobotsDecision {
  isAllowed: boolean;
  /** As "Disallow: /private"; null where no rule speaks of the address. */
  rule: string | null;
}

interface Group {
  rules: RobotsRule[];
  crawlDelaySeconds: number | null;
}

/** The rules of a robots.txt that concern Binnacle, by RFC 9309. */
export class Robots {
  private constructor(
    private readonly rules: readonly RobotsRule[],
    /** Not of the RFC, but meant by those who write it. */
    readonly crawlDelayMs: number,
  ) {}

  static readonly open = new Robots([], 0);
  static readonly closed = new Robots([{ isAllowed: false, pattern: '/' }], 0);

  static parse(text: string, token = robotsToken): Robots {
    const own: Group = { rules: [], crawlDelaySeconds: null };
    const all: Group = { rules: [], crawlDelaySeconds: null };
    let isOwnNamed = false;
    let current = new Set<Group>();
    let isNaming = false;
    for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
      const [name, value] = ruleIn(line);
      switch (name) {
        case 'user-agent': {
          // Lines of agents that follow each other share the rules below them.
          if (!isNaming) current = new Set();
          isNaming = true;
          if (value === '*') current.add(all);
          else if (/^[a-z_-]+/i.exec(value)?.[0].toLowerCase() === token) {
            isOwnNamed = true;
            current.add(own);
          }
          break;
        }
        case 'allow':
        case 'disallow': {
          isNaming = false;
          if (value === '') break;
          for (const group of current) {
            group.rules.push({ isAllowed: name === 'allow', pattern: value });
          }
          break;
        }
        case 'crawl-delay': {
          isNaming = false;
          const seconds = Number(value);
          if (value === '' || !Number.isFinite(seconds) || seconds < 0) break;
          for (const group of current) group.crawlDelaySeconds ??= seconds;
          break;
        }
      }
    }
    const group = isOwnNamed ? own : all;
    return new Robots(group.rules, (group.crawlDelaySeconds ?? 0) * 1000);
  }

  /** The longest rule that matches decides; of two as long, the one that allows. Without any, all is allowed. */
  decide(url: URL): RobotsDecision {
    const path = normalize(url.pathname + url.search).replace(/[*$]/g, verbatim);
    if (path === '/robots.txt') return { isAllowed: true, rule: null };
    let best: RobotsRule | undefined;
    let bestLength = -1;
    for (const rule of this.rules) {
      const pattern = normalize(rule.pattern).replace(/\$(?!$)/g, verbatim);
      if (pattern.length < bestLength || !matches(path, pattern)) continue;
      if (pattern.length === bestLength && !rule.isAllowed) continue;
      best = rule;
      bestLength = pattern.length;
    }
    if (!best) return { isAllowed: true, rule: null };
    return { isAllowed: best.isAllowed, rule: `${best.isAllowed ? 'Allow' : 'Disallow'}: ${best.pattern}` };
  }
}

/** The name, in lower case, and the value of a line. Lines may be long and made to hurt: each is looked through once. */
function ruleIn(line: string): [name: string, value: string] {
  const [text = ''] = line.split('#', 1);
  const colon = text.indexOf(':');
  return colon < 0 ? ['', ''] : [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()];
}

/** What a pattern means by such a character where it stands for nothing else: it may only be encoded there. */
const verbatim = (character: string) => (character === '*' ? '%2A' : '%24');

/** One spelling for each path: what need not be encoded is not, all else is, in capitals. */
function normalize(path: string): string {
  return path
    .replace(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text.toWellFormed()))
    .replace(/%[\da-f]{2}/gi, (code) => {
      const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
      return /[\w.~-]/.test(character) ? character : code.toUpperCase();
    });
}

/** `*` stands for anything, `$` at the end for the end. Each part is looked for once, so no pattern takes long. */
function matches(path: string, pattern: string): boolean {
  const isWhole = pattern.endsWith('$');
  const parts = (isWhole ? pattern.slice(0, -1) : pattern).split('*');
  const first = parts.shift() ?? '';
  if (!path.startsWith(first)) return false;
  let at = first.length;
  const last = isWhole ? parts.pop() : undefined;
  if (isWhole && last === undefined) return path.length === at;
  for (const part of parts) {
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return last === undefined || (path.length - last.length >= at && path.endsWith(last));
}
