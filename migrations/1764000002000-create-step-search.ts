import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateStepSearch1764000002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Reads all tasks once; it may take longer than a request may. The steps that are there are indexed by the job.
    await runner.query('SET LOCAL statement_timeout = 0');
    await runner.query(`
      ALTER TABLE tasks ADD COLUMN searchable_revision int NOT NULL DEFAULT 0;
      CREATE INDEX tasks_unsearchable ON tasks (project_id, queued_at, id) WHERE searchable_revision < revision;
      CREATE TABLE search_runs (
        task_id uuid NOT NULL CONSTRAINT search_runs_task_fk REFERENCES tasks ON DELETE CASCADE,
        first_slot int NOT NULL,
        project_id uuid NOT NULL,
        first_seqs int[] NOT NULL,
        last_seqs int[] NOT NULL,
        CONSTRAINT search_runs_pkey PRIMARY KEY (task_id, first_slot)
      );
      CREATE INDEX search_runs_slot ON search_runs (project_id, first_slot);
      CREATE TABLE search_bits (
        project_id uuid NOT NULL CONSTRAINT search_bits_project_fk REFERENCES projects ON DELETE CASCADE,
        level int NOT NULL,
        bucket int NOT NULL,
        block int NOT NULL,
        bits bit(8192) NOT NULL,
        CONSTRAINT search_bits_pkey PRIMARY KEY (project_id, level, bucket, block)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE search_bits, search_runs;
      DROP INDEX tasks_unsearchable;
      ALTER TABLE tasks DROP COLUMN searchable_revision;
    `);
  }
}
