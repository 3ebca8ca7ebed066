import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../', import.meta.url));

test('the page’s types are those of schema.graphql and its operations; else run `npm run codegen`', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['web/codegen.mjs', '--print'], {
    cwd: root,
    maxBuffer: 16 * 1024 * 1024,
  });
  expect(await readFile(`${root}web/app/generated/graphql.ts`, 'utf8')).toBe(stdout);
});
