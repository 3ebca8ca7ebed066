import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';

/**
 * What the GraphiQL page may do: load from this host only, talk to this host only (for browsers 'self' covers
 * WebSockets, too), run no script that stands in the page. Two exceptions, both for its editor, Monaco: it writes
 * style elements, and its style sheets carry fonts and pictures as data: addresses.
 */
export const GRAPHIQL_CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * What the app's own page may do: load from this host only, talk to this host only, and nothing inline at all. Sizes and
 * places that its scripts set on elements are no inline styles in the policy's sense.
 */
export const APP_CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The addresses of the app's pages, as web/app/App.tsx has them. */
export const APP_ROUTES = ['/', '/sign-in', '/register', '/p/*path'];

/** For everything that is not a page: shown by itself, a file does nothing at all. */
const ASSET_CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** The kinds of answer at /graphql, in the order in which they are given to clients that take anything. */
const ANSWERS = ['application/graphql-response+json', 'application/json', 'text/html'];

export interface StaticPages {
  /** For APP_ROUTES: the app, which finds out by itself which of its pages the address means. */
  app: RequestHandler;
  /** For /graphql, before the API: the GraphiQL page for a browser that brings no query; all else goes on to the API. */
  graphiql: RequestHandler;
  /** For /assets: what the pages load. A file's name changes with its content, so browsers keep them for a year. */
  assets: RequestHandler;
}

/**
 * Serves the pages that `npm run build` made.
 * @param options.webDir absolute path of dist/web; where it lacks a page, that page is answered with 404 and says so.
 */
export function staticPages(options: { webDir: string }): StaticPages {
  const { webDir } = options;
  return {
    app: (_request, response, next) => {
      sendPage(response, next, webDir, 'index.html', APP_CONTENT_SECURITY_POLICY);
    },
    graphiql: (request, response, next) => {
      if (!isBrowserAtTheDoor(request)) return next();
      response.vary('Accept');
      sendPage(response, next, webDir, 'graphiql/index.html', GRAPHIQL_CONTENT_SECURITY_POLICY);
    },
    assets: assets(join(webDir, 'assets')),
  };
}

function assets(folder: string): RequestHandler {
  const files = express.static(folder, {
    immutable: true,
    maxAge: '1y',
    index: false,
    redirect: false,
    setHeaders: (response) => {
      for (const [name, value] of Object.entries(securityHeaders(ASSET_CONTENT_SECURITY_POLICY))) {
        response.setHeader(name, value);
      }
    },
  });
  const compressed = compressedIn(folder);
  return (request, response, next) => {
    if (!compressed.has(request.path)) return files(request, response, next);
    response.vary('Accept-Encoding');
    if (request.acceptsEncodings('gzip')) {
      response.setHeader('Content-Encoding', 'gzip').type(extname(request.path));
      request.url = `${request.path}.gz`;
    }
    files(request, response, next);
  };
}

/** The paths of those files that lie there compressed as well, under their name and ".gz". */
function compressedIn(folder: string): ReadonlySet<string> {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.gz'));
    return new Set(names.map((name) => `/${name.slice(0, -'.gz'.length)}`));
  } catch {
    // The pages have not been built.
    return new Set();
  }
}

function isBrowserAtTheDoor(request: Request): boolean {
  return (
    (request.method === 'GET' || request.method === 'HEAD') &&
    request.query['query'] === undefined &&
    request.accepts(ANSWERS) === 'text/html'
  );
}

/** Pages name their assets, so a browser asks each time whether the page is still the same (ETag). */
function sendPage(response: Response, next: NextFunction, root: string, file: string, policy: string): void {
  const headers = { ...securityHeaders(policy), 'Cache-Control': 'no-cache' };
  response.sendFile(file, { root, cacheControl: false, headers }, (error?: NodeJS.ErrnoException) => {
    if (!error || response.headersSent) return;
    if (error.code !== 'ENOENT') return next(error);
    response.status(404).type('text/plain').send('This page has not been built: run `npm run build`.\n');
  });
}

function securityHeaders(contentSecurityPolicy: string): Record<string, string> {
  return {
    'Content-Security-Policy': contentSecurityPolicy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  };
}
