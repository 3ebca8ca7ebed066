import { EgressRefusedError, HostNotFoundError, type EgressGuard } from '../../platform/egress-guard.js';
import { FetchError, guardedFetch } from '../../platform/guarded-fetch.js';
import { orAborted } from './host-turns.js';
import type { AroundHop } from './page-source.js';
import { Robots, robotsBytes } from './robots.js';

const dayMs = 86_400_000;
/** What could not be reached is asked for again soon: until then nothing is allowed there. */
const unreachableMs = 60_000;
const mostKept = 5_000;
/** Characters of all that are kept; what is made of them takes some ten times as much. */
const mostCharacters = 16_000_000;
/** RFC 9309 asks for five at least. */
const maxRedirects = 5;
/** More than is read; what is larger than this is none. */
const maxFileBytes = 5_000_000;

export interface KnownRobots {
  robots: Robots;
  url: string;
  /** Of the answer; null where there was none. */
  status: number | null;
  /** Why it is as it is, where that is not plain from the file. */
  remark: string | null;
  isCached: boolean;
}

interface Kept extends Omit<KnownRobots, 'isCached'> {
  /** Of the file, as far as it is read. */
  characters: number;
}

export interface RobotsFetch {
  userAgent: string;
  around: AroundHop;
  signal?: AbortSignal | undefined;
}

/** The robots.txt of each origin, fetched when first asked for and kept for a day at most. */
export class RobotsCache {
  readonly #kept = new Map<string, { known: Promise<Kept>; until: number; characters: number }>();

  constructor(
    private readonly guard: EgressGuard,
    private readonly timeoutMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws EgressRefusedError, HostNotFoundError, or the signal's reason */
  async of(url: URL, fetch: RobotsFetch): Promise<KnownRobots> {
    const { origin } = url;
    const kept = this.#kept.get(origin);
    if (kept && kept.until > this.now()) {
      // Whoever asked for it may have been told to stop, which is no answer for others.
      const answer = kept.known.catch(() => undefined);
      await orAborted(answer, fetch.signal);
      const known = await answer;
      if (known) return { ...known, isCached: true };
    }
    const fetched = this.#fetch(new URL('/robots.txt', origin), fetch);
    const entry = { known: fetched, until: this.now() + dayMs, characters: 0 };
    this.#kept.delete(origin);
    this.#kept.set(origin, entry);
    try {
      const known = await entry.known;
      entry.characters = known.characters;
      this.#shrink();
      if (known.robots === Robots.closed) entry.until = this.now() + unreachableMs;
      return { ...known, isCached: false };
    } catch (error) {
      this.#kept.delete(origin);
      throw error;
    }
  }

  /** The oldest go first. */
  #shrink(): void {
    let characters = 0;
    for (const entry of this.#kept.values()) characters += entry.characters;
    for (const [origin, entry] of this.#kept) {
      if (characters <= mostCharacters && this.#kept.size <= mostKept) return;
      this.#kept.delete(origin);
      characters -= entry.characters;
    }
  }

  async #fetch(url: URL, { userAgent, around, signal }: RobotsFetch): Promise<Kept> {
    const about = { url: url.href, characters: 0 };
    try {
      const { status, body } = await guardedFetch(this.guard, url, {
        limits: {
          timeoutMs: this.timeoutMs,
          maxBytes: maxFileBytes,
          maxDecodedBytes: maxFileBytes,
          maxRedirects,
        },
        headersFor: () => ({ 'user-agent': userAgent, accept: 'text/plain,*/*;q=0.5' }),
        around,
        ...(signal ? { signal } : {}),
      });
      if (status >= 200 && status < 300) {
        const text = body.subarray(0, robotsBytes).toString('utf8');
        // A line that was cut through may say something else than it did.
        const whole = body.length > robotsBytes ? text.slice(0, text.lastIndexOf('\n') + 1) : text;
        const remark = body.length > robotsBytes ? `Only its first ${robotsBytes} bytes are read.` : null;
        return { ...about, characters: whole.length, robots: Robots.parse(whole), status, remark };
      }
      if (status >= 400 && status < 500) {
        return { ...about, robots: Robots.open, status, remark: 'There is none, so everything is allowed.' };
      }
      const remark = 'It could not be had, so nothing is allowed for now.';
      return { ...about, robots: Robots.closed, status, remark };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof EgressRefusedError || error instanceof HostNotFoundError) throw error;
      if (!(error instanceof FetchError)) throw error;
      if (error.code === 'TOO_MANY_REDIRECTS') {
        const remark = `It is redirected more than ${maxRedirects} times, which counts as none.`;
        return { ...about, robots: Robots.open, status: null, remark };
      }
      const remark = `It could not be had, so nothing is allowed for now: ${error.message}`;
      return { ...about, robots: Robots.closed, status: null, remark };
    }
  }
}
