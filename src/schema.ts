import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { buildSchema, type NonEmptyArray } from 'type-graphql';
import { attachPlainInputs } from './platform/plain-input.js';
import { DateTimeScalar } from './platform/scalars.js';
import { attachStreams, wiredBySchema, type Streams } from './platform/streams.js';
import { validateInput } from './platform/validation.js';

/**
 * The GraphQL schema made of the features' resolvers, which arrive constructed: there is no container.
 * Times are DateTime everywhere; a field that is a calendar day or any JSON says so itself.
 */
export async function buildBinnacleSchema(
  resolvers: readonly object[],
  streams: Streams,
): Promise<GraphQLSchema> {
  const instances = new Map(resolvers.map((resolver) => [resolver.constructor, resolver]));
  const schema = await buildSchema({
    resolvers: [...instances.keys()] as unknown as NonEmptyArray<new () => object>,
    container: { get: (wanted: unknown) => instances.get(wanted as () => object) },
    scalarsMap: [{ type: Date, scalar: DateTimeScalar }],
    validateFn: validateInput,
    // Asked for by type-graphql, used by none of our subscriptions: each follows a stream of its feature.
    pubSub: { publish: wiredBySchema, subscribe: wiredBySchema },
  });
  attachStreams(schema, streams);
  attachPlainInputs(schema, instances);
  return schema;
}
