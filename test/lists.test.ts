import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ask, get, makeAgent, makeTask, register, type Person } from './support/client.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let person: Person;
let agents: string[];
let versions: string[];
let all: Task[];

interface Task {
  id: string;
  name: string;
  type: string;
  status: string;
  tags: string[];
  queuedAt: string;
  finishedAt: string | null;
  latencyMs: number | null;
  costUsd: number | null;
  traceId: string | null;
  error: { class: string } | null;
  agent: { id: string };
  agentVersion: { id: string };
  interventions: { id: string }[];
}
interface PageInfo {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
}
interface Page<Node> {
  nodes: Node[];
  edges: { cursor: string; node: Node }[];
  pageInfo: PageInfo;
  totalCount: number;
}

const pageInfo = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const taskFields = `{ id name type status tags queuedAt finishedAt latencyMs costUsd traceId error { class } agent { id }
  agentVersion { id } interventions { id } }`;
const tasksQuery = `query ($projectId: ID!, $filter: TaskFilter, $orderBy: TaskOrder, $first: Int, $after: String,
    $last: Int, $before: String) {
  tasks(projectId: $projectId, filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last,
      before: $before) { nodes ${taskFields} edges { cursor node { id } } totalCount ${pageInfo} } }`;

const run = <Data>(query: string, variables: Record<string, unknown>, token = person.token) =>
  get<Data>(server.url, token, query, variables);
const list = async (more: Record<string, unknown> = {}) =>
  (await run<{ tasks: Page<Task> }>(tasksQuery, { projectId: person.projectId, ...more })).tasks;
const ids = (tasks: { id: string }[]) => tasks.map(({ id }) => id);

const moments = ['2026-03-01T12:00:00.000Z', '2026-03-01T12:00:00.001Z', '2026-03-02T00:00:00.000Z'];
const latencies = [0, 100, 100.5, 5000];
const costs = [0, 0.1, 0.3, 1e-10, 123456.789];
const statuses = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED', 'WAITING_FOR_HUMAN', 'QUEUED'];

beforeAll(async () => {
  server = await startTestServer();
  person = await register(server.url);
  agents = [await makeAgent(server.url, person), await makeAgent(server.url, person)];
  const publish =
    'mutation ($input: PublishAgentVersionInput!) { publishAgentVersion(input: $input) { id } }';
  for (let i = 0; i < 60; i++) {
    const status = statuses[i % statuses.length] ?? '';
    const startedAt = moments[i % moments.length];
    const taskId = await makeTask(server.url, person.token, agents[i % 2] ?? '', {
      name: `Task ${i}${i % 4 === 0 ? ' ÄRGER 100%' : ''}`,
      type: i % 3 === 0 ? 'triage' : 'task',
      tags: ['a', 'b', 'c'].filter((_, bit) => (i >> bit) & 1),
      ...(status === 'QUEUED' ? { start: false } : { startedAt: i % 5 === 4 ? null : startedAt }),
    });
    if (i === 30) await run(publish, { input: { agentId: agents[0] } });
    const cost = costs[i % 7];
    if (cost !== undefined) {
      await run('mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }', {
        input: { taskId, steps: [{ key: 'a', type: 'LLM', name: 'call', costUsd: cost }] },
      });
    }
    if (status === 'WAITING_FOR_HUMAN') {
      await run(
        'mutation ($input: RequestInterventionInput!) { requestIntervention(input: $input) { id } }',
        {
          input: { taskId, kind: 'QUESTION', reason: 'Which?' },
        },
      );
    } else if (!['RUNNING', 'QUEUED'].includes(status)) {
      const error = i % 2 ? { message: 'Too many requests' } : { message: 'Timed out' };
      await run('mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }', {
        input: { taskId, status, ...(status === 'FAILED' ? { error } : {}) },
      });
    }
  }
  // Many of equal latency, whatever the clock said; and traces, which arrive by another way.
  for (const [index, latency] of latencies.entries()) {
    await server.database.query(
      `UPDATE tasks SET latency_ms = $1, finished_at = started_at + $1 * interval '1 ms'
       WHERE latency_ms IS NOT NULL AND substr(name, 6)::text ~ $2`,
      [latency, `^\\d*[${[index, index + 4, index + 8].filter((digit) => digit < 10).join('')}]( |$)`],
    );
  }
  const trace = '0af7651916cd43dd8448eb211c80319c';
  await server.database.query(`UPDATE tasks SET trace_id = $1 WHERE name = 'Task 1'`, [trace]);
  all = (await list({ first: 500 })).nodes;
  expect(all).toHaveLength(60);
});
afterAll(() => server.stop());

const orders: Record<string, (task: Task) => number | null> = {
  NEWEST: ({ queuedAt }) => -Date.parse(queuedAt),
  OLDEST: ({ queuedAt }) => Date.parse(queuedAt),
  SLOWEST: ({ latencyMs }) => (latencyMs === null ? null : -latencyMs),
  COSTLIEST: ({ costUsd }) => (costUsd === null ? null : -costUsd),
};
/** The whole list in an order, worked out plainly: by its key, then by id in the same direction. */
function ordered(order: string): string[] {
  const keyOf = orders[order]!;
  const direction = order === 'OLDEST' ? 1 : -1;
  return all
    .filter((task) => keyOf(task) !== null)
    .sort((a, b) => keyOf(a)! - keyOf(b)! || direction * (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
}

describe.each(Object.keys(orders))('the tasks of a project, %s first', (orderBy) => {
  test('have an order of their own, in which ties are many', () => {
    const keys = all.map(orders[orderBy]!);
    expect(new Set(keys).size).toBeLessThan(keys.length / 2);
    expect(ordered(orderBy).length).toBeGreaterThan(20);
  });

  test.each([1, 2, 7, 59, 60, 61, 500])(
    'are walked both ways in pages of %d, each task once',
    async (size) => {
      const expected = ordered(orderBy);
      const forwards: string[] = [];
      for (let after: string | null = null; ;) {
        const page: Page<Task> = await list({ orderBy, first: size, after });
        forwards.push(...ids(page.nodes));
        expect(ids(page.edges.map(({ node }) => node))).toEqual(ids(page.nodes));
        expect([page.pageInfo.startCursor, page.pageInfo.endCursor]).toEqual([
          page.edges[0]?.cursor ?? null,
          page.edges.at(-1)?.cursor ?? null,
        ]);
        expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
        if (!page.pageInfo.hasNextPage) break;
        expect(page.nodes).toHaveLength(size);
        after = page.pageInfo.endCursor;
      }
      expect(forwards).toEqual(expected);

      const backwards: string[] = [];
      for (let before: string | null = null; ;) {
        const page: Page<Task> = await list({ orderBy, last: size, before });
        backwards.unshift(...ids(page.nodes));
        expect(page.pageInfo.hasNextPage).toBe(before !== null);
        if (!page.pageInfo.hasPreviousPage) break;
        before = page.pageInfo.startCursor;
      }
      expect(backwards).toEqual(expected);
    },
  );

  test('go on from any of them, either way', async () => {
    const { edges } = await list({ orderBy, first: 500 });
    const expected = ordered(orderBy);
    for (const at of [0, 1, 17, expected.length - 1]) {
      const cursor = edges[at]?.cursor;
      expect(ids((await list({ orderBy, first: 3, after: cursor })).nodes)).toEqual(
        expected.slice(at + 1, at + 4),
      );
      expect(ids((await list({ orderBy, last: 3, before: cursor })).nodes)).toEqual(
        expected.slice(Math.max(0, at - 3), at),
      );
    }
  });
});

describe('the tasks of a project', () => {
  const matches = async (filter: Record<string, unknown>, holds: (task: Task) => boolean) => {
    const { nodes, totalCount } = await list({ filter, first: 500 });
    const expected = ordered('NEWEST').filter((id) => holds(all.find((task) => task.id === id)!));
    expect([filter, ids(nodes)]).toEqual([filter, expected]);
    expect(totalCount).toBe(expected.length);
    return expected.length;
  };

  test('are narrowed by each part of the filter', async () => {
    const hits = [
      await matches({ agentId: agents[0] }, (task) => task.agent.id === agents[0]),
      await matches({ types: ['triage'] }, ({ type }) => type === 'triage'),
      await matches({ types: ['triage', 'task'] }, () => true),
      await matches({ statuses: ['RUNNING', 'QUEUED'] }, ({ status }) =>
        ['RUNNING', 'QUEUED'].includes(status),
      ),
      await matches({ tags: ['a', 'c'] }, ({ tags }) => tags.includes('a') && tags.includes('c')),
      await matches({ tags: [] }, () => true),
      await matches({ search: 'ärger' }, ({ name }) => name.includes('ÄRGER')),
      await matches({ search: '0%' }, ({ name }) => name.includes('0%')),
      await matches(
        { finishedAfter: moments[2] },
        ({ finishedAt }) => finishedAt !== null && finishedAt >= moments[2]!,
      ),
      await matches(
        { finishedBefore: moments[2] },
        ({ finishedAt }) => finishedAt !== null && finishedAt < moments[2]!,
      ),
      await matches(
        { finishedAfter: moments[0], finishedBefore: moments[1] },
        ({ finishedAt }) => finishedAt === moments[0],
      ),
      await matches({ minCostUsd: 0.3 }, ({ costUsd }) => costUsd !== null && costUsd >= 0.3),
      await matches({ minCostUsd: 1e-10 }, ({ costUsd }) => costUsd !== null && costUsd > 0),
      await matches({ minCostUsd: 0 }, ({ costUsd }) => costUsd !== null),
      await matches({ minLatencyMs: 100.5 }, ({ latencyMs }) => latencyMs !== null && latencyMs >= 100.5),
      await matches({ hasIntervention: true }, ({ interventions }) => interventions.length > 0),
      await matches({ hasIntervention: false }, ({ interventions }) => interventions.length === 0),
      await matches({ errorClasses: ['RATE_LIMIT'] }, ({ error }) => error?.class === 'RATE_LIMIT'),
      await matches({ errorClasses: ['RATE_LIMIT', 'TIMEOUT'] }, ({ error }) => error !== null),
      await matches(
        { types: ['triage'], agentId: agents[1], hasIntervention: false },
        (task) => task.type === 'triage' && task.agent.id === agents[1] && task.interventions.length === 0,
      ),
    ];
    for (const count of hits) expect(count).toBeGreaterThan(0);
    for (const filter of [
      { types: [] },
      { statuses: [] },
      { errorClasses: [] },
      { search: '_' },
      { tags: ['d'] },
    ]) {
      expect(await matches(filter, () => false)).toBe(0);
    }
    versions = [...new Set(all.map(({ agentVersion }) => agentVersion.id))];
    expect(versions).toHaveLength(3);
    for (const id of versions) {
      expect(
        await matches({ agentVersionId: id }, ({ agentVersion }) => agentVersion.id === id),
      ).toBeGreaterThan(0);
    }
  });

  test('are found by their trace id, in capitals too', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const wanted = all.find((task) => task.traceId === traceId)!;
    expect(await matches({ traceId }, ({ id }) => id === wanted.id)).toBe(1);
    expect(await matches({ traceId: traceId.toUpperCase() }, ({ id }) => id === wanted.id)).toBe(1);
    const query =
      'query ($projectId: ID!, $traceId: String!) { taskByTrace(projectId: $projectId, traceId: $traceId) { id } }';
    const { projectId } = person;
    for (const id of [traceId, traceId.toUpperCase()]) {
      expect(await run(query, { projectId, traceId: id })).toEqual({ taskByTrace: { id: wanted.id } });
    }
    const stranger = await register(server.url);
    for (const [variables, token] of [
      [{ projectId, traceId: 'f'.repeat(32) }, person.token],
      [{ projectId, traceId }, stranger.token],
      [{ projectId: stranger.projectId, traceId }, stranger.token],
    ] as const) {
      expect((await ask(server.url, token, query, variables)).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    }
  });

  test('refuse pages and cursors that are none', async () => {
    const cursorOf = async (orderBy: string) => (await list({ orderBy, first: 1 })).pageInfo.endCursor;
    const made = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    const id = all[0]?.id;
    const refused: [Record<string, unknown>, string][] = [
      [{ first: 0 }, 'first'],
      [{ first: -1 }, 'first'],
      [{ first: 501 }, 'first'],
      [{ last: 0 }, 'last'],
      [{ last: 501 }, 'last'],
      [{ first: 1, last: 1 }, 'last'],
      [{ first: 1, before: await cursorOf('NEWEST') }, 'before'],
      [{ last: 1, after: await cursorOf('NEWEST') }, 'after'],
      [{ after: await cursorOf('NEWEST'), before: await cursorOf('NEWEST') }, 'before'],
      [{ after: '' }, 'after'],
      [{ after: 'nonsense' }, 'after'],
      [{ before: 'nonsense' }, 'before'],
      [{ after: await cursorOf('SLOWEST') }, 'after'],
      [{ after: await cursorOf('NEWEST'), orderBy: 'SLOWEST' }, 'after'],
      [{ after: made(moments[0]) }, 'after'],
      [{ after: made(moments[0], 'x') }, 'after'],
      [{ after: made(moments[0], id, 'more') }, 'after'],
      [{ after: made('yesterday', id) }, 'after'],
      [{ after: made('2026-02-30T00:00:00.000Z', id) }, 'after'],
      [{ after: made('infinity', id) }, 'after'],
      [{ after: made(1, id) }, 'after'],
      [{ after: made('1; DROP TABLE tasks', id), orderBy: 'COSTLIEST' }, 'after'],
      [{ after: made('NaN', id), orderBy: 'COSTLIEST' }, 'after'],
      [{ after: made('1e400', id), orderBy: 'SLOWEST' }, 'after'],
      [{ after: made('1e-400', id), orderBy: 'SLOWEST' }, 'after'],
      [{ after: made('', id), orderBy: 'SLOWEST' }, 'after'],
    ];
    for (const [more, path] of refused) {
      const { errors } = await ask(server.url, person.token, tasksQuery, {
        projectId: person.projectId,
        ...more,
      });
      expect([more, errors?.[0]]).toMatchObject([
        more,
        { extensions: { code: 'BAD_USER_INPUT', fields: [{ path }] } },
      ]);
    }
  });
});
