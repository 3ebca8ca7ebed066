import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { get, makeAgent, makeTask, register, type Person } from './support/client.js';
import { planNodes, statementsOf, type PlanNode, type Statement } from './support/statements.js';
import { startTestServer, type TestServer } from './support/test-server.js';

/** How lists reach their rows: with a constant number of statements, by their indexes, however much is stored. */

let server: TestServer;
let person: Person;
let taskId: string;

beforeAll(async () => {
  // Without a worker: its jobs would run statements of their own while those of a request are counted.
  server = await startTestServer({ STATUS_REPORT_MS: '60000' }, undefined, { api: true, worker: false });
  person = await register(server.url);
  const agentId = await makeAgent(server.url, person);
  const other = await makeAgent(server.url, person);
  taskId = await makeTask(server.url, person.token, agentId);
  const children = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      makeTask(server.url, person.token, i % 2 ? agentId : other, { parentId: taskId }),
    ),
  );
  for (const id of children) {
    const { requestIntervention: asked } = await get<{ requestIntervention: { id: string } }>(
      server.url,
      person.token,
      'mutation ($input: RequestInterventionInput!) { requestIntervention(input: $input) { id } }',
      { input: { taskId: id, kind: 'QUESTION', reason: 'Which?' } },
    );
    await get(
      server.url,
      person.token,
      'mutation ($input: ResolveInterventionInput!) { resolveIntervention(input: $input) { id } }',
      {
        input: { id: asked.id, status: 'ANSWERED' },
      },
    );
  }
  const columns = (
    await server.database.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'tasks'::regclass AND attnum > 0`,
    )
  ).map(({ name }) => name);
  const made: Record<string, string> = {
    id: 'gen_random_uuid()',
    queued_at: `'2025-01-01'::timestamptz + (n % 5000) * interval '1 minute'`,
    latency_ms: 'CASE WHEN n % 3 = 0 THEN n % 1000 END',
    cost_usd: 'CASE WHEN n % 4 = 0 THEN (n % 1000) / 100.0 END',
  };
  await server.database.query(
    `INSERT INTO tasks (${columns.join(', ')})
     SELECT ${columns.map((column) => made[column] ?? column).join(', ')} FROM tasks, generate_series(1, 20000) AS n WHERE id = $1`,
    [taskId],
  );
  await server.database.query(
    `INSERT INTO task_steps (task_id, seq, key, type, name, status, cost_source, revision)
     SELECT t.id, n, 'k' || n, 'LLM', 'call', 'SUCCEEDED', 'UNPRICED', n
     FROM (SELECT id FROM tasks WHERE step_count = 0 ORDER BY id = $1 DESC LIMIT 3) t, generate_series(1, CASE WHEN t.id = $1 THEN 20000 ELSE 2000 END) AS n`,
    [taskId],
  );
  await server.database.query('ANALYZE tasks, task_steps');
});
afterAll(async () => {
  await server.stop();
});

/** The statements that a query causes: not those of jobs and sweeps, nor those that only find out who is asking. */
async function askedBy(query: string, variables: Record<string, unknown>): Promise<Statement[]> {
  const statements = await statementsOf(() => get(server.url, person.token, query, variables));
  return statements.filter(
    ({ text }) => /^\s*(SELECT|WITH)\b/.test(text) && !/graphile_worker|FROM memberships/.test(text),
  );
}

const pageQuery = `query ($projectId: ID!, $orderBy: TaskOrder, $first: Int, $after: String, $last: Int, $before: String) {
  tasks(projectId: $projectId, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    nodes { id name agent { name currentVersion { model } versions { number } } agentVersion { number model }
      project { name } interventions { id status resolvedBy { id } task { id } } parent { id name agent { id } } }
    pageInfo { startCursor endCursor } } }`;

describe('a page of tasks with all that belongs to them', () => {
  test('takes as many statements for 50 tasks as for 2', async () => {
    const { projectId } = person;
    // Once before, so that everything has been seen: the newest are the children, with parents and interventions.
    await get(server.url, person.token, pageQuery, { projectId, first: 50 });
    const few = await askedBy(pageQuery, { projectId, first: 2 });
    const many = await askedBy(pageQuery, { projectId, first: 50 });
    expect(many.map(({ text }) => text)).toHaveLength(few.length);
    expect(few.length).toBeGreaterThan(4);
    expect(few.length).toBeLessThan(16);
  });

  test('asks for each kind of thing once for a page of steps, found or listed', async () => {
    const steps = `query ($id: ID!, $first: Int) { task(id: $id) { steps(first: $first) {
      nodes { id key input output attributes error { message } } } } }`;
    const search = `query ($projectId: ID!, $first: Int) { searchSteps(projectId: $projectId, text: "call", first: $first) {
      nodes { snippet step { input output } task { name agent { name } } } } }`;
    for (const [query, variables, most, batches] of [
      [steps, { id: taskId }, 5, 0],
      // Compared in batches: 64 steps, then 256 at a time.
      [search, { projectId: person.projectId }, 12, 2],
    ] as const) {
      const few = await askedBy(query, { ...variables, first: 2 });
      const many = await askedBy(query, { ...variables, first: 200 });
      expect(few.length).toBeGreaterThan(0);
      expect(few.length).toBeLessThanOrEqual(most);
      expect(many.length).toBeLessThanOrEqual(few.length + batches);
    }
  });
});

/** The nodes of the plan by which a statement really ran. */
const planOf = async ({ text, values }: Statement): Promise<PlanNode[]> =>
  planNodes(await server.database.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values));

/**
 * It reads from one index, in its order, no more rows than the page needs.
 * @param others kinds of nodes that may stand beside the scan
 */
async function expectByIndex(
  statement: Statement,
  index: string,
  rows: number,
  others = ['Limit'],
): Promise<void> {
  const nodes = await planOf(statement);
  expect(
    nodes
      .map((node) => node['Node Type'])
      .filter((type) => !/^Index (Only )?Scan$/.test(type) && !others.includes(type)),
  ).toEqual([]);
  expect(nodes.map((node) => node['Index Name']).filter((name) => name !== undefined)).toEqual([index]);
  const scan = nodes.find((node) => node['Index Name'] === index);
  expect(scan?.['Actual Rows']).toBeLessThanOrEqual(rows + 1);
  expect(scan?.['Rows Removed by Filter'] ?? 0).toBe(0);
}

describe('over 20,000 rows', () => {
  const idsOnly = pageQuery.replace(/nodes \{.*\}\s*pageInfo/s, 'nodes { id } pageInfo');

  test.each([
    ['NEWEST', 'tasks_newest'],
    ['OLDEST', 'tasks_newest'],
    ['SLOWEST', 'tasks_slowest'],
    ['COSTLIEST', 'tasks_costliest'],
  ])(
    'tasks by %s come from the index %s, without a sort, on every page and both ways',
    async (orderBy, index) => {
      const { projectId } = person;
      for (const [size, cursor, info] of [
        ['first', 'after', 'endCursor'],
        ['last', 'before', 'startCursor'],
      ] as const) {
        let at: string | null = null;
        for (let page = 0; page < 3; page++) {
          const variables: Record<string, unknown> = { projectId, orderBy, [size]: 50, [cursor]: at };
          const statements = await askedBy(idsOnly, variables);
          expect(statements).toHaveLength(1);
          await expectByIndex(statements[0]!, index, 50);
          const { tasks } = await get<{ tasks: { pageInfo: Record<string, string> } }>(
            server.url,
            person.token,
            idsOnly,
            variables,
          );
          at = tasks.pageInfo[info] ?? null;
          expect(at).not.toBeNull();
        }
      }
    },
  );

  test('a page of steps comes from the primary key, without a sort, wherever it stands', async () => {
    const query = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { task(id: $id) {
      steps(first: $first, after: $after, last: $last, before: $before) { nodes { seq input } } } }`;
    const at = (seq: number) => Buffer.from(JSON.stringify([String(seq)])).toString('base64url');
    for (const variables of [
      { first: 100 },
      { first: 100, after: at(10_000) },
      { last: 100 },
      { last: 100, before: at(10_000) },
    ]) {
      const statements = (await askedBy(query, { id: taskId, ...variables })).filter(({ text }) =>
        text.includes('FROM task_steps'),
      );
      expect(statements).toHaveLength(1);
      await expectByIndex(statements[0]!, 'task_steps_pkey', 100);
    }
  });

  test('scattered steps come from the primary key, and no others are looked at', async () => {
    const query = `query ($id: ID!, $filter: StepFilter) { task(id: $id) {
      steps(filter: $filter, first: 100) { nodes { seq } } } }`;
    const seqs = Array.from({ length: 100 }, (_, i) => 1 + ((i * 7_919) % 20_000));
    const statements = (await askedBy(query, { id: taskId, filter: { seqs } })).filter(({ text }) =>
      text.includes('FROM task_steps'),
    );
    expect(statements).toHaveLength(1);
    // Before PostgreSQL 17, what is looked up by a list is put in order afterwards.
    await expectByIndex(statements[0]!, 'task_steps_pkey', 100, ['Limit', 'Sort']);
  });

  test('the parents of a window of steps are looked up by their keys', async () => {
    const { database } = server;
    await database.query(
      `UPDATE task_steps SET parent_key = 'k' || (seq / 100 * 100 + 100) WHERE task_id = $1 AND seq < 20000`,
      [taskId],
    );
    const query =
      'query ($id: ID!) { task(id: $id) { stepParents(fromSeq: 5000, first: 2000) { parents } } }';
    // Without statistics, this task has to the planner as many steps as any.
    const forget = "DELETE FROM pg_statistic WHERE starelid = 'task_steps'::regclass";
    for (const [prepare, lookups] of [
      ['ANALYZE task_steps', 100],
      [forget, 2_000],
    ] as const) {
      await database.query(prepare);
      const statements = (await askedBy(query, { id: taskId })).filter(({ text }) =>
        text.includes('FROM task_steps'),
      );
      expect(statements).toHaveLength(1);
      const nodes = await planOf(statements[0]!);
      // Where a bitmap is made, one node reads the index and another the rows.
      const indexes = nodes
        .map((node) => node['Index Name'])
        .filter((name) => name?.startsWith('task_steps'));
      expect(indexes).toEqual(['task_steps_pkey', 'task_steps_key_unique']);
      const scans = nodes.filter((node) => node['Relation Name'] === 'task_steps');
      expect(scans.map((node) => node['Rows Removed by Filter'] ?? 0)).toEqual([0, 0]);
      expect(scans[0]?.['Actual Rows']).toBe(2_000);
      expect(scans[1]?.['Actual Loops']).toBeLessThanOrEqual(lookups);
    }
  });

  test('a call that tells 500 steps looks for these, and reads nothing else of the task', async () => {
    const { database } = server;
    // To the planner, this task has as many steps as any.
    await database.query('ALTER TABLE task_steps ALTER task_id SET STATISTICS 0');
    await database.query("DELETE FROM pg_statistic WHERE starelid = 'task_steps'::regclass");
    await database.query('UPDATE tasks SET step_count = 20000 WHERE id = $1', [taskId]);
    const query = 'mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { updated } }';
    for (const prefix of ['k', 'new']) {
      const steps = Array.from({ length: 500 }, (_, index) => ({
        key: `${prefix}${index + 1}`,
        type: 'LLM',
        name: 'told',
      }));
      const statements = (await askedBy(query, { input: { taskId, steps } })).filter(({ text }) =>
        text.includes('INTO task_steps'),
      );
      expect(statements).toHaveLength(1);
      const nodes = await planOf(statements[0]!);
      const scans = nodes.filter(
        (node) => node['Relation Name'] === 'task_steps' && node['Node Type'].endsWith('Scan'),
      );
      expect(scans.map((node) => node['Index Name'])).toEqual(['task_steps_key_unique']);
      expect(scans[0]?.['Rows Removed by Filter'] ?? 0).toBe(0);
    }
  });
});
