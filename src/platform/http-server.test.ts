import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import { createErrorReporter } from './error-format.js';
import { BadUserInputError, NotFoundError, RateLimitedError, UnauthenticatedError } from './errors.js';
import { HttpMetrics } from './http-metrics.js';
import { addressOf, HttpServer, requestIdOf } from './http-server.js';
import { createLogger } from './logger.js';

const logger = createLogger('silent');
const errors = createErrorReporter(logger);
let metrics: HttpMetrics;
let server: HttpServer;
let url = '';
let answerSlow: () => void = () => undefined;

const newServer = () =>
  new HttpServer({
    settings: { TRUST_PROXY: 1 },
    logger,
    errors,
    metrics,
    mount: (app) => {
      app.use(express.json({ limit: 100 }));
      app.get(
        '/who/:id',
        (request, response) => void response.json({ ip: request.ip, id: requestIdOf(request) }),
      );
      app.post('/body', (_request, response) => void response.json({}));
      app.get('/fail/:how', (request) => {
        const faults: Record<string, Error> = {
          missing: new NotFoundError('The thing'),
          bad: new BadUserInputError([{ path: 'name', message: 'Too long.' }]),
          busy: new RateLimitedError('Wait.', 1500),
          nobody: new UnauthenticatedError(),
        };
        throw faults[request.params.how] ?? new Error('SELECT secret');
      });
      app.get('/slow', (_request, response) => {
        answerSlow = () => response.json({ done: true });
      });
      app.get('/metrics', metrics.handler);
    },
  });

beforeEach(async () => {
  metrics = new HttpMetrics();
  server = newServer();
  url = await server.listen('127.0.0.1', 0);
});
afterEach(() => server.drain(0));

const problem = async (path: string, init?: RequestInit) => {
  const response = await fetch(`${url}${path}`, init);
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const body = (await response.json()) as Record<string, unknown>;
  expect(body['status']).toBe(response.status);
  expect(body['requestId']).toBe(response.headers.get('x-request-id'));
  return { headers: response.headers, ...body };
};

describe('HttpServer', () => {
  it('tells what routes throw as problem details', async () => {
    expect(await problem('/fail/missing')).toMatchObject({
      status: 404,
      type: 'urn:binnacle:problem:not-found',
      title: 'Not found',
      code: 'NOT_FOUND',
      detail: 'The thing was not found.',
    });
    expect(await problem('/fail/bad')).toMatchObject({
      status: 400,
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'name', message: 'Too long.' }],
    });
    const busy = await problem('/fail/busy');
    expect(busy).toMatchObject({ status: 429, retryAfterMs: 1500 });
    expect(busy.headers.get('retry-after')).toBe('2');
    expect((await problem('/fail/nobody')).headers.get('www-authenticate')).toBe('Bearer');
    expect(JSON.stringify(await problem('/fail/otherwise'))).not.toContain('SELECT');
    expect(await problem('/nowhere?token=x')).toMatchObject({
      status: 404,
      detail: 'There is nothing at GET /nowhere.',
    });
  });

  it('tells what is wrong with bodies', async () => {
    const headers = { 'content-type': 'application/json' };
    expect(await problem('/body', { method: 'POST', headers, body: '{' })).toMatchObject({
      status: 400,
      detail: expect.stringContaining('no JSON'),
    });
    expect(
      await problem('/body', { method: 'POST', headers, body: `{"a":"${'x'.repeat(100)}"}` }),
    ).toMatchObject({ status: 413 });
    expect(
      await problem('/body', {
        method: 'POST',
        headers: { ...headers, 'content-encoding': 'magic' },
        body: '{}',
      }),
    ).toMatchObject({ status: 415 });
    expect(await problem('/%ff')).toMatchObject({ status: 404 });
    expect(await problem('/who/%ff')).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
  });

  it('sees the caller through the proxies that are trusted', async () => {
    const response = await fetch(`${url}/who/1`, {
      headers: { 'x-forwarded-for': '6.6.6.6, 5.5.5.5', 'x-request-id': 'mine' },
    });
    expect(await response.json()).toEqual({ ip: '5.5.5.5', id: 'mine' });
    const upgrade = {
      headers: { 'x-forwarded-for': '6.6.6.6, 5.5.5.5' },
      socket: { remoteAddress: '::1' },
    } as unknown as IncomingMessage;
    expect([0, 1, 2, 3].map((hops) => addressOf(upgrade, hops))).toEqual([
      '::1',
      '5.5.5.5',
      '6.6.6.6',
      '6.6.6.6',
    ]);
    expect(
      addressOf({ headers: {}, socket: { remoteAddress: '::1' } } as unknown as IncomingMessage, 2),
    ).toBe('::1');
  });

  it('measures by route, never by path', async () => {
    for (const path of ['/who/1', '/who/2', '/random/1', '/random/2']) await fetch(`${url}${path}`);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('_count{method="GET",route="/who/:id",status="200"} 2');
    expect(text).toContain('_count{method="GET",route="other",status="404"} 2');
    expect(text).toContain('process_cpu_user_seconds_total');
  });

  it('names a port that is taken, and what to do', async () => {
    const port = Number(new URL(url).port);
    await expect(newServer().listen('127.0.0.1', port)).rejects.toThrow(
      `Port ${port} is taken by another program. Set PORT to a free one`,
    );
    await expect(newServer().listen('203.0.113.1', 0)).rejects.toThrow(
      'This machine has no address 203.0.113.1. Set HOST',
    );
  });

  it('drains: a running request is answered, an idle connection closed, a new one refused', async () => {
    await fetch(`${url}/who/1`);
    const slow = fetch(`${url}/slow`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const started = Date.now();
    const drained = server.drain(5000);
    await expect(fetch(`${url}/who/2`)).rejects.toThrow();
    answerSlow();
    expect(await (await slow).json()).toEqual({ done: true });
    await drained;
    expect(Date.now() - started).toBeLessThan(4500);
  });

  it('drains in bounded time', async () => {
    const hanging = new Promise((resolve) => httpRequest(`${url}/slow`).once('error', resolve).end());
    await new Promise((resolve) => setTimeout(resolve, 50));
    const started = Date.now();
    await server.drain(100);
    expect(await hanging).toMatchObject({ code: 'ECONNRESET' });
    expect(Date.now() - started).toBeLessThan(5000);
  });
});
