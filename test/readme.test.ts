import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig, settingNames } from '../src/platform/config.js';
import { startTestServer, type TestServer } from './support/test-server.js';

const run = promisify(execFile);
const repositoryFile = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');

let readme: string;
beforeAll(async () => {
  readme = await repositoryFile('README.md');
});

describe('the settings in the README', () => {
  const rows = () =>
    new Map(
      [...readme.matchAll(/^\| `([A-Z_]+)` +\| *([^|]*?) *\|/gm)].map(([, name, value]) => [
        name ?? '',
        value ?? '',
      ]),
    );

  test('are all that there are', () => {
    expect([...rows().keys()].sort()).toEqual([...settingNames].sort());
  });

  test('have the defaults that the code has', () => {
    const config: Record<string, string | number | boolean | undefined> = readConfig({});
    for (const [name, value] of rows()) {
      if (value === 'made once') continue;
      expect(`${name}=${value}`).toBe(`${name}=${config[name] ?? ''}`);
    }
  });
});

test('every npm script that the README and the docs name is there', async () => {
  const text =
    readme + (await repositoryFile('docs/metrics.md')) + (await repositoryFile('client/README.md'));
  const { scripts } = JSON.parse(await repositoryFile('package.json')) as { scripts: Record<string, string> };
  const named = new Set(
    [...text.matchAll(/npm (?:run )?(?:--silent )?(start|test|api|worker|[a-z]+(?:[:-][a-z]+)*)\b/g)].map(
      (m) => m[1] ?? '',
    ),
  );
  named.delete('ci');
  named.delete('install');
  named.delete('run');
  expect(named.size).toBeGreaterThan(6);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
});

describe('the tour with curl', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  test('does what it says', async () => {
    const [, tour = ''] = /<!-- tour:.*?-->([\s\S]*?)<!-- end of the tour -->/.exec(readme) ?? [];
    const lines = [...tour.matchAll(/```sh\n([\s\S]*?)```/g)]
      .map(([, block]) => block ?? '')
      .join('\n')
      .replaceAll('\\\n', ' ')
      .split('\n')
      .filter((line) => line.trim() !== '');
    const kept: Record<string, string> = {};
    const define = lines.find((line) => line.startsWith('ask()')) ?? '';
    const answers: string[] = [];
    for (const line of lines.filter((each) => each !== define)) {
      const variables = Object.entries(kept).map(([name, value]) => `${name}='${value}'`);
      const script = [...variables, define, line].join('\n').replaceAll('localhost:4000', server.url);
      const { stdout } = await run('bash', ['-c', script]);
      answers.push(stdout);
      // What the reader keeps from the answers, as the text between the blocks says.
      kept['TOKEN'] ??= /"token":"([^"]+)"/.exec(stdout)?.[1] ?? '';
      const id = /"id":"([^"]+)"/.exec(stdout)?.[1] ?? '';
      if (stdout.includes('"projects"')) kept['PROJECT'] = id;
      if (stdout.includes('"createApiKey"')) kept['KEY'] = /"secret":"([^"]+)"/.exec(stdout)?.[1] ?? '';
      if (stdout.includes('"createAgent"')) kept['AGENT'] = id;
      if (stdout.includes('"createTask"')) kept['TASK'] = id;
    }
    expect(answers).toHaveLength(7);
    expect(answers.filter((answer) => answer.includes('"errors"'))).toEqual([]);
    expect(answers.at(-1)).toContain('{"status":"SUCCEEDED","stepCount":1,"costUsd":0.0031}');
  });

  test('has a subscription that the server accepts', async () => {
    const [, subscription = ''] = /```graphql\n([\s\S]*?)```/.exec(readme) ?? [];
    const { buildSchema, parse, validate } = await import('graphql');
    const schema = buildSchema(await repositoryFile('schema.graphql'));
    expect(validate(schema, parse(subscription)).map(({ message }) => message)).toEqual([]);
  });
});
