import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateMetrics1764000003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Reads all tasks once; it may take longer than a request may.
    await runner.query('SET LOCAL statement_timeout = 0');
    await runner.query(`
      CREATE INDEX tasks_finished ON tasks (project_id, finished_at) WHERE finished_at IS NOT NULL;
      CREATE TABLE daily_metrics (
        project_id uuid NOT NULL CONSTRAINT daily_metrics_project_fk REFERENCES projects ON DELETE CASCADE,
        day date NOT NULL,
        agent_id uuid NOT NULL,
        succeeded int NOT NULL,
        failed int NOT NULL,
        timed_out int NOT NULL,
        cancelled int NOT NULL,
        intervened int NOT NULL,
        latency_p50_ms double precision,
        latency_p95_ms double precision,
        latency_p99_ms double precision,
        latency_buckets int[] NOT NULL,
        latency_counts int[] NOT NULL,
        priced_tasks int NOT NULL,
        known_cost_usd numeric(38, 10) NOT NULL,
        input_tokens double precision NOT NULL,
        output_tokens double precision NOT NULL,
        computed_at timestamptz(3) NOT NULL,
        sealed_at timestamptz(3),
        is_frozen boolean NOT NULL DEFAULT false,
        CONSTRAINT daily_metrics_pkey PRIMARY KEY (project_id, day, agent_id)
      );
      CREATE INDEX daily_metrics_unsealed ON daily_metrics (day) WHERE sealed_at IS NULL;
      CREATE INDEX daily_metrics_computed ON daily_metrics (project_id, computed_at);
      CREATE TABLE dirty_days (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT dirty_days_pkey PRIMARY KEY,
        project_id uuid NOT NULL CONSTRAINT dirty_days_project_fk REFERENCES projects ON DELETE CASCADE,
        agent_id uuid NOT NULL,
        day date NOT NULL
      );
      INSERT INTO dirty_days (project_id, agent_id, day)
      SELECT DISTINCT project_id, agent_id, (finished_at AT TIME ZONE 'UTC')::date FROM tasks
      WHERE finished_at IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE dirty_days, daily_metrics; DROP INDEX tasks_finished');
  }
}
