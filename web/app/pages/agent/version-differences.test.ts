import { expect, test } from '@jest/globals';
import type { VersionDetailFragment } from '../../generated/graphql';
import { compareVersions } from './version-differences';

const version = (config: object) => ({ provider: null, model: null, config }) as VersionDetailFragment;

test('a text differs from the number that it looks like, and is shown as one', () => {
  const rows = compareVersions([version({ heat: 0.2, steps: 3 }), version({ heat: '0.2', steps: 3 })]);
  expect(rows).toEqual([
    { path: 'config.heat', values: ['0.2', '"0.2"'], isDifferent: true },
    { path: 'config.steps', values: ['3', '3'], isDifferent: false },
  ]);
});

test('other texts are shown without quotes, and what a version lacks is not what is null in it', () => {
  const rows = compareVersions([
    version({ prompt: 'Be kind.', stop: null }),
    version({ prompt: 'Be quick.' }),
  ]);
  expect(rows).toEqual([
    { path: 'config.prompt', values: ['Be kind.', 'Be quick.'], isDifferent: true },
    { path: 'config.stop', values: ['null', null], isDifferent: true },
  ]);
});
