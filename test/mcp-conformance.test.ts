import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeKey, register } from './support/client.js';
import { withKeyAdded } from './support/mcp.js';
import { startTestServer, type TestServer } from './support/test-server.js';

const repositoryFile = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const suite = repositoryFile('node_modules/@modelcontextprotocol/conformance/dist/index.js');

let server: TestServer;
let way: Awaited<ReturnType<typeof withKeyAdded>>;
beforeAll(async () => {
  server = await startTestServer();
  const person = await register(server.url);
  way = await withKeyAdded(server.url, (await makeKey(server.url, person, ['MANAGE'])).secret);
});
afterAll(async () => {
  await way.stop();
  await server.stop();
});

/** The suite looks for files by a function that Node.js has from version 22 on, and calls it for another purpose only. */
const withoutGlobs = `data:text/javascript,${encodeURIComponent(`
  import { register } from 'node:module';
  const fs = 'data:text/javascript,' + encodeURIComponent(
    "export * from 'node:fs'; export const globSync = () => { throw new Error('not here'); };");
  register('data:text/javascript,' + encodeURIComponent(
    'export const resolve = (name, context, next) => name === "fs" && context.parentURL?.includes("/conformance/dist/")' +
    '? { url: ' + JSON.stringify(fs) + ', shortCircuit: true } : next(name, context);'));
`)}`;

const run = promisify(execFile);

/** The scenarios that were run, and how many of each one's checks passed and failed. It exits with 1 where any failed. */
async function conformance(url: string, ...args: string[]): Promise<Map<string, string>> {
  const command = ['--import', withoutGlobs, suite, 'server', '--url', `${url}/mcp`, ...args];
  const { stdout } = await run(process.execPath, command, { timeout: 150_000 }).catch(
    (error: { stdout: string; stderr: string }) => {
      if (!error.stdout) throw new Error(`The suite did not run: ${error.stderr}`);
      return error;
    },
  );
  const results = stdout.matchAll(/^[✓✗] ([\w-]+): (\d+ passed, \d+ failed)/gmu);
  return new Map([...results].map(([, name, result]) => [name ?? '', result ?? '']));
}

const hasPassed = (result: string) => /^[1-9]\d* passed, 0 failed$/.test(result);

test('of all scenarios those pass that docs/mcp.md says pass, and it gives a reason for each other one', async () => {
  const docs = await readFile(repositoryFile('docs/mcp.md'), 'utf8');
  const [, passing = '', others = ''] = docs
    .slice(docs.indexOf('## Conformance'))
    .split(/^These pass|^The others/m);
  const named = (text: string) => [...text.matchAll(/`([a-z][\w-]+)`/g)].map(([, name]) => name ?? '').sort();
  const results = await conformance(way.url, '--suite', 'all');
  expect(results.size).toBeGreaterThanOrEqual(32);
  const names = [...results.keys()].sort();
  expect(named(passing)).toEqual(names.filter((name) => hasPassed(results.get(name) ?? '')));
  expect(named(others)).toEqual(names.filter((name) => !hasPassed(results.get(name) ?? '')));
});
