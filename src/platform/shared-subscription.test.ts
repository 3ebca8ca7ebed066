import { beforeEach, describe, expect, it } from '@jest/globals';
import { buildSchema, type GraphQLField } from 'graphql';
import { readConfig } from './config.js';
import { createErrorReporter } from './error-format.js';
import { NotFoundError } from './errors.js';
import { EventQueue } from '../../test/support/event-queue.js';
import { Executor } from './executor.js';
import { createLogger } from './logger.js';
import { RequestContext } from './request-context.js';
import { SharedSubscriptions, type ResultStream } from './shared-subscription.js';
import type { Permission, Viewer } from './viewer.js';

const schema = buildSchema(`
  type Query { ok: Boolean }
  type Subscription { changed(topic: String!, size: Int): Change }
  type Change { id: ID!, text(size: Int): String!, mine: String! }
`);

let executions: (string | undefined)[] = [];
const listeners = new Set<EventQueue<unknown>>();
const publish = (event: unknown) => {
  for (const queue of listeners) queue.push(event);
};

const fields = schema.getSubscriptionType()?.getFields() ?? {};
const changed = fields['changed'] as GraphQLField<unknown, RequestContext>;
changed.subscribe = async (_root, { topic }: { topic: string }) => {
  if (topic === 'none') throw new NotFoundError('The topic');
  const queue: EventQueue<unknown> = new EventQueue(() => listeners.delete(queue));
  listeners.add(queue);
  return queue;
};
changed.resolve = (event, _args, context) => {
  executions.push(context.viewer?.id);
  return event;
};
const change = (
  schema.getType('Change') as unknown as {
    getFields(): Record<string, GraphQLField<unknown, RequestContext>>;
  }
).getFields();
change['text']!.resolve = async (event, { size }: { size?: number }) =>
  (event as { text: string }).text.slice(0, size ?? 100);
change['mine']!.resolve = (_event, _args, context) => `of ${context.viewer?.id}`;
change['mine']!.extensions = { perViewer: true };

const errors = createErrorReporter(createLogger('silent'));
const executor = new Executor({ schema, limits: readConfig({}), errors, compileAfter: 0 });
const shared = new SharedSubscriptions(schema, executor);

const viewer = (id: string, grants: Record<string, Permission[]> = { p: ['read'] }): Viewer => ({
  kind: 'USER',
  id,
  label: id,
  tokenId: 't',
  expiresAt: null,
  grants: new Map(Object.entries(grants).map(([project, permissions]) => [project, new Set(permissions)])),
});

async function follow(
  who: Viewer | null,
  text: string,
  variables: Record<string, unknown> = {},
): Promise<ResultStream> {
  const request = { variables, context: new RequestContext(who, 'r', null) };
  const stream = await shared.subscribe(executor.select(text, request), request);
  if (!('next' in stream)) throw new Error(JSON.stringify(stream));
  return stream;
}

/** What each of several followers gets of one event, and for whom it was computed. */
async function deliver(streams: ResultStream[], event: object) {
  executions = [];
  publish(event);
  const texts = await Promise.all(streams.map((stream) => stream.next()));
  return { texts: texts.map((text) => JSON.parse(text ?? 'null') as unknown), executions };
}

const event = (projectId?: string) => ({ id: '1', text: 'hello', ...(projectId ? { projectId } : {}) });
const plainText = 'subscription { changed(topic: "a") { id text } }';

beforeEach(() => {
  listeners.clear();
});

describe('SharedSubscriptions', () => {
  it('computes a result once for all with the same rights in the event’s project', async () => {
    const streams = await Promise.all([
      follow(viewer('a'), plainText),
      follow(viewer('b', { p: ['read'], other: ['manage'] }), plainText),
      follow(viewer('c', { p: ['read', 'operate'] }), plainText),
    ]);
    const result = { data: { changed: { id: '1', text: 'hello' } } };
    expect(await deliver(streams, event('p'))).toEqual({
      texts: [result, result, result],
      executions: ['a', 'c'],
    });
  });

  it('computes it for each viewer where the event names no project', async () => {
    const streams = await Promise.all([
      follow(viewer('a'), plainText),
      follow(viewer('a'), plainText),
      follow(viewer('b'), plainText),
    ]);
    expect((await deliver(streams, event())).executions).toEqual(['a', 'b']);
  });

  it('computes it for each viewer where a field depends on the viewer', async () => {
    const text = 'subscription { changed(topic: "a") { ...F } } fragment F on Change { mine }';
    const streams = await Promise.all([follow(viewer('a'), text), follow(viewer('b'), text)]);
    expect(await deliver(streams, event('p'))).toEqual({
      texts: [{ data: { changed: { mine: 'of a' } } }, { data: { changed: { mine: 'of b' } } }],
      executions: ['a', 'b'],
    });
  });

  it('shares among different arguments of the root field, not among different ones further down', async () => {
    const text =
      'subscription S($topic: String!, $size: Int) { changed(topic: $topic) { text(size: $size) } }';
    const streams = await Promise.all([
      follow(viewer('a'), text, { topic: 'x', size: 1 }),
      follow(viewer('b'), text, { topic: 'y', size: 1 }),
      follow(viewer('c'), text, { topic: 'y', size: 2 }),
    ]);
    expect(await deliver(streams, event('p'))).toEqual({
      texts: ['h', 'h', 'he'].map((part) => ({ data: { changed: { text: part } } })),
      executions: ['a', 'c'],
    });
  });

  it('does not share what is used both above and below', async () => {
    const text = 'subscription S($size: Int) { changed(topic: "a", size: $size) { text(size: $size) } }';
    const streams = await Promise.all([
      follow(viewer('a'), text, { size: 1 }),
      follow(viewer('b'), text, { size: 2 }),
    ]);
    expect((await deliver(streams, event('p'))).executions).toEqual(['a', 'b']);
  });

  it('computes each event anew', async () => {
    const stream = await follow(viewer('a'), plainText);
    expect((await deliver([stream], event('p'))).executions).toEqual(['a']);
    expect((await deliver([stream], { ...event('p'), text: 'again' })).texts).toEqual([
      { data: { changed: { id: '1', text: 'again' } } },
    ]);
  });

  it('takes events that are no objects', async () => {
    const stream = await follow(viewer('a'), 'subscription { changed(topic: "a") { id } }');
    const next = stream.next();
    publish(null);
    expect(JSON.parse((await next) ?? '')).toEqual({ data: { changed: null } });
  });

  it('answers what subscribing throws, formatted', async () => {
    const refused = async (variables: Record<string, unknown>) => {
      const request = { variables, context: new RequestContext(null, 'r', null) };
      const text = 'subscription S($topic: String!) { changed(topic: $topic) { id } }';
      return JSON.parse(
        JSON.stringify(await shared.subscribe(executor.select(text, request), request)),
      ) as unknown;
    };
    expect(await refused({ topic: 'none' })).toEqual({
      errors: [
        expect.objectContaining({
          message: 'The topic was not found.',
          path: ['changed'],
          extensions: { code: 'NOT_FOUND' },
        }),
      ],
    });
    expect(await refused({ topic: 5 })).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'topic' }] } }],
    });
  });

  it('lets go of the source, and ends with it', async () => {
    for (let i = 0; i < 1000; i++) (await follow(viewer('a'), plainText)).return();
    expect(listeners.size).toBe(0);
    const stream = await follow(viewer('a'), plainText);
    const next = stream.next();
    for (const queue of [...listeners]) queue.end();
    expect(await next).toBeUndefined();
    expect(listeners.size).toBe(0);
  });
});
