import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Browsers are told of by the processes that hold them. */
export class AddBrowserReports1764000011000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE process_reports ADD COLUMN browsers json');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE process_reports DROP COLUMN browsers');
  }
}
