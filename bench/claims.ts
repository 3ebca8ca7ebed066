import { Agent } from 'node:http';
import { makeAgent, makeKey, register } from '../test/support/client.js';
import { openBenchDatabase } from './support/bench-database.js';
import { startChild } from './support/child.js';
import { isQuick, line, median, post } from './support/load.js';

// The queue: claims per second, one task a claim, by 1, 8 and 32 workers, on a database in which a million tasks have been done
// beside one in which none has. They take turns, so that noise strikes both alike.
const finished = isQuick ? 10_000 : 1_000_000;
const waiting = isQuick ? 200 : 20_000;
const claims = isQuick ? 64 : 3_000;
const rounds = isQuick ? 1 : 5;
const workers = [1, 8, 32];
const mutation = 'mutation ($input: ClaimTasksInput!) { claimTasks(input: $input) { id input } }';

async function openSide(history: number) {
  const { url, database, close } = await openBenchDatabase();
  const binnacle = await startChild('./binnacle-child.js', { DATABASE_URL: url });
  const person = await register(binnacle.url);
  const agentId = await makeAgent(binnacle.url, person);
  const { secret } = await makeKey(binnacle.url, person, ['WORK']);
  const fill = async (sql: string, values: unknown[] = []) => {
    const client = await database.pool.connect();
    await client.query('SET statement_timeout = 0');
    await client.query(sql, values);
    client.release();
  };
  /** Tasks of the agent, all alike; finished a while ago, or waiting. */
  const make = (count: number, status: string) =>
    fill(
      `INSERT INTO tasks (id, project_id, agent_id, agent_version_id, type, name, status, priority, worker, progress, attempt,
         max_attempts, input, tags, queued_at, started_at, finished_at, latency_ms, step_count, input_tokens, output_tokens,
         costed_steps, reported_cost_steps, intervention_count, revision, updated_at)
       SELECT gen_random_uuid(), $1, id, current_version_id, 'type ' || n % 5, 'a task', $3, n % 10,
         CASE WHEN $3 <> 'QUEUED' THEN 'w' END, 0, 1, 3, '{"url": "https://example.com/"}', '{}',
         t.at, CASE WHEN $3 <> 'QUEUED' THEN t.at END, CASE WHEN $3 <> 'QUEUED' THEN t.at + interval '1 second' END,
         CASE WHEN $3 <> 'QUEUED' THEN 1000 END, 0, 0, 0, 0, 0, 0, 3, now()
       FROM generate_series(1, $2::int) n JOIN agents ON agents.id = $4
       CROSS JOIN LATERAL (SELECT now() - n * interval '1 second' AS at) t`,
      [person.projectId, count, status, agentId],
    );
  if (history > 0) await make(history, 'SUCCEEDED');
  await fill('VACUUM (ANALYZE) tasks');
  return {
    /** Claims per second of so many workers. */
    measure: async (count: number): Promise<number> => {
      await fill(`DELETE FROM task_queue`);
      await fill(`DELETE FROM tasks WHERE status <> 'SUCCEEDED'`);
      await make(waiting, 'QUEUED');
      await fill(
        `INSERT INTO task_queue (task_id, project_id, agent_id, type, rank, queued_at, is_built_in)
         SELECT id, project_id, agent_id, type, -priority, queued_at, false FROM tasks WHERE status = 'QUEUED'`,
      );
      await fill('VACUUM (ANALYZE) task_queue');
      // Connections of their own each time: the server closes those that rest while the other side is measured.
      const agent = new Agent({ keepAlive: true, maxSockets: count });
      let left = claims;
      const started = performance.now();
      const work = async (index: number) => {
        const input = {
          projectId: person.projectId,
          worker: `worker ${index}`,
          limit: 1,
          leaseSeconds: 3600,
        };
        const body = JSON.stringify({ query: mutation, variables: { input } });
        const headers = { authorization: `Bearer ${secret}` };
        while (left-- > 0) {
          const text = await post(`${binnacle.url}/graphql`, headers, body, agent);
          if (!text.includes('"id"')) throw new Error(`Nothing was claimed: ${text}`);
        }
      };
      await Promise.all(Array.from({ length: count }, (_, index) => work(index)));
      const seconds = (performance.now() - started) / 1000;
      agent.destroy();
      return claims / seconds;
    },
    close: async () => {
      binnacle.stop();
      await close();
    },
  };
}

const none = await openSide(0);
const many = await openSide(finished);
const say = (...lines: string[]) => process.stdout.write([...lines, ''].join('\n'));
say(`Claiming: one task a claim, ${waiting.toLocaleString('en')} wait`);
for (const count of workers) {
  const rates = { none: [] as number[], many: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    rates.none.push(await none.measure(count));
    rates.many.push(await many.measure(count));
  }
  const base = median(rates.none);
  say(
    line(`${count} ${count === 1 ? 'worker' : 'workers'}, no task done before`, base, 'claims/s'),
    line(`… ${finished.toLocaleString('en')} done before`, median(rates.many), 'claims/s', base),
  );
}
say('');
await none.close();
await many.close();
process.exit();
