import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { buildSchema, parse, validate, type GraphQLSchema } from 'graphql';
import { schemaText } from '../src/commands/print-schema.js';

const file = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');

let printed: string;
let schema: GraphQLSchema;
beforeAll(async () => {
  printed = await schemaText();
  schema = buildSchema(printed);
});

test('schema.graphql is what the code prints; else run: npm run --silent schema > schema.graphql', async () => {
  expect(await file('schema.graphql')).toBe(printed);
});

test('the first steps that GraphiQL shows are valid', async () => {
  const document = parse(await file('web/graphiql/first-steps.graphql'));
  expect(validate(schema, document).map(({ message }) => message)).toEqual([]);
});

describe('what the schema says of itself', () => {
  test('every root field has a description', () => {
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const silent = roots.flatMap((root) =>
      Object.values(root?.getFields() ?? {}).flatMap((field) =>
        field.description ? [] : `${root?.name}.${field.name}`,
      ),
    );
    expect(silent).toEqual([]);
  });

  test('every connection has edges, nodes and pageInfo', () => {
    const connections = Object.values(schema.getTypeMap()).filter(({ name }) => name.endsWith('Connection'));
    expect(connections.length).toBeGreaterThan(4);
    for (const connection of connections) {
      const fields = Object.keys('getFields' in connection ? connection.getFields() : {});
      expect(fields).toEqual(expect.arrayContaining(['edges', 'nodes', 'pageInfo']));
    }
  });
});
