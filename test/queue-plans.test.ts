import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { QueueProject } from './support/queue-project.js';
import { startTestServer, type TestServer } from './support/test-server.js';

/** How claims reach what is next: by their indexes, whatever has been done before and however much waits. */

interface Statement {
  text: string;
  values: unknown[];
}
interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}

let server: TestServer;
let project: QueueProject;
let recorded: Statement[] | null = null;
const original = pg.Client.prototype.query;

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
  pg.Client.prototype.query = function record(this: pg.Client, ...args: unknown[]) {
    const [config, values] = args as [string | { text?: string; values?: unknown[] }, unknown[] | undefined];
    const text = typeof config === 'string' ? config : (config.text ?? '');
    const own = typeof config === 'string' ? values : (config.values ?? values);
    recorded?.push({ text, values: Array.isArray(own) ? own : [] });
    return (original as (...all: unknown[]) => unknown).apply(this, args);
  } as typeof original;
}, 120_000);
afterAll(async () => {
  pg.Client.prototype.query = original;
  await server.stop();
});

/** The nodes of the plan by which it would run now, after what its transaction sets; nothing is changed. */
async function planOf({ text, values }: Statement, settings: string): Promise<PlanNode[]> {
  await server.database.query('BEGIN');
  await server.database.query(settings);
  const [row] = await server.database.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
    values,
  );
  await server.database.query('ROLLBACK');
  const nodes: PlanNode[] = [];
  const walk = (node: PlanNode) => {
    nodes.push(node);
    node.Plans?.forEach(walk);
  };
  walk(row!['QUERY PLAN'][0]!.Plan);
  return nodes;
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
    recorded = [];
    expect(await project.claim('w', input)).toHaveLength(5);
    const statements = recorded.filter(({ text }) => /UPDATE (task_queue|tasks) SET/.test(text));
    const settings = recorded.find(({ text }) => text.includes('set_config'))?.text ?? 'SELECT 1';
    recorded = null;
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
