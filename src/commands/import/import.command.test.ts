import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runImport } from './import.command.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'binnacle-import-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the command where no server is needed: looking for one is a failure of the test. */
async function run(
  argv: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' };
  const code = await runImport(argv, {
    stdout: { write: (text) => (written.out += text) },
    stderr: { write: (text) => (written.err += text) },
    env,
    connect: () => Promise.reject(new Error('The command looked for a server.')),
  });
  return { code, ...written };
}

async function fileWith(content: string): Promise<string> {
  const path = join(folder, 'runs.json');
  await writeFile(path, content);
  return path;
}

test('--help says what there is', async () => {
  const { code, out, err } = await run(['--help']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('--trial-days DAY');
});

test.each([
  [[], 'Say what to import'],
  [['csv', 'x'], '"csv" cannot be imported'],
  [['tau-bench'], 'Say which file'],
  [['otlp'], 'Say which file to import: otlp FILE'],
  [['otlp', 'a', '--agent', 'x'], '--agent is of tau-bench'],
  [['tau-bench', 'a', 'b'], '"b" is too much'],
  [['tau-bench', 'a', '--colour'], "Unknown option '--colour'"],
  [['tau-bench', 'a', '--project'], "'--project <value>' argument missing"],
  [['tau-bench', 'a', '--agent', ' '], '--agent is empty'],
  [['tau-bench', 'a', '--trial-days', '2024-02-30'], 'got "2024-02-30"'],
  [['tau-bench', 'a', '--trial-days', 'monday'], 'got "monday"'],
  [['tau-bench', 'no-such-file.json'], 'There is no file'],
  [['tau-bench', tmpdir()], 'is not a file'],
])('%j is wrong usage', async (argv, message) => {
  const { code, out, err } = await run(argv);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(message);
});

test('a file that is too large is refused before it is read', async () => {
  const path = join(folder, 'large.json');
  const file = await open(path, 'w');
  await file.truncate(600_000_000);
  await file.close();
  const { code, err } = await run(['tau-bench', path]);
  expect(code).toBe(2);
  expect(err).toContain('has 600 MB; the import takes at most 512 MB');
});

test.each([
  [{ BINNACLE_URL: 'http://localhost:1' }, 'BINNACLE_URL is set, but BINNACLE_API_KEY is not.'],
  [{ BINNACLE_API_KEY: 'key' }, 'BINNACLE_API_KEY is set, but BINNACLE_URL is not.'],
  [{ BINNACLE_URL: 'localhost:4000', BINNACLE_API_KEY: 'key' }, 'no http or https address'],
])('%j is wrong usage', async (env, message) => {
  const { code, err } = await run(['tau-bench', await fileWith('[{}]')], env);
  expect(code).toBe(2);
  expect(err).toContain(message);
});

test('a file without a single readable record needs no server', async () => {
  expect(await run(['tau-bench', await fileWith('[{"task_id": }]')])).toEqual({
    code: 1,
    out: '',
    err: "line 1, column 14, record 1: expected a value, got '}'\nThe file holds nothing to import.\n",
  });
  expect(await run(['tau-bench', await fileWith('[]')])).toMatchObject({
    code: 0,
    err: 'The file holds nothing to import.\n',
  });
});

test('a relative path may be meant from where npm was called', async () => {
  await fileWith('[]');
  const { code } = await run(['tau-bench', 'runs.json'], { INIT_CWD: folder });
  expect(code).toBe(0);
});
