import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { ask, codeOf, get, makeKey, makeTask, register, type Person } from './support/client.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let person: Person;
let stranger: Person;
beforeAll(async () => {
  server = await startTestServer();
  person = await register(server.url);
  stranger = await register(server.url);
});
afterAll(() => server.stop());

interface Agent {
  id: string;
  name: string;
  description: string | null;
  kind: string;
  status: string;
  currentVersion: Version;
  versions: Version[];
  lastSeenAt: string | null;
  createdAt: string;
  updatedAt: string;
}
interface Version {
  id: string;
  number: number;
  provider: string | null;
  model: string | null;
  config: unknown;
  note: string | null;
}
interface Page {
  nodes: { name: string }[];
  edges: { cursor: string; node: { name: string } }[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
  totalCount: number;
}

const version = '{ id number provider model config note }';
const fields = `{ id name description kind status lastSeenAt createdAt updatedAt project { id }
  currentVersion ${version} versions ${version} }`;
const createMutation = `mutation ($input: CreateAgentInput!) { createAgent(input: $input) ${fields} }`;
const updateMutation = `mutation ($input: UpdateAgentInput!) { updateAgent(input: $input) ${fields} }`;
const publishMutation = `mutation ($input: PublishAgentVersionInput!) { publishAgentVersion(input: $input) ${version} }`;
const listQuery = `query ($projectId: ID!, $filter: AgentFilter, $first: Int, $after: String) {
  agents(projectId: $projectId, filter: $filter, first: $first, after: $after) {
    nodes { name } edges { cursor node { name } } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

const create = async (input: Record<string, unknown>, who = person) =>
  (
    await get<{ createAgent: Agent }>(server.url, who.token, createMutation, {
      input: { projectId: who.projectId, ...input },
    })
  ).createAgent;
const update = async (input: Record<string, unknown>, token = person.token) =>
  (await get<{ updateAgent: Agent }>(server.url, token, updateMutation, { input })).updateAgent;
const publish = async (input: Record<string, unknown>) =>
  (await get<{ publishAgentVersion: Version }>(server.url, person.token, publishMutation, { input }))
    .publishAgentVersion;
const read = async (id: string) =>
  (
    await get<{ agent: Agent }>(server.url, person.token, `query ($id: ID!) { agent(id: $id) ${fields} }`, {
      id,
    })
  ).agent;
const list = async (who: Person, more: Record<string, unknown> = {}) =>
  (await get<{ agents: Page }>(server.url, who.token, listQuery, { projectId: who.projectId, ...more }))
    .agents;
const faultOf = async (query: string, variables: Record<string, unknown>, token = person.token) =>
  (await ask(server.url, token, query, variables)).errors?.[0];

describe('an agent', () => {
  test('is made with its first version, and reads as it was told', async () => {
    const config = { temperature: 0.2, nested: { list: [1, null, 'ü'] } };
    const made = await create({
      name: 'Scout',
      description: 'Looks',
      kind: 'SCRAPER',
      provider: 'openai',
      model: 'gpt-4o',
      config,
    });
    expect(made).toMatchObject({
      name: 'Scout',
      description: 'Looks',
      kind: 'SCRAPER',
      status: 'ACTIVE',
      lastSeenAt: null,
      project: { id: person.projectId },
      currentVersion: { number: 1, provider: 'openai', model: 'gpt-4o', note: null, config },
    });
    expect(made.versions).toEqual([made.currentVersion]);
    expect(made.createdAt).toBe(made.updatedAt);
    expect(Math.abs(Date.parse(made.createdAt) - Date.now())).toBeLessThan(60_000);
    expect(await read(made.id)).toEqual(made);
  });

  test('is an LLM agent of empty configuration where nothing else is told', async () => {
    const made = await create({ name: 'Plain' });
    expect(made).toMatchObject({ kind: 'LLM', description: null });
    expect(made.currentVersion).toMatchObject({ provider: null, model: null, config: {} });
  });

  test('has a name of its own within the project', async () => {
    const first = await create({ name: 'Unique' });
    const second = await create({ name: 'unique' });
    expect(
      await faultOf(createMutation, { input: { projectId: person.projectId, name: 'Unique' } }),
    ).toMatchObject({
      message: 'This project already has an agent named "Unique".',
      extensions: { code: 'CONFLICT' },
    });
    expect(await faultOf(updateMutation, { input: { id: second.id, name: 'Unique' } })).toMatchObject({
      extensions: { code: 'CONFLICT' },
    });
    expect((await update({ id: first.id, name: 'Unique' })).name).toBe('Unique');
    expect((await create({ name: 'Unique' }, stranger)).name).toBe('Unique');
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        ask(server.url, person.token, createMutation, {
          input: { projectId: person.projectId, name: 'Raced' },
        }),
      ),
    );
    expect(answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'made').sort()).toEqual([
      ...Array<string>(7).fill('CONFLICT'),
      'made',
    ]);
  });

  test('changes only in what is told; null takes the description away', async () => {
    const made = await create({ name: 'Before', description: 'Old', model: 'm' });
    await wait(5);
    const renamed = await update({ id: made.id, name: 'After' });
    expect(renamed).toEqual({ ...made, name: 'After', updatedAt: renamed.updatedAt });
    expect(renamed.updatedAt > made.updatedAt).toBe(true);
    expect(await update({ id: made.id, status: 'PAUSED' })).toMatchObject({
      name: 'After',
      description: 'Old',
      status: 'PAUSED',
    });
    expect(await update({ id: made.id, name: null, status: null, description: null })).toMatchObject({
      name: 'After',
      description: null,
      status: 'PAUSED',
    });
  });

  test('gets new versions, which new tasks run, while old ones stay as they are', async () => {
    const made = await create({ name: 'Versioned', model: 'one', config: { a: 1 } });
    const oldTask = await makeTask(server.url, person.token, made.id);
    const second = await publish({
      agentId: made.id,
      provider: 'anthropic',
      model: 'two',
      config: { b: 2 },
      note: 'cheaper',
    });
    expect(second).toMatchObject({
      number: 2,
      provider: 'anthropic',
      model: 'two',
      config: { b: 2 },
      note: 'cheaper',
    });
    const third = await publish({ agentId: made.id });
    expect(third).toMatchObject({ number: 3, provider: null, model: null, config: {}, note: null });
    expect(await read(made.id)).toMatchObject({
      currentVersion: third,
      versions: [third, second, made.currentVersion],
    });
    const newTask = await makeTask(server.url, person.token, made.id);
    const tasks = await get<Record<string, { agentVersion: Version }>>(
      server.url,
      person.token,
      `{ old: task(id: "${oldTask}") { agentVersion ${version} } new: task(id: "${newTask}") { agentVersion ${version} } }`,
    );
    expect(tasks['old']?.agentVersion).toEqual(made.currentVersion);
    expect(tasks['new']?.agentVersion).toEqual(third);
  });

  test('numbers versions without gaps when they are published at once', async () => {
    const { id } = await create({ name: 'Rushed' });
    const published = await Promise.all(
      Array.from({ length: 10 }, (_, i) => publish({ agentId: id, note: `n${i}` })),
    );
    expect(published.map(({ number }) => number).sort((a, b) => a - b)).toEqual([
      2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    ]);
    const { currentVersion, versions } = await read(id);
    expect(currentVersion.number).toBe(11);
    expect(versions.map(({ number }) => number)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test('has an object for its configuration', async () => {
    const { id } = await create({ name: 'Configured' });
    for (const config of [[1], 'x', 1, true]) {
      for (const [query, input] of [
        [createMutation, { projectId: person.projectId, name: 'never', config }],
        [publishMutation, { agentId: id, config }],
      ] as const) {
        expect(await faultOf(query, { input })).toMatchObject({
          extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'input.config' }] },
        });
      }
    }
  });

  test.each(['PAUSED', 'ARCHIVED'])('takes no new tasks while it is %s', async (status) => {
    const { id } = await create({ name: `Will be ${status}` });
    const running = await makeTask(server.url, person.token, id);
    await update({ id, status });
    const input = { agentId: id, name: 'refused' };
    const query = 'mutation ($input: CreateTaskInput!) { createTask(input: $input) { id } }';
    expect(await faultOf(query, { input })).toMatchObject({
      message: `The agent is ${status} and takes no new tasks; set it ACTIVE first.`,
      extensions: { code: 'CONFLICT' },
    });
    // What already runs may come to its end.
    const finish = `mutation { finishTask(input: { taskId: "${running}", status: SUCCEEDED }) { task { status } } }`;
    expect(await get(server.url, person.token, finish)).toEqual({
      finishTask: { task: { status: 'SUCCEEDED' } },
    });
    await update({ id, status: 'ACTIVE' });
    expect(await makeTask(server.url, person.token, id)).toBeTruthy();
  });

  test('was last seen when it last reported', async () => {
    const { id } = await create({ name: 'Seen' });
    const start = Date.now();
    const taskId = await makeTask(server.url, person.token, id);
    const step = { key: 'a', type: 'LLM', name: 'call' };
    await get(
      server.url,
      person.token,
      'mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }',
      {
        input: { taskId, steps: [step] },
      },
    );
    let lastSeenAt: string | null = null;
    for (let tries = 0; tries < 50 && lastSeenAt === null; tries++) {
      await wait(20);
      ({ lastSeenAt } = await read(id));
    }
    // Written by the clock of the database, which may be another machine's.
    expect(Math.abs(Date.parse(lastSeenAt ?? '') - start)).toBeLessThan(5000);
  });

  test('is not there for others, and changed only by those who may', async () => {
    const { id } = await create({ name: 'Private' });
    const agentQuery = 'query ($id: ID!) { agent(id: $id) { id } }';
    const nobody = '00000000-0000-4000-8000-000000000000';
    const hidden = await faultOf(agentQuery, { id }, stranger.token);
    expect(hidden).toEqual(await faultOf(agentQuery, { id: nobody }, stranger.token));
    expect(hidden?.extensions.code).toBe('NOT_FOUND');
    for (const [query, input] of [
      [updateMutation, { id, name: 'Mine' }],
      [publishMutation, { agentId: id }],
    ] as const) {
      expect(await faultOf(query, { input }, stranger.token)).toMatchObject({
        extensions: { code: 'NOT_FOUND' },
      });
    }
    const ingest = await makeKey(server.url, person, ['INGEST']);
    const input = { projectId: person.projectId, name: 'By a key' };
    const byKey = 'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { id } }';
    expect(await codeOf(ask(server.url, ingest.secret, byKey, { input }))).toBeUndefined();
    expect(await codeOf(ask(server.url, ingest.secret, updateMutation, { input: { id, name: 'x' } }))).toBe(
      'FORBIDDEN',
    );
    expect(await codeOf(ask(server.url, ingest.secret, publishMutation, { input: { agentId: id } }))).toBe(
      'FORBIDDEN',
    );
    expect(await codeOf(ask(server.url, ingest.secret, agentQuery, { id }))).toBe('FORBIDDEN');
    expect((await read(id)).name).toBe('Private');
  });

  test('is made once by its name, whoever asks at the same time, and answered as it is from then on', async () => {
    const { secret } = await makeKey(server.url, person, ['INGEST']);
    const ensure = 'mutation ($input: CreateAgentInput!) { ensureAgent(input: $input) { id description } }';
    const byName = async (description: string) =>
      (
        await get<{ ensureAgent: { id: string; description: string } }>(server.url, secret, ensure, {
          input: { projectId: person.projectId, name: 'By its name', description },
        })
      ).ensureAgent;
    const answers = await Promise.all(Array.from({ length: 12 }, () => byName('first')));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(await byName('second')).toEqual(answers[0]);
    const input = { projectId: person.projectId, name: 'By its name' };
    expect(await faultOf(ensure, { input }, stranger.token)).toMatchObject({
      extensions: { code: 'NOT_FOUND' },
    });
  });

  test('may be named by its id in capitals', async () => {
    const { id } = await create({ name: 'Shouted' });
    const query =
      'mutation ($input: CreateTaskInput!) { createTask(input: $input) { agent { id } parent { id } } }';
    const parentId = await makeTask(server.url, person.token, id);
    const input = { agentId: id.toUpperCase(), name: 'by capitals', parentId: parentId.toUpperCase() };
    expect(await get(server.url, person.token, query, { input })).toEqual({
      createTask: { agent: { id }, parent: { id: parentId } },
    });
  });
});

describe('the list of agents', () => {
  let owner: Person;
  let names: string[];
  beforeAll(async () => {
    owner = await register(server.url);
    const made = [
      'zeta',
      'Alpha',
      'alpha',
      'ärger',
      '10',
      '9',
      'x'.repeat(200),
      'semi "quoted" \\ name',
      '%',
      '_',
      'beta',
    ];
    for (const [index, name] of made.entries()) {
      const kind = index % 2 ? 'LLM' : 'CUSTOM';
      const { id } = await create({ name, kind }, owner);
      if (index < 3) await update({ id, status: 'PAUSED' }, owner.token);
    }
    names = (await list(owner)).nodes.map(({ name }) => name);
    expect([...names].sort()).toEqual([...made].sort());
  });

  test('is walked page by page, every agent once, in one order', async () => {
    for (const first of [1, 2, 3, 10, 11, 12]) {
      const walked: string[] = [];
      let after: string | null = null;
      for (;;) {
        const page: Page = await list(owner, { first, after });
        walked.push(...page.nodes.map(({ name }) => name));
        expect(page.edges.map(({ node }) => node)).toEqual(page.nodes);
        expect(page.pageInfo.startCursor).toBe(page.edges[0]?.cursor ?? null);
        expect(page.pageInfo.endCursor).toBe(page.edges.at(-1)?.cursor ?? null);
        expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
        expect(page.totalCount).toBe(names.length);
        expect(page.nodes.length).toBeLessThanOrEqual(first);
        if (!page.pageInfo.hasNextPage) break;
        after = page.pageInfo.endCursor;
      }
      expect(walked).toEqual(names);
    }
  });

  test('is narrowed by kind, status and part of the name', async () => {
    const found = async (filter: Record<string, unknown>) => {
      const { nodes, totalCount } = await list(owner, { filter });
      expect(totalCount).toBe(nodes.length);
      return nodes.map(({ name }) => name);
    };
    expect(await found({ kinds: ['LLM'] })).toHaveLength(5);
    expect(await found({ kinds: ['LLM', 'CUSTOM'] })).toEqual(names);
    expect(await found({ kinds: [] })).toEqual([]);
    expect((await found({ statuses: ['PAUSED'] })).sort()).toEqual(['Alpha', 'alpha', 'zeta']);
    expect((await found({ statuses: ['PAUSED'], kinds: ['LLM'] })).sort()).toEqual(['Alpha']);
    expect((await found({ search: 'ALPHA' })).sort()).toEqual(['Alpha', 'alpha']);
    expect(await found({ search: '%' })).toEqual(['%']);
    expect(await found({ search: '_' })).toEqual(['_']);
    expect(await found({ search: '\\' })).toEqual(['semi "quoted" \\ name']);
  });

  test('refuses sizes and cursors that are none', async () => {
    for (const [variables, path] of [
      [{ first: 0 }, 'first'],
      [{ first: -1 }, 'first'],
      [{ first: 501 }, 'first'],
      [{ after: 'x' }, 'after'],
      [{ after: Buffer.from('["a","b"]').toString('base64url') }, 'after'],
      [{ after: Buffer.from('["a\\u0000"]').toString('base64url') }, 'after'],
      [{ after: Buffer.from('[1]').toString('base64url') }, 'after'],
      [{ after: Buffer.from('{}').toString('base64url') }, 'after'],
    ] as const) {
      expect(
        await faultOf(listQuery, { projectId: owner.projectId, ...variables }, owner.token),
      ).toMatchObject({
        extensions: { code: 'BAD_USER_INPUT', fields: [{ path }] },
      });
    }
    expect((await list(owner, { first: 500 })).nodes).toHaveLength(names.length);
    expect(await faultOf(listQuery, { projectId: person.projectId }, owner.token)).toMatchObject({
      extensions: { code: 'NOT_FOUND' },
    });
  });
});
