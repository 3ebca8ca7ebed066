import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateTaskQueue1764000008000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Rows come and go at both ends: what they leave behind is cleared away early.
    await runner.query(`
      CREATE TABLE task_queue (
        task_id uuid CONSTRAINT task_queue_pkey PRIMARY KEY,
        project_id uuid NOT NULL CONSTRAINT task_queue_project_fk REFERENCES projects ON DELETE CASCADE,
        agent_id uuid NOT NULL CONSTRAINT task_queue_agent_fk REFERENCES agents ON DELETE CASCADE,
        type text NOT NULL,
        rank int NOT NULL,
        queued_at timestamptz(3) NOT NULL,
        is_built_in boolean NOT NULL,
        leased_by text,
        lease_seconds int,
        lease_expires_at timestamptz(3)
      ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000);
      CREATE INDEX task_queue_waiting ON task_queue (project_id, rank, queued_at, task_id)
        WHERE leased_by IS NULL AND NOT is_built_in;
      CREATE INDEX task_queue_waiting_type ON task_queue (project_id, type, rank, queued_at, task_id)
        WHERE leased_by IS NULL AND NOT is_built_in;
      CREATE INDEX task_queue_waiting_agent ON task_queue (agent_id, rank, queued_at, task_id)
        WHERE leased_by IS NULL AND NOT is_built_in;
      CREATE INDEX task_queue_waiting_built_in ON task_queue (type, rank, queued_at, task_id)
        WHERE leased_by IS NULL AND is_built_in;
      CREATE INDEX task_queue_leases ON task_queue (project_id, leased_by) WHERE leased_by IS NOT NULL;
      CREATE INDEX task_queue_expiring ON task_queue (lease_expires_at) WHERE lease_expires_at IS NOT NULL;

      CREATE TABLE workers (
        project_id uuid NOT NULL CONSTRAINT workers_project_fk REFERENCES projects ON DELETE CASCADE,
        name text NOT NULL,
        hostname text NOT NULL,
        version text NOT NULL,
        capacity int NOT NULL,
        started_at timestamptz(3) NOT NULL,
        seen_at timestamptz(3) NOT NULL,
        CONSTRAINT workers_pkey PRIMARY KEY (project_id, name)
      );
      ALTER TABLE process_reports ADD COLUMN capacity int NOT NULL DEFAULT 0;

      ALTER TABLE tasks ADD COLUMN worker text, ADD COLUMN is_built_in boolean NOT NULL DEFAULT false;
      CREATE INDEX tasks_unfinished ON tasks (project_id, status) WHERE finished_at IS NULL;
      CREATE INDEX tasks_failed ON tasks (project_id, finished_at) WHERE status IN ('FAILED', 'TIMED_OUT');
      INSERT INTO task_queue (task_id, project_id, agent_id, type, rank, queued_at, is_built_in)
        SELECT id, project_id, agent_id, type, -priority, queued_at, false FROM tasks
        WHERE status = 'QUEUED' AND finished_at IS NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX tasks_unfinished, tasks_failed;
      ALTER TABLE tasks DROP COLUMN worker, DROP COLUMN is_built_in;
      ALTER TABLE process_reports DROP COLUMN capacity;
      DROP TABLE workers, task_queue;
    `);
  }
}
