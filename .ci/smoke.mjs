// Starts the built server as a person would and plays one day: register, key, agent, task, steps, live, finish, logout.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

const home = await mkdtemp(join(tmpdir(), 'binnacle-smoke-'));
const server = spawn(process.execPath, ['dist/server/src/main.js', 'serve'], {
  env: { ...process.env, BINNACLE_HOME: home, PORT: '0', DATABASE_URL: '', REDIS_URL: '' },
  stdio: ['ignore', 'pipe', 'pipe'],
});
let said = '';
let complained = '';
server.stderr.on('data', (chunk) => (complained += chunk));
const url = await new Promise((resolve, reject) => {
  server.stdout.on('data', (chunk) => {
    said += chunk;
    const found = /runs at (http:\S+),/.exec(said);
    if (found) resolve(found[1]);
  });
  server.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${said}${complained}`)));
});

async function ask(token, query, variables = {}) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw Object.assign(new Error(JSON.stringify(errors)), { code: errors[0].extensions.code });
  return data;
}

try {
  const { register } = await ask(
    null,
    'mutation($input: RegisterInput!) { register(input: $input) { token user { memberships { role project { id } } } } }',
    { input: { username: 'first', email: 'first@example.com', password: 'a long enough secret' } },
  );
  const { token } = register;
  const projectId = register.user.memberships[0].project.id;
  const { createApiKey } = await ask(
    token,
    'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
    { input: { projectId, name: 'smoke', scopes: ['INGEST', 'READ'] } },
  );
  const key = createApiKey.secret;
  const { createAgent } = await ask(
    key,
    'mutation($input: CreateAgentInput!) { createAgent(input: $input) { id } }',
    {
      input: { projectId, name: 'support', provider: 'openai', model: 'gpt-4o' },
    },
  );
  const { createTask } = await ask(
    key,
    'mutation($input: CreateTaskInput!) { createTask(input: $input) { id status } }',
    {
      input: { agentId: createAgent.id, name: 'Refund order 17', start: true },
    },
  );
  assert.equal(createTask.status, 'RUNNING');

  const socket = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  const live = [];
  const followed = (async () => {
    const query = 'subscription($id: ID!) { taskSteps(taskId: $id) { revision steps { seq key status } } }';
    for await (const { data } of socket.iterate({ query, variables: { id: createTask.id } })) {
      live.push(...data.taskSteps.steps);
    }
  })();

  const record =
    'mutation($input: RecordStepsInput!) { recordSteps(input: $input) { accepted updated rejected { index } } }';
  const taskId = createTask.id;
  const step = {
    key: 'plan',
    type: 'LLM',
    name: 'plan',
    status: 'RUNNING',
    model: 'gpt-4o',
    startedAt: '2026-01-01T00:00:00Z',
  };
  await ask(key, record, { input: { taskId, steps: [step] } });
  const { recordSteps } = await ask(key, record, {
    input: {
      taskId,
      steps: [
        {
          ...step,
          status: 'SUCCEEDED',
          endedAt: '2026-01-01T00:00:01.500Z',
          inputTokens: 900,
          outputTokens: 80,
          costUsd: 0.0031,
        },
        { key: 'refund', parentKey: 'plan', type: 'TOOL', name: 'refund', output: { ok: true } },
        { key: 'bad', type: 'TOOL', name: 'bad', latencyMs: -1 },
      ],
    },
  });
  assert.deepEqual(recordSteps, { accepted: 2, updated: 1, rejected: [{ index: 2 }] });
  await ask(key, 'mutation($input: FinishTaskInput!) { finishTask(input: $input) { task { status } } }', {
    input: { taskId, status: 'SUCCEEDED' },
  });
  await followed;
  assert.deepEqual(live.at(-1), { seq: 2, key: 'refund', status: 'SUCCEEDED' });

  const { task } = await ask(
    token,
    'query($id: ID!) { task(id: $id) { status stepCount inputTokens costUsd costSource steps(first: 10) { nodes { seq latencyMs } } } }',
    { id: taskId },
  );
  assert.deepEqual(task, {
    status: 'SUCCEEDED',
    stepCount: 2,
    inputTokens: 900,
    costUsd: 0.0031,
    costSource: 'REPORTED',
    steps: {
      nodes: [
        { seq: 1, latencyMs: 1500 },
        { seq: 2, latencyMs: null },
      ],
    },
  });

  await ask(token, 'mutation { logout }');
  await assert.rejects(ask(token, '{ me { id } }'), { code: 'UNAUTHENTICATED' });
  await socket.dispose();
} finally {
  server.removeAllListeners('exit');
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGINT');
  assert.equal(await ended, 0, complained);
  await rm(home, { recursive: true, force: true });
}
assert.equal(complained, '', 'The server complained.');
console.log('One day on the built server: good.');
