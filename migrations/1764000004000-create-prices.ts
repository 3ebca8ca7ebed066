import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreatePrices1764000004000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SET LOCAL statement_timeout = 0');
    await runner.query(`
      CREATE TABLE model_prices (
        id uuid CONSTRAINT model_prices_pkey PRIMARY KEY,
        project_id uuid NOT NULL CONSTRAINT model_prices_project_fk REFERENCES projects ON DELETE CASCADE,
        provider text,
        model text NOT NULL,
        valid_from date NOT NULL,
        input_usd numeric(20, 10) NOT NULL,
        cached_input_usd numeric(20, 10),
        cache_write_usd numeric(20, 10),
        output_usd numeric(20, 10) NOT NULL,
        created_at timestamptz(3) NOT NULL,
        CONSTRAINT model_prices_unique UNIQUE NULLS NOT DISTINCT (project_id, model, provider, valid_from)
      );
      CREATE TABLE price_runs (
        id uuid CONSTRAINT price_runs_pkey PRIMARY KEY,
        project_id uuid NOT NULL CONSTRAINT price_runs_project_fk REFERENCES projects ON DELETE CASCADE,
        "from" date NOT NULL,
        "to" date NOT NULL,
        model text,
        tasks_total int,
        tasks_done int NOT NULL,
        steps_changed int NOT NULL,
        last_task_id uuid,
        created_at timestamptz(3) NOT NULL,
        finished_at timestamptz(3)
      );
      ALTER TABLE task_steps ADD COLUMN price_data_version text;
      ALTER TABLE tasks ADD COLUMN unpriced_steps int NOT NULL DEFAULT 0;
      UPDATE tasks t SET unpriced_steps = s.count
      FROM (SELECT task_id, count(*) FROM task_steps WHERE model IS NOT NULL AND cost_usd IS NULL GROUP BY 1) s
      WHERE s.task_id = t.id;
      CREATE INDEX tasks_unpriced ON tasks (project_id, finished_at) WHERE unpriced_steps > 0;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE price_runs, model_prices;
      DROP INDEX tasks_unpriced;
      ALTER TABLE tasks DROP COLUMN unpriced_steps;
      ALTER TABLE task_steps DROP COLUMN price_data_version;
    `);
  }
}
