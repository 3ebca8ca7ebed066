import { createServer } from 'node:http';
import { Pool } from 'pg';

// The limit: PostgreSQL writes the answer's JSON itself, and a bare HTTP server passes it on.
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const text = `SELECT json_build_object('data', json_build_object('task', json_build_object('steps', json_build_object('nodes',
  (SELECT json_agg(row_to_json(s)) FROM (
    SELECT seq, key, type, name, status, started_at AS "startedAt", ended_at AS "endedAt", latency_ms AS "latencyMs", model,
      input_tokens AS "inputTokens", output_tokens AS "outputTokens", cost_usd AS "costUsd"
    FROM task_steps WHERE task_id = $1 ORDER BY seq LIMIT 100) s)))))::text AS body`;
const server = createServer((incoming, response) => {
  let body = '';
  incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
  incoming.on('end', () => {
    const { variables } = JSON.parse(body) as { variables: { id: string } };
    pool
      .query<{ body: string }>({ name: 'page', text, values: [variables.id] })
      .then(({ rows }) => response.setHeader('content-type', 'application/json').end(rows[0]?.body))
      .catch((error: unknown) => response.destroy(error as Error));
  });
}).listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
});
process.on('SIGTERM', () => process.exit());
