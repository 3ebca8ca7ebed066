import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { EgressRefusedError, pinnedLookup, type EgressGuard } from './egress-guard.js';

export interface FetchLimits {
  /** Longest time of one request, from the look-up of the name to the last byte, milliseconds. */
  timeoutMs: number;
  /** Most bytes of a body as it is sent. */
  maxBytes: number;
  /** Most bytes of a body once it is decompressed. */
  maxDecodedBytes: number;
  maxRedirects: number;
}

/** One answer, read to its end. */
export interface FetchedHop {
  url: URL;
  status: number;
  headers: IncomingHttpHeaders;
  /** Decompressed; empty for a redirect. */
  body: Buffer;
  /** Bytes of the body as they were sent. */
  wireBytes: number;
  /** The address that answered. */
  address: string | null;
  firstByteMs: number;
  totalMs: number;
}

export interface Fetched extends FetchedHop {
  /** Where it was sent on from, in order. */
  redirects: { url: string; status: number }[];
}

export interface FetchOptions {
  limits: FetchLimits;
  /** Asked anew for each address, so that nothing meant for one site goes to another. */
  headersFor?: (url: URL) => Record<string, string>;
  /** Ends the request at once. */
  signal?: AbortSignal | undefined;
  /** Surrounds each request, redirects as well: to ask whether it may be made, and to wait for its turn. */
  around?: (url: URL, go: () => Promise<FetchedHop>) => Promise<FetchedHop>;
  /** Certificates to trust instead of the usual ones. */
  ca?: string;
}

export type FetchFault =
  'TIMEOUT' | 'TOO_LARGE' | 'TOO_MANY_REDIRECTS' | 'BAD_REDIRECT' | 'BAD_ENCODING' | 'NETWORK';

/** The request could not be answered in full; the message says what happened, the code which fault it is. */
export class FetchError extends Error {
  constructor(
    readonly code: FetchFault,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/**
 * GET through the egress guard: each address is checked and pinned for its connection, again at each redirect, and everything
 * is bounded. A connection serves one request, since one that is kept would be used without a check.
 * @throws EgressRefusedError, HostNotFoundError, FetchError, or the signal's reason
 */
export async function guardedFetch(guard: EgressGuard, start: URL, options: FetchOptions): Promise<Fetched> {
  const redirects: Fetched['redirects'] = [];
  let url = start;
  for (;;) {
    const here = url;
    const go = () => fetchHop(guard, here, options);
    const hop = await (options.around ? options.around(here, go) : go());
    const location = redirectStatuses.has(hop.status) ? hop.headers.location : undefined;
    if (location === undefined) return { ...hop, redirects };
    redirects.push({ url: here.href, status: hop.status });
    if (redirects.length > options.limits.maxRedirects) {
      const message = `${start.href} was redirected more than ${options.limits.maxRedirects} times.`;
      throw new FetchError('TOO_MANY_REDIRECTS', message);
    }
    url = redirectTarget(location, here);
  }
}

function redirectTarget(location: string, from: URL): URL {
  // Header values are bytes: those beyond ASCII are nearly always UTF-8.
  const text = Buffer.from(location, 'latin1').toString('utf8');
  const url = URL.canParse(text, from.href) ? new URL(text, from) : undefined;
  if (!url) throw new FetchError('BAD_REDIRECT', `${from.href} redirects to what is no address.`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new EgressRefusedError(
      `${from.href} redirects to a ${url.protocol} address; only http and https are fetched.`,
    );
  }
  if (url.hash === '') url.hash = from.hash;
  return url;
}

async function fetchHop(guard: EgressGuard, url: URL, options: FetchOptions): Promise<FetchedHop> {
  const { limits, signal } = options;
  signal?.throwIfAborted();
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(timedOut(url, limits.timeoutMs)), limits.timeoutMs);
  const onAbort = () => ending.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await exchange(guard, url, options, ending.signal);
  } catch (error) {
    if (ending.signal.aborted) throw ending.signal.reason;
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function timedOut(url: URL, timeoutMs: number): FetchError {
  return new FetchError('TIMEOUT', `${url.href} timed out: no full answer came within ${timeoutMs} ms.`);
}

async function exchange(
  guard: EgressGuard,
  url: URL,
  { limits, headersFor, ca }: FetchOptions,
  signal: AbortSignal,
): Promise<FetchedHop> {
  const startedAt = performance.now();
  const target = await orAborted(guard.checkUrl(url), signal);
  const response = await send(url, guard, signal, {
    lookup: pinnedLookup(target),
    // Not deflate, by which servers mean two things.
    headers: { 'accept-encoding': 'gzip, br', ...headersFor?.(url) },
    ...(ca === undefined ? {} : { ca }),
  });
  const firstByteMs = performance.now() - startedAt;
  const address = response.socket.remoteAddress ?? null;
  const status = response.statusCode ?? 0;
  try {
    const isRedirect = redirectStatuses.has(status) && response.headers.location !== undefined;
    const body = isRedirect
      ? { decoded: Buffer.alloc(0), wireBytes: 0 }
      : await readBody(url, response, limits, signal);
    return {
      url,
      status,
      headers: response.headers,
      body: body.decoded,
      wireBytes: body.wireBytes,
      address,
      firstByteMs,
      totalMs: performance.now() - startedAt,
    };
  } finally {
    response.destroy();
  }
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function send(url: URL, guard: EgressGuard, signal: AbortSignal, options: object): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(
      url,
      // No agent: pooled connections are told apart by name alone, and would be shared with whatever else they go to.
      { agent: false, signal, ...options },
      (response) => {
        guard.watch.note(url.hostname, true);
        resolve(response);
      },
    );
    request.once('error', (error) => {
      if (!signal.aborted) guard.watch.note(url.hostname, false);
      reject(networkFault(url, error));
    });
    // Nothing was asked for that an upgrade or an informational answer would help with.
    request.once('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new FetchError('NETWORK', `${url.href} answered with another protocol.`));
    });
    request.end();
  });
}

function networkFault(url: URL, error: unknown): FetchError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new FetchError(
    'NETWORK',
    `${url.href} could not be fetched: ${code ? `${code} ` : ''}${message}`,
    error,
  );
}

async function readBody(
  url: URL,
  response: IncomingMessage,
  { maxBytes, maxDecodedBytes }: FetchLimits,
  signal: AbortSignal,
): Promise<{ decoded: Buffer; wireBytes: number }> {
  const tooLarge = (bytes: number, what: string) =>
    new FetchError('TOO_LARGE', `${url.href} is larger than ${bytes} bytes${what}, the most that is read.`);
  if (Number(response.headers['content-length']) > maxBytes) throw tooLarge(maxBytes, '');
  let wireBytes = 0;
  let fault: Error | undefined;
  const stop = (error: Error) => {
    fault ??= error;
    response.destroy(fault);
  };
  response.on('data', (chunk: Buffer) => {
    wireBytes += chunk.length;
    if (wireBytes > maxBytes) stop(tooLarge(maxBytes, ''));
  });
  const stages = decoders(url, response.headers['content-encoding']);
  let body: Readable = response;
  for (const stage of stages) {
    body.once('error', (error) => stage.destroy(error));
    body = body.pipe(stage);
  }
  const onAbort = () => body.destroy(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxDecodedBytes) throw tooLarge(maxDecodedBytes, ' decompressed');
      chunks.push(chunk);
    }
  } catch (error) {
    if (fault ?? error instanceof FetchError) throw fault ?? error;
    const isZlib = /^(Z_|ERR__ERROR_|ERR_BROTLI|ERR_PADDING)/.test(
      (error as NodeJS.ErrnoException).code ?? '',
    );
    if (!isZlib) throw networkFault(url, error);
    throw new FetchError('BAD_ENCODING', `The body of ${url.href} could not be decompressed.`, error);
  } finally {
    signal.removeEventListener('abort', onAbort);
    for (const stage of stages) stage.destroy();
  }
  return { decoded: Buffer.concat(chunks), wireBytes };
}

/** What undoes the body's encodings, the last that was applied first. A truncated body gives what can be had of it. */
function decoders(url: URL, encodings = '') {
  const names = encodings
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length > 2) {
    throw new FetchError('BAD_ENCODING', `The body of ${url.href} is compressed more than twice over.`);
  }
  return names.reverse().map((name) => {
    switch (name) {
      case 'gzip':
      case 'x-gzip':
        return createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
      case 'deflate':
        return createInflate({ finishFlush: constants.Z_SYNC_FLUSH });
      case 'br':
        return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH });
      default:
        throw new FetchError(
          'BAD_ENCODING',
          `The body of ${url.href} is encoded as ${name}, which is not read.`,
        );
    }
  });
}
