import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseWithKeyArguments } from '../src/commands/with-key.command.js';
import { register } from './support/client.js';
import { BinnacleProcess, jwtSecret, killRunning } from './support/processes.js';
import { createTestDatabase, type TestDatabase } from './support/test-server.js';

let home: string;
let database: TestDatabase;
let env: Record<string, string>;
let server: BinnacleProcess;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'binnacle-with-key-'));
  database = await createTestDatabase();
  env = { DATABASE_URL: database.url, BINNACLE_HOME: home, JWT_SECRET: jwtSecret, LOG_LEVEL: 'silent' };
  server = await BinnacleProcess.ready('serve', { env });
});
afterAll(async () => {
  await killRunning();
  await database.drop();
  await rm(home, { recursive: true, force: true });
});

async function run(command: string) {
  const ended = BinnacleProcess.begin(command, { env });
  const code = await ended.ended();
  return { code, stdout: ended.stdout, stderr: ended.stderr };
}

const keys = () =>
  database.query<{ name: string; scopes: string[]; isRevoked: boolean }>(
    'SELECT name, scopes, revoked_at IS NOT NULL AS "isRevoked" FROM api_keys ORDER BY created_at',
  );

test('the example needs no key on the server’s machine, and shows a task with nested steps', async () => {
  const { code, stdout, stderr } = await run('example');
  expect([code, stderr]).toEqual([0, '']);
  const [task] = await database.query<{ id: string; name: string; status: string; output: unknown }>(
    'SELECT id, name, status, output FROM tasks',
  );
  expect(task).toMatchObject({ name: 'Refund order 17', status: 'SUCCEEDED', output: { refundedUsd: 42.5 } });
  expect(stdout).toContain(`${server.url}/p/imported-runs/tasks/${task?.id}`);
  const steps = await database.query(
    'SELECT name, status, parent_key IS NULL AS "isTop" FROM task_steps ORDER BY seq',
  );
  expect(steps).toEqual([
    { name: 'plan', status: 'SUCCEEDED', isTop: true },
    { name: 'look the order up', status: 'SUCCEEDED', isTop: true },
    { name: 'orders.find', status: 'FAILED', isTop: false },
    { name: 'orders.find', status: 'SUCCEEDED', isTop: false },
    { name: 'answer', status: 'SUCCEEDED', isTop: true },
  ]);
  expect(await keys()).toEqual([{ name: 'npm run example', scopes: ['INGEST'], isRevoked: true }]);
});

describe('a command of one’s own', () => {
  test('gets the address and a key, and its exit code is passed on', async () => {
    const script = join(home, 'agent.mjs');
    await writeFile(
      script,
      `console.log(process.env.BINNACLE_URL, process.env.BINNACLE_API_KEY.length > 20, process.argv.slice(2).join());
       process.exitCode = 7;`,
    );
    expect(await run(`with-key node ${script} --project mine -h`)).toEqual({
      code: 7,
      stdout: `${server.url} true --project,mine,-h\n`,
      stderr: '',
    });
    expect((await keys()).every(({ isRevoked }) => isRevoked)).toBe(true);
  });

  test('that is none is named', async () => {
    const { code, stderr } = await run('with-key no-such-command');
    expect(code).toBe(2);
    expect(stderr).toContain('"no-such-command" could not be run');
  });

  test('has its project named where there are several', async () => {
    await register(server.url, 'first');
    await register(server.url, 'second');
    const { code, stderr } = await run('with-key node --version');
    expect(code).not.toBe(0);
    expect(stderr).toContain('choose one with --project');
    const named = await run('with-key --project imported-runs node --version');
    expect(named).toMatchObject({ code: 0, stdout: `${process.version}\n` });
  });

  test('is told from the options before it', () => {
    expect(parseWithKeyArguments(['--project', 'a', '--', 'node', '--project', 'b'])).toEqual({
      project: 'a',
      command: 'node',
      args: ['--project', 'b'],
    });
    expect(parseWithKeyArguments(['--project=a', 'x'])).toEqual({ project: 'a', command: 'x', args: [] });
    expect(parseWithKeyArguments(['--help'])).toBeNull();
    for (const wrong of [[], ['--'], ['--projekt', 'a', 'node'], ['--project', 'a']]) {
      expect(() => parseWithKeyArguments(wrong)).toThrow(/npm run with-key -- node|no option/);
    }
  });
});
