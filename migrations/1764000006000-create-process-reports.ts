import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateProcessReports1764000006000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE process_reports (
        id uuid CONSTRAINT process_reports_pkey PRIMARY KEY,
        hostname text NOT NULL,
        pid int NOT NULL,
        version text NOT NULL,
        roles text[] NOT NULL,
        started_at timestamptz(3) NOT NULL,
        seen_at timestamptz(3) NOT NULL,
        cpu_load double precision NOT NULL,
        memory_rss_bytes bigint NOT NULL,
        event_loop_delay_p99_ms double precision,
        components json NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE process_reports');
  }
}
