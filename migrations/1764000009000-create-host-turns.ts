import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateHostTurns1764000009000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE host_turns (
        host text CONSTRAINT host_turns_pkey PRIMARY KEY,
        holder uuid,
        held_until timestamptz NOT NULL,
        free_at timestamptz NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE host_turns');
  }
}
