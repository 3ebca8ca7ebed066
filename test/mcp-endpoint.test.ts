import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeKey, register, type Person } from './support/client.js';
import { sendMcp } from './support/mcp.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let person: Person;
let key: string;
beforeAll(async () => {
  server = await startTestServer({
    MAX_BODY_BYTES: '100000',
    MCP_ALLOWED_HOSTS: 'binnacle.example, two.example',
  });
  person = await register(server.url);
  key = (await makeKey(server.url, person, ['READ'])).secret;
});
afterAll(() => server.stop());

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
const ok = { jsonrpc: '2.0', id: 1, result: {} };
const send = (
  headers: Record<string, string> = {},
  body: string | Buffer = JSON.stringify(ping),
  method = 'POST',
) =>
  sendMcp(
    server.url,
    {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body,
    method,
  );
interface Refusal {
  jsonrpc: string;
  id: unknown;
  error: { code: number; message: string };
}
/** The messages of an answer, which may be a stream. */
const messagesOf = (text: string): unknown[] =>
  text.startsWith('{') || text.startsWith('[')
    ? [JSON.parse(text)]
    : [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? '') as unknown);

const ownHost = () => new URL(server.url).host;

describe('who calls', () => {
  test.each([
    ['nothing at all', {}],
    ['a key that is none', { authorization: 'Bearer bnc_no_such_key' }],
  ])('%s is 401, in the form of the protocol', async (_, headers: Record<string, string>) => {
    const answer = await sendMcp(
      server.url,
      { 'content-type': 'application/json', ...headers },
      JSON.stringify(ping),
    );
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    const { jsonrpc, id, error } = JSON.parse(answer.text) as Refusal;
    expect({ jsonrpc, id, code: error.code }).toEqual({ jsonrpc: '2.0', id: null, code: -32_000 });
    expect(error.message).toMatch(/API key/);
  });

  test('a person is told to make a key', async () => {
    const answer = await send({ authorization: `Bearer ${person.token}` });
    expect([answer.status, (JSON.parse(answer.text) as Refusal).error.message]).toEqual([
      403,
      expect.stringMatching(/API key/),
    ]);
  });

  test('a key is answered', async () => {
    const answer = await send();
    expect([answer.status, messagesOf(answer.text)]).toEqual([200, [ok]]);
  });
});

describe('Host and Origin', () => {
  test.each([
    ['the name of the machine itself', 'localhost:4000', undefined],
    ['an address', '192.0.2.7:4000', undefined],
    ['an address of IPv6', '[2001:db8::1]', undefined],
    ['a name that is allowed', 'binnacle.example', undefined],
    ['a name that is allowed, in capitals', 'TWO.example:443', undefined],
    ['a page of the machine itself', undefined, 'http://localhost:5173'],
    ['a page of the server itself', '192.0.2.7:4000', 'http://192.0.2.7:4000'],
    ['a page of a name that is allowed', undefined, 'https://two.example'],
  ])('%s passes', async (_, host, origin) => {
    const answer = await send({ host: host ?? ownHost(), ...(origin ? { origin } : {}) });
    expect(answer.status).toBe(200);
  });

  test.each([
    ['a name that resolves to this server', 'evil.example', undefined],
    ['such a name, from its own page', 'evil.example', 'http://evil.example'],
    ['a name that only ends like a known one', 'notlocalhost', undefined],
    ['a page of another name', undefined, 'https://evil.example'],
    ['a page of another address', undefined, 'http://192.0.2.7'],
    ['a page of nowhere', undefined, 'null'],
    ['no origin at all', undefined, 'nonsense'],
  ])('%s is refused', async (_, host, origin) => {
    const answer = await send({ host: host ?? ownHost(), ...(origin ? { origin } : {}) });
    expect([answer.status, (JSON.parse(answer.text) as Refusal).error]).toEqual([
      403,
      expect.objectContaining({ code: -32_000, message: expect.stringMatching(/MCP_ALLOWED_HOSTS/) }),
    ]);
  });
});

describe('what is sent', () => {
  test.each([
    ['no JSON', '{', {}, 400, -32_700],
    ['nothing', '', {}, 400, -32_600],
    ['another content type', JSON.stringify(ping), { 'content-type': 'text/plain' }, 415, -32_000],
    ['too much', `"${'x'.repeat(100_001)}"`, {}, 413, -32_600],
    [
      'too much once unpacked',
      gzipSync(Buffer.alloc(5_000_000)),
      { 'content-encoding': 'gzip' },
      413,
      -32_600,
    ],
    ['too many messages at once', JSON.stringify(Array.from({ length: 11 }, () => ping)), {}, 400, -32_600],
    ['another protocol', '{"hello": 1}', {}, 400, expect.any(Number)],
  ] as const)('%s is refused', async (_, body, headers, status, code) => {
    const answer = await send(headers, body);
    expect(answer.status).toBe(status);
    expect((JSON.parse(answer.text) as Refusal).error).toMatchObject({ code, message: expect.any(String) });
  });

  test('there are no sessions: GET and DELETE are 405', async () => {
    for (const method of ['GET', 'DELETE']) expect((await send({}, '', method)).status).toBe(405);
  });

  test('a method that is none is an error of the protocol', async () => {
    const { text } = await send({}, JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'no/such' }));
    expect(messagesOf(text)).toEqual([
      expect.objectContaining({ id: 7, error: expect.objectContaining({ code: -32_601 }) }),
    ]);
  });
});
