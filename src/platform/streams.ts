import type { GraphQLSchema } from 'graphql';
import type { RequestContext } from './request-context.js';

/** What a subscription field follows: asked once for each subscriber, with the field's arguments. */
export type Stream = (args: never, context: RequestContext) => Promise<AsyncIterable<unknown>>;

/** By the name of the subscription field. */
export type Streams = Readonly<Record<string, Stream>>;

/**
 * Stands where type-graphql wants a subscribe function: it would have to stand outside of the class, without the services.
 * attachStreams puts the feature's stream in its place.
 */
export function wiredBySchema(): never {
  throw new Error('A subscription has no stream; its feature must answer one beside its resolvers.');
}

/** Gives each subscription field its stream. @throws Error where a field has none, or a stream no field */
export function attachStreams(schema: GraphQLSchema, streams: Streams): void {
  const fields = schema.getSubscriptionType()?.getFields() ?? {};
  for (const name of new Set([...Object.keys(fields), ...Object.keys(streams)])) {
    const [field, stream] = [fields[name], streams[name]];
    if (!field || !stream)
      throw new Error(`Subscription.${name}: ${field ? 'there is no stream' : 'there is no field'}.`);
    field.subscribe = (_root, args: unknown, context: RequestContext) => stream(args as never, context);
  }
}
