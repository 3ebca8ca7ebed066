import { guardedFetch, type FetchedHop } from '../../platform/guarded-fetch.js';
import type { EgressGuard } from '../../platform/egress-guard.js';
import { CookieJar } from './cookie-jar.js';
import { decodePage } from './page-charset.js';
import type { PageRequest, PageSource, SourcedPage } from './page-source.js';
import type { StorageState } from './storage-state.js';

/** Pages by a plain request. What their scripts would add is not there. */
export class HttpPageSource implements PageSource {
  readonly engine = 'HTTP';
  /** Cookies set on the way go on with the state that they began with: one for each run, gone with it. */
  readonly #jars = new WeakMap<StorageState, CookieJar>();

  constructor(
    private readonly guard: EgressGuard,
    /** Most bytes of a page once it is decompressed. */
    private readonly maxDecodedBytes: number,
  ) {}

  unavailableBecause(): Promise<null> {
    return Promise.resolve(null);
  }

  async open(request: PageRequest): Promise<SourcedPage> {
    const jar = this.#jarOf(request.storageState);
    const around = request.around ?? ((_url, go) => go());
    const fetched = await guardedFetch(this.guard, request.url, {
      limits: {
        timeoutMs: request.timeoutMs,
        maxBytes: request.maxBytes,
        maxDecodedBytes: this.maxDecodedBytes,
        maxRedirects: request.maxRedirects,
      },
      headersFor: (url) => {
        const cookie = jar.headerFor(url);
        return {
          'user-agent': request.userAgent,
          accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.5',
          ...(cookie === undefined ? {} : { cookie }),
        };
      },
      around: async (url, go): Promise<FetchedHop> => {
        const hop = await around(url, go);
        jar.take(url, hop.headers['set-cookie'] ?? []);
        return hop;
      },
      ...(request.signal ? { signal: request.signal } : {}),
    });
    const contentType = fetched.headers['content-type'] ?? null;
    const html = isText(contentType) ? decodePage(fetched.body, contentType) : '';
    return {
      url: fetched.url,
      status: fetched.status,
      headers: plainHeaders(fetched.headers),
      contentType,
      html,
      bytes: fetched.wireBytes,
      timings: { firstByteMs: fetched.firstByteMs, totalMs: fetched.totalMs },
      redirects: fetched.redirects,
      wait: null,
      notes: { address: fetched.address },
    };
  }

  #jarOf(state: StorageState | undefined): CookieJar {
    if (!state) return new CookieJar(undefined);
    let jar = this.#jars.get(state);
    if (!jar) {
      jar = new CookieJar(state);
      this.#jars.set(state, jar);
    }
    return jar;
  }
}

/** Whether a body of that type is worth decoding; one without a type may be. */
export function isText(contentType: string | null): boolean {
  return contentType === null || /^\s*(text\/|application\/([\w.+-]*\+)?(xml|json|xhtml))/i.test(contentType);
}

function plainHeaders(headers: FetchedHop['headers']): Record<string, string> {
  const entries = Object.entries(headers).filter(([name]) => name !== 'set-cookie');
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}
