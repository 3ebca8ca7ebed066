import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The codes of the text search are others, and tell more: what was indexed by the earlier ones is indexed again. */
export class IndexStepsAnew1764000012000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Writes all tasks that were indexed; it may take longer than a request may.
    await runner.query('SET LOCAL statement_timeout = 0');
    await runner.query(`
      TRUNCATE search_bits, search_runs;
      UPDATE tasks SET searchable_revision = 0 WHERE searchable_revision > 0;
    `);
  }

  /** The earlier codes need the same. */
  down(runner: QueryRunner): Promise<void> {
    return this.up(runner);
  }
}
