import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { graphqlEndpoint, graphqlRequest, GraphqlRequestError } from './graphql-client.js';

const servers: Server[] = [];

/** A server on a free port which answers the n-th request with the n-th of the answers, and the last one from then on. */
async function serverThatAnswers(
  ...answers: Array<(response: ServerResponse, request: IncomingMessage) => void>
): Promise<{ url: string; requestCount: () => number }> {
  let count = 0;
  const server = createServer((request, response) => {
    const answer = answers[Math.min(count, answers.length - 1)];
    count += 1;
    request.resume().on('end', () => answer?.(response, request));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/graphql`, requestCount: () => count };
}

async function closeServers(): Promise<void> {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

afterEach(closeServers);

const good = (response: ServerResponse): void => void response.end('{"data":{"me":{"id":"7"}}}');
const ask = { query: '{ me { id } }', retryDelayMs: 5 };

async function failureOf(request: Promise<unknown>): Promise<GraphqlRequestError> {
  const error: unknown = await request.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof GraphqlRequestError))
    throw new Error(`Expected a GraphqlRequestError, got ${String(error)}`);
  return error;
}

test('answers the data and sends the token as a bearer token', async () => {
  let sent: string | undefined;
  const { url } = await serverThatAnswers((response, request) => {
    sent = request.headers.authorization;
    good(response);
  });
  await expect(graphqlRequest(url, { ...ask, token: 'key' })).resolves.toEqual({ me: { id: '7' } });
  expect(sent).toBe('Bearer key');
});

test('tries again after 503, after 429 and after a broken connection', async () => {
  const { url, requestCount } = await serverThatAnswers(
    (response) => response.writeHead(503).end('busy'),
    (response) => response.writeHead(429, { 'retry-after': '0' }).end(),
    (response) => response.destroy(),
    good,
  );
  await expect(graphqlRequest(url, ask)).resolves.toEqual({ me: { id: '7' } });
  expect(requestCount()).toBe(4);
});

test('waits as long as Retry-After asks', async () => {
  const { url } = await serverThatAnswers(
    (response) => response.writeHead(429, { 'retry-after': '1' }).end(),
    good,
  );
  const begun = performance.now();
  await graphqlRequest(url, ask);
  expect(performance.now() - begun).toBeGreaterThan(990);
});

test('gives up after the attempts allowed', async () => {
  const { url, requestCount } = await serverThatAnswers((response) => response.writeHead(503).end());
  const error = await failureOf(graphqlRequest(url, { ...ask, attempts: 3 }));
  expect(error.details.httpStatus).toBe(503);
  expect(requestCount()).toBe(3);
});

test('carries the code and the fields of what the server refuses, and does not ask again', async () => {
  const { url, requestCount } = await serverThatAnswers((response) =>
    response.end(
      JSON.stringify({
        errors: [
          {
            message: 'The input is wrong.',
            extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'input.name', message: 'is too long' }] },
          },
        ],
      }),
    ),
  );
  const error = await failureOf(graphqlRequest(url, ask));
  expect(error).toMatchObject({ message: 'The input is wrong.', code: 'BAD_USER_INPUT' });
  expect(error.fields).toEqual([{ path: 'input.name', message: 'is too long' }]);
  expect(requestCount()).toBe(1);
});

test('says when an attempt takes too long, and when nobody listens', async () => {
  const { url } = await serverThatAnswers(() => {});
  const late = await failureOf(graphqlRequest(url, { ...ask, timeoutMs: 50, attempts: 1 }));
  expect(late.code).toBe('TIMEOUT');
  await closeServers();
  const refused = await failureOf(graphqlRequest(url, { ...ask, attempts: 2 }));
  expect(refused.code).toBe('NETWORK');
  expect(refused.message).toContain('ECONNREFUSED');
});

test('an answer that is no GraphQL answer is named with its status', async () => {
  const { url } = await serverThatAnswers((response) => response.writeHead(404).end('<html></html>'));
  const error = await failureOf(graphqlRequest(url, ask));
  expect(error.code).toBe('BAD_RESPONSE');
  expect(error.message).toContain('404');
});

test('the signal ends a request under way and a wait between two', async () => {
  const { url } = await serverThatAnswers(() => {});
  const inFlight = graphqlRequest(url, { ...ask, signal: AbortSignal.timeout(30) });
  await expect(inFlight).rejects.toMatchObject({ name: 'TimeoutError' });
  const waiting = await serverThatAnswers((response) => response.writeHead(503).end());
  const controller = new AbortController();
  const request = graphqlRequest(waiting.url, { ...ask, retryDelayMs: 60_000, signal: controller.signal });
  setTimeout(() => controller.abort(new Error('stopped')), 100);
  await expect(request).rejects.toThrow('stopped');
});

test.each([
  ['http://localhost:4000', 'http://localhost:4000/graphql'],
  ['http://localhost:4000/', 'http://localhost:4000/graphql'],
  ['http://localhost:4000/graphql', 'http://localhost:4000/graphql'],
  ['https://host/binnacle/', 'https://host/binnacle/graphql'],
])('the endpoint of %s is %s', (given, expected) => {
  expect(graphqlEndpoint(given)).toBe(expected);
});
