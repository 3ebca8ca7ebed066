import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateTraceHeads1764000007000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE trace_heads (
        task_id uuid CONSTRAINT trace_heads_pkey PRIMARY KEY
          CONSTRAINT trace_heads_task_fk REFERENCES tasks ON DELETE CASCADE,
        key text NOT NULL,
        is_root boolean NOT NULL,
        started_at timestamptz(3),
        has_ended boolean NOT NULL,
        last_at timestamptz(3),
        awaited_since timestamptz(3)
      );
      CREATE INDEX trace_heads_awaited ON trace_heads (awaited_since) WHERE awaited_since IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE trace_heads');
  }
}
