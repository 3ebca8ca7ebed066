import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface SiteRequest {
  path: string;
  at: number;
  userAgent: string;
  cookie: string | undefined;
}

export interface Product {
  name: string;
  price: string;
  link: string;
  tags: string[];
}

export type SiteHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  site: ScrapingSite,
) => void | Promise<void>;

export const productCount = 23;
const perPage = 5;

/** What the site holds: scraped items are compared with it. The eighth has no price. */
export function products(origin: string): Product[] {
  return Array.from({ length: productCount }, (_, index) => ({
    name: `Lamp № ${index + 1} — "größte" & <best>`,
    price: index === 7 ? '' : `${index + 1}.50 €`,
    link: `${origin}/product/${index + 1}`,
    tags: index % 2 === 0 ? ['new', 'brass'] : [],
  }));
}

/** Pages of the tree below /tree/: each leads to three more, three levels down, and to some that must not be followed. */
export function treePages(origin: string): { url: string; title: string; depth: number }[] {
  const pages = [{ url: `${origin}/tree/`, title: 'Tree', depth: 0 }];
  for (let at = 0; at < pages.length; at++) {
    const { url, depth } = pages[at]!;
    if (depth === 3) continue;
    for (const name of ['a', 'b', 'c']) {
      pages.push({
        url: `${url}${name}/`,
        title: `Tree ${url.slice(origin.length + 6)}${name}/`,
        depth: depth + 1,
      });
    }
  }
  return pages;
}

const bomb = gzipSync(Buffer.alloc(20_000_000, 'a'));
const escape = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const page = (title: string, body: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title></head><body>${body}</body></html>`;
const card = ({ name, price, link, tags }: Product) => `<li class="card">
    <h2><a href="${new URL(link).pathname}">  ${escape(name).replace(' ', '\n')} </a></h2>
    ${price ? `<span class="price">${price}</span>` : ''}
    ${tags.map((tag) => `<i class="tag">${tag}</i>`).join('')}
  </li>`;

const html = (response: ServerResponse, text: string, status = 200, headers: Record<string, string> = {}) =>
  void response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(text);

/** Handlers by path; one that ends in / is for all below it as well. */
const standard: Record<string, SiteHandler> = {
  '/robots.txt': (_request, response, _url, { robots }) =>
    robots === null
      ? html(response, 'none', 404)
      : void response.writeHead(200, { 'content-type': 'text/plain' }).end(robots),
  '/list': (_request, response, url) => {
    const number = Number(url.searchParams.get('page') ?? 1);
    const here = products(url.origin).slice((number - 1) * perPage, number * perPage);
    const next =
      number * perPage < productCount ? `<a class="next" href="?page=${number + 1}#top">Next</a>` : '';
    html(response, page(`Lamps ${number}`, `<ul>${here.map(card).join('')}</ul>${next}`));
  },
  '/product/': (_request, response, url) => {
    const product = products(url.origin).find(({ link }) => link === url.href);
    if (product)
      html(response, page(product.name, `<h1>${escape(product.name)}</h1><p>${product.price}</p>`));
    else html(response, page('Not found', 'There is no such lamp.'), 404);
  },
  // Its items come by script.
  '/scripted': (_request, response) =>
    html(
      response,
      page(
        'Scripted',
        `<ul id="list"></ul><script>fetch('/lamps.json').then((answer) => answer.json()).then((all) => {
          document.getElementById('list').innerHTML = all.join(''); document.body.dataset.ready = 'yes'; });</script>`,
      ),
    ),
  '/lamps.json': (_request, response, url) =>
    void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify(products(url.origin).map(card))),
  '/tree/': (_request, response, url) => {
    const found = treePages(url.origin).find((one) => one.url === `${url.origin}${url.pathname}`);
    if (!found) return html(response, page('Lost', 'There is nothing.'), 404);
    const below = found.depth < 3 ? ['a', 'b', 'c'] : [];
    const links = [
      ...below.map((name) => `<a href="${name}/">${name}</a> <a href="${name}/#again">again</a>`),
      `<a href="${found.depth > 0 ? '../' : '#'}">up</a> <a href="/tree/">root</a>`,
      '<a href="http://elsewhere.example/">elsewhere</a> <a href="mailto:a@example.com">mail</a>',
      '<a href="javascript:void(0)">nothing</a>',
    ];
    html(
      response,
      page(found.title, `<h1>${found.title}</h1><p class="depth">${found.depth}</p>${links.join('')}`),
    );
  },
  '/loop': (_request, response) => void response.writeHead(302, { location: '/loop' }).end(),
  // A list whose last page leads back to its first.
  '/ring': (_request, response, url) => {
    const number = Number(url.searchParams.get('page') ?? 1);
    const [product] = products(url.origin).slice(number - 1);
    html(
      response,
      page(
        'Ring',
        `<ul>${card(product!)}</ul><a class="next" href="/ring?page=${(number % 3) + 1}">Next</a>`,
      ),
    );
  },
  '/to': (_request, response, url) =>
    void response.writeHead(302, { location: url.searchParams.get('url') ?? '/' }).end(),
  // Never ends, and says so slowly.
  '/slow': (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).write('<p>'),
  '/huge': (_request, response) => html(response, page('Huge', 'x'.repeat(3_000_000))),
  '/bomb': (_request, response) =>
    void response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' }).end(bomb),
  '/broken': (request, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-length': '1000' }).write('<p>half of');
    setTimeout(() => request.socket.destroy(), 20);
  },
  '/messy': (_request, response) =>
    html(
      response,
      '<title>Messy</title><body><table><li class=card><h2><a href=/x>One<li class=card><h2>Two</div></p>',
    ),
  '/latin': (_request, response) =>
    void response
      .writeHead(200, { 'content-type': 'text/html; charset=iso-8859-1' })
      .end(Buffer.from('<title>Käse</title><h1>Größe</h1>', 'latin1')),
  '/picture': (_request, response) =>
    void response.writeHead(200, { 'content-type': 'image/png' }).end(Buffer.from([1, 2, 3])),
  '/status/': (_request, response, url) =>
    html(response, page('Fault', 'No.'), Number(url.pathname.slice(8))),
};

/** A site on loopback, with all that sites do. It keeps what it was asked. */
export class ScrapingSite {
  readonly requests: SiteRequest[] = [];
  /** The text of robots.txt; null = there is none. */
  robots: string | null = null;
  /** The most requests that ran at once. */
  mostAtOnce = 0;
  #running = 0;
  readonly #handlers = new Map(Object.entries(standard));

  private constructor(private readonly server: Server) {}

  static async start(host = '127.0.0.1'): Promise<ScrapingSite> {
    const server = createServer();
    const site = new ScrapingSite(server);
    server.on('request', (request, response) => void site.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return site;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Answers a path of its own; one that ends in / is for all below it as well. */
  on(path: string, handler: SiteHandler): void {
    this.#handlers.set(path, handler);
  }

  paths(): string[] {
    return this.requests.map(({ path }) => path);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
    const { 'user-agent': userAgent = '', cookie } = request.headers;
    this.requests.push({ path: url.pathname + url.search, at: performance.now(), userAgent, cookie });
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#running);
    response.once('close', () => this.#running--);
    const handler = this.#handlerOf(url.pathname);
    if (handler) await handler(request, response, url, this);
    else html(response, page('Not found', 'There is nothing here.'), 404);
  }

  #handlerOf(pathname: string): SiteHandler | undefined {
    const own = this.#handlers.get(pathname);
    if (own) return own;
    const above = [...this.#handlers.keys()].filter(
      (path) => path.endsWith('/') && pathname.startsWith(path),
    );
    return this.#handlers.get(above.sort((a, b) => b.length - a.length)[0] ?? '');
  }
}
