import { expect, test } from '@jest/globals';
import { Kind, parse, type FieldNode, type FragmentDefinitionNode } from 'graphql';
import { selectedNames } from './selection.js';

function namesIn(source: string): string[] {
  const { definitions } = parse(source);
  const fragments: Record<string, FragmentDefinitionNode> = {};
  const fieldNodes: FieldNode[] = [];
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
    if (definition.kind === Kind.OPERATION_DEFINITION)
      fieldNodes.push(definition.selectionSet.selections[0] as FieldNode);
  }
  return [...selectedNames({ fieldNodes, fragments })].sort();
}

test('names what is asked for below a field, through fragments of both kinds', () => {
  expect(
    namesIn(`{ steps { nodes { key ... on TaskStep { input } ...A } } }
      fragment A on TaskStep { output ...B } fragment B on TaskStep { seq }`),
  ).toEqual(['input', 'key', 'nodes', 'output', 'seq']);
});

test('goes by names, not by aliases', () => {
  expect(namesIn('{ steps { nodes { input: key } } }')).toEqual(['key', 'nodes']);
});

test('comes to an end with fragments that run in circles, or are not there', () => {
  expect(namesIn('{ steps { ...A ...C } } fragment A on T { a ...B } fragment B on T { b ...A }')).toEqual([
    'a',
    'b',
  ]);
});
