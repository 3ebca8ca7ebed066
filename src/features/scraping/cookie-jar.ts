import type { StorageState, StoredCookie } from './storage-state.js';

const mostCookies = 500;

/** The cookies of one run: those it begins with, and those that sites set meanwhile. Each goes to its own site only. */
export class CookieJar {
  readonly #cookies = new Map<string, StoredCookie>();

  constructor(
    state: StorageState | undefined,
    private readonly now: () => number = Date.now,
  ) {
    for (const cookie of state?.cookies ?? []) this.#keep(cookie);
  }

  /** All that it holds now. */
  get cookies(): StoredCookie[] {
    return [...this.#cookies.values()];
  }

  /** The Cookie header for an address; undefined where there is nothing to send. */
  headerFor(url: URL): string | undefined {
    const matching = [...this.#cookies.values()].filter((cookie) => this.#goesTo(cookie, url));
    // Longer paths first, as browsers do.
    matching.sort((a, b) => b.path.length - a.path.length);
    return matching.length > 0 ? matching.map(({ name, value }) => `${name}=${value}`).join('; ') : undefined;
  }

  /** Takes in what an answer from that address sets. */
  take(url: URL, setCookies: readonly string[]): void {
    for (const text of setCookies) {
      const cookie = parseSetCookie(text, url, this.now());
      if (cookie) this.#keep(cookie);
    }
  }

  #keep(cookie: StoredCookie): void {
    const key = `${cookie.domain}\n${cookie.path}\n${cookie.name}`;
    this.#cookies.delete(key);
    if (!this.#isOver(cookie) && this.#cookies.size < mostCookies) this.#cookies.set(key, cookie);
  }

  #isOver({ expires }: StoredCookie): boolean {
    return expires !== -1 && expires * 1000 <= this.now();
  }

  #goesTo(cookie: StoredCookie, url: URL): boolean {
    if (this.#isOver(cookie) || (cookie.secure && url.protocol !== 'https:')) return false;
    const domain = cookie.domain.toLowerCase();
    const host = url.hostname.toLowerCase();
    const isHost = domain.startsWith('.')
      ? host === domain.slice(1) || host.endsWith(domain)
      : host === domain;
    return isHost && isWithin(url.pathname, cookie.path);
  }
}

function isWithin(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}

function parseSetCookie(text: string, url: URL, now: number): StoredCookie | undefined {
  const [pair = '', ...rest] = text.split(';');
  const at = pair.indexOf('=');
  const name = pair.slice(0, Math.max(at, 0)).trim();
  // eslint-disable-next-line eslint/no-control-regex -- header values must hold none
  if (at < 1 || /[\x00-\x1f\x7f]/.test(pair)) return undefined;
  const attributes = new Map(
    rest.map((part) => {
      const [key = '', ...value] = part.split('=');
      return [key.trim().toLowerCase(), value.join('=').trim()] as const;
    }),
  );
  const host = url.hostname.toLowerCase();
  const wanted = attributes.get('domain')?.replace(/^\./, '').toLowerCase();
  // Only for the host itself or a domain above it, and for no top-level domain.
  if (wanted && wanted !== host && (!host.endsWith(`.${wanted}`) || !wanted.includes('.'))) return undefined;
  const path = attributes.get('path');
  return {
    name,
    value: pair.slice(at + 1).trim(),
    domain: wanted ? `.${wanted}` : host,
    path: path?.startsWith('/') ? path : (/^(\/.*)\/[^/]*$/.exec(url.pathname)?.[1] ?? '/'),
    expires: expiryOf(attributes, now),
    httpOnly: attributes.has('httponly'),
    secure: attributes.has('secure'),
    sameSite: 'Lax',
  };
}

/** Seconds since 1970; -1 = for as long as the run lasts. */
function expiryOf(attributes: ReadonlyMap<string, string>, now: number): number {
  const maxAge = attributes.get('max-age');
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return now / 1000 + Number(maxAge);
  const at = Date.parse(attributes.get('expires') ?? '');
  return Number.isNaN(at) ? -1 : at / 1000;
}
