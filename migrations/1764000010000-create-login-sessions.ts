import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateLoginSessions1764000010000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE login_sessions (
        id uuid CONSTRAINT login_sessions_pkey PRIMARY KEY,
        project_id uuid NOT NULL CONSTRAINT login_sessions_project_fk REFERENCES projects ON DELETE CASCADE,
        site text NOT NULL,
        account text NOT NULL,
        probe_url text NOT NULL,
        logged_in_selector text,
        logged_out_selector text,
        storage_state bytea,
        recipe bytea,
        check_every_seconds int NOT NULL,
        state text NOT NULL,
        seen text,
        detail text,
        checked_at timestamptz(3),
        next_check_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3),
        failures int NOT NULL,
        probes int NOT NULL,
        generation int NOT NULL,
        revision int NOT NULL,
        lease_id uuid,
        lease_until timestamptz(3),
        sign_ins int NOT NULL,
        sign_in_outcome text,
        sign_in_at timestamptz(3),
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        CONSTRAINT login_sessions_account_unique UNIQUE (project_id, site, account)
      );
      CREATE INDEX login_sessions_due ON login_sessions (next_check_at);
      CREATE TABLE login_transitions (
        id uuid CONSTRAINT login_transitions_pkey PRIMARY KEY,
        session_id uuid NOT NULL CONSTRAINT login_transitions_session_fk REFERENCES login_sessions ON DELETE CASCADE,
        "from" text NOT NULL,
        "to" text NOT NULL,
        at timestamptz(3) NOT NULL,
        detail text
      );
      CREATE INDEX login_transitions_newest ON login_transitions (session_id, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE login_transitions, login_sessions');
  }
}
