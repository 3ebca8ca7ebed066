import type { Database } from '../../src/platform/database.js';

/** Stands in the name of one in a thousand steps. */
export const RARE_WORD = 'issue_voucher';
/** Stands in the name of the last step alone: a search for it has to look at every step. */
export const LAST_WORD = 'farewell';

/** One statement stays well below the longest time that the server gives it. */
const STEPS_AT_A_TIME = 50_000;

const insertSteps = {
  name: 'bench-insert-steps',
  text: `
    INSERT INTO task_steps (task_id, seq, key, parent_key, type, name, status, started_at, ended_at, latency_ms, model,
      input_tokens, output_tokens, cost_usd, cost_source, input, output, revision)
    SELECT $1, n, 'step-' || n, CASE WHEN n % 100 <> 1 THEN 'step-' || (n - 1) / 100 * 100 + 1 END, CASE WHEN n % 3 = 0 THEN 'TOOL' ELSE 'LLM' END,
      CASE WHEN n = $2 THEN '${LAST_WORD}' WHEN n % 1000 = 500 THEN '${RARE_WORD}' WHEN n % 3 = 0 THEN 'get_order_details'
        ELSE 'answer the customer' END,
      CASE WHEN n % 97 = 0 THEN 'FAILED' ELSE 'SUCCEEDED' END,
      at, at + interval '700 milliseconds', 700, 'gpt-4o', 1200, 100, 0.0031, 'REPORTED',
      json_build_object('order_id', '#W' || n), '{"status":"delivered","paid":142.17}', 2 + (n - 1) / 500
    FROM (
      SELECT n, now() - interval '1 second' * ($2::int - n + 1) AS at FROM generate_series($3::int, $4::int) AS n
    ) AS s`,
};

const countSteps = {
  name: 'bench-count-steps',
  text: `
    UPDATE tasks SET step_count = $2::int, revision = 2 + ($2 - 1) / 500, input_tokens = 1200 * $2::bigint,
      output_tokens = 100 * $2::bigint, cost_usd = 0.0031 * $2, costed_steps = $2, reported_cost_steps = $2,
      started_at = now() - interval '1 second' * ($2 + 1), updated_at = now()
    WHERE id = $1`,
};

const endTask = {
  name: 'bench-end-task',
  text: `
    UPDATE tasks SET status = 'SUCCEEDED', progress = 1, finished_at = now(), revision = revision + 1,
      latency_ms = extract(epoch FROM now() - started_at) * 1000
    WHERE id = $1`,
};

/**
 * Fills a task that has none yet with so many steps, of each hundred the first with the others within it, as recordSteps would have left them, but within PostgreSQL.
 * @param isRunning whether it goes on afterwards
 */
export async function fillTask(
  database: Database,
  taskId: string,
  count: number,
  isRunning = false,
): Promise<void> {
  for (let first = 1; first <= count; first += STEPS_AT_A_TIME) {
    const last = Math.min(first + STEPS_AT_A_TIME - 1, count);
    await database.query(insertSteps, [taskId, count, first, last]);
  }
  await database.query(countSteps, [taskId, count]);
  if (!isRunning) await database.query(endTask, [taskId]);
}
