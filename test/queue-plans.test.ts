import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { QueueProject } from './support/queue-project.js';
import { planNodes, statementsOf, type PlanNode, type Statement } from './support/statements.js';
import { startTestServer, type TestServer } from './support/test-server.js';

/** How claims reach what is next: by their indexes, whatever has been done before and however much waits. */

let server: TestServer;
let project: QueueProject;

beforeAll(async () => {
  server = await startTestServer({ STATUS_REPORT_MS: '60000' }, undefined, { api: true, worker: false });
  project = await QueueProject.open(server.url);
  const { id } = await project.queue();
  const columns = (
    await server.database.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'tasks'::regclass AND attnum > 0`,
    )
  ).map(({ name }) => name);
  const copies = (count: number, made: Record<string, string>) =>
    server.database.query(
      `INSERT INTO tasks (${columns.join(', ')}) SELECT ${columns.map((column) => made[column] ?? column).join(', ')}
       FROM tasks, generate_series(1, ${count}) AS n WHERE id = $1`,
      [id],
    );
  await copies(30_000, { id: 'gen_random_uuid()', status: `'SUCCEEDED'`, finished_at: 'now()' });
  await copies(20_000, {
    id: 'gen_random_uuid()',
    type: `'type ' || n % 20`,
    priority: '(n * 7919) % 50',
    queued_at: `queued_at + n * interval '1 ms'`,
  });
  await server.database.query(
    `INSERT INTO task_queue (task_id, project_id, agent_id, type, rank, queued_at, is_built_in)
     SELECT id, project_id, agent_id, type, -priority, queued_at, false FROM tasks WHERE status = 'QUEUED' AND id <> $1`,
    [id],
  );
  await server.database.query('ANALYZE tasks');
});
afterAll(async () => {
  await server.stop();
});

/** The nodes of the plan by which it would run now, after what its transaction sets; nothing is changed. */
async function planOf({ text, values }: Statement, settings: string): Promise<PlanNode[]> {
  await server.database.query('BEGIN');
  await server.database.query(settings);
  const plan = planNodes(await server.database.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values));
  await server.database.query('ROLLBACK');
  return plan;
}

test.each([
  ['whatever is next', {}, 'task_queue_waiting'],
  ['by type', { types: ['type 3', 'type 4'] }, 'task_queue_waiting_type'],
  ['by agent', { agents: true }, 'task_queue_waiting_agent'],
])('%s is read from one index, in its order, and nothing else', async (_name, filter, index) => {
  const { agents, ...more } = filter as { agents?: boolean; types?: string[] };
  const input = { limit: 5, ...more, ...(agents ? { agentIds: [project.agentId] } : {}) };
  for (const isAnalysed of [false, true]) {
    if (isAnalysed) await server.database.query('ANALYZE task_queue');
    const recorded = await statementsOf(async () => {
      expect(await project.claim('w', input)).toHaveLength(5);
    });
    const statements = recorded.filter(({ text }) => /UPDATE (task_queue|tasks) SET/.test(text));
    const settings = recorded.find(({ text }) => text.includes('set_config'))?.text ?? 'SELECT 1';
    expect(statements).toHaveLength(2);
    const [lease, begin] = statements as [Statement, Statement];

    const nodes = await planOf(lease, settings);
    const scans = nodes.filter((node) => node['Relation Name'] === 'task_queue' && 'Index Name' in node);
    expect(new Set(scans.map((node) => node['Index Name']))).toEqual(new Set([index, 'task_queue_pkey']));
    const found = scans.find((node) => node['Index Name'] === index);
    expect(found?.['Actual Rows']).toBeLessThanOrEqual(6);
    expect(found?.['Rows Removed by Filter'] ?? 0).toBe(0);
    const ofQueue = nodes.filter((node) => node['Relation Name'] === 'task_queue');
    expect(ofQueue.filter((node) => /Seq Scan|Bitmap/.test(node['Node Type']))).toEqual([]);
    expect(nodes.filter((node) => node['Relation Name'] === 'tasks')).toEqual([]);

    const ofTasks = (await planOf(begin, settings)).filter((node) => node['Relation Name'] === 'tasks');
    expect(ofTasks.flatMap((node) => node['Index Name'] ?? [])).toEqual(['tasks_pkey']);
  }
});
