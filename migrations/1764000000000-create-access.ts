import type { MigrationInterface, QueryRunner } from 'typeorm';

/** People, how they sign in, projects with their members and API keys, and the audit log. */
export class CreateAccess1764000000000 implements MigrationInterface {
  readonly name = 'CreateAccess1764000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE users (
        id uuid NOT NULL,
        username text NOT NULL,
        username_key text NOT NULL,
        email text NOT NULL,
        email_key text NOT NULL,
        password_hash text NOT NULL,
        session_generation integer NOT NULL DEFAULT 0,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        CONSTRAINT "PK_users" PRIMARY KEY (id),
        CONSTRAINT "UQ_users_username_key" UNIQUE (username_key),
        CONSTRAINT "UQ_users_email_key" UNIQUE (email_key)
      )`);

    await queryRunner.query(`
      CREATE TABLE sessions (
        id uuid NOT NULL,
        user_id uuid NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        CONSTRAINT "PK_sessions" PRIMARY KEY (id),
        CONSTRAINT "FK_sessions_user" FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX "IDX_sessions_user" ON sessions (user_id)`);
    await queryRunner.query(`CREATE INDEX "IDX_sessions_expires_at" ON sessions (expires_at)`);

    await queryRunner.query(`
      CREATE TABLE sign_in_failures (
        key text NOT NULL,
        failures integer NOT NULL,
        last_at timestamptz(3) NOT NULL,
        blocked_until timestamptz(3),
        CONSTRAINT "PK_sign_in_failures" PRIMARY KEY (key)
      )`);
    await queryRunner.query(`CREATE INDEX "IDX_sign_in_failures_last_at" ON sign_in_failures (last_at)`);

    await queryRunner.query(`
      CREATE TABLE projects (
        id uuid NOT NULL,
        name text NOT NULL,
        slug text NOT NULL,
        retention_days integer,
        created_at timestamptz(3) NOT NULL,
        CONSTRAINT "PK_projects" PRIMARY KEY (id),
        CONSTRAINT "UQ_projects_slug" UNIQUE (slug)
      )`);

    await queryRunner.query(`
      CREATE TABLE memberships (
        project_id uuid NOT NULL,
        user_id uuid NOT NULL,
        role text NOT NULL,
        created_at timestamptz(3) NOT NULL,
        CONSTRAINT "PK_memberships" PRIMARY KEY (project_id, user_id),
        CONSTRAINT "FK_memberships_project" FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE,
        CONSTRAINT "FK_memberships_user" FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX "IDX_memberships_user" ON memberships (user_id)`);

    await queryRunner.query(`
      CREATE TABLE api_keys (
        id uuid NOT NULL,
        project_id uuid NOT NULL,
        name text NOT NULL,
        prefix text NOT NULL,
        secret_hash text NOT NULL,
        scopes text[] NOT NULL,
        created_at timestamptz(3) NOT NULL,
        last_used_at timestamptz(3),
        expires_at timestamptz(3),
        revoked_at timestamptz(3),
        CONSTRAINT "PK_api_keys" PRIMARY KEY (id),
        CONSTRAINT "UQ_api_keys_prefix" UNIQUE (prefix),
        CONSTRAINT "FK_api_keys_project" FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX "IDX_api_keys_project" ON api_keys (project_id)`);

    await queryRunner.query(`
      CREATE TABLE audit_log (
        id uuid NOT NULL,
        project_id uuid,
        at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        actor_kind text NOT NULL,
        actor_id uuid,
        actor text NOT NULL,
        action text NOT NULL,
        subject_type text NOT NULL,
        subject_id text NOT NULL,
        before json,
        after json,
        request_id text,
        ip text,
        CONSTRAINT "PK_audit_log" PRIMARY KEY (id)
      )`);
    await queryRunner.query(`CREATE INDEX "IDX_audit_log_project" ON audit_log (project_id, at, id)`);
    await queryRunner.query(`CREATE INDEX "IDX_audit_log_at" ON audit_log (at, id)`);

    await queryRunner.query(`
      CREATE TABLE audit_seals (
        project_id uuid NOT NULL,
        position bigint NOT NULL,
        entry_id uuid NOT NULL,
        entry_at timestamptz(3) NOT NULL,
        hash text NOT NULL,
        CONSTRAINT "PK_audit_seals" PRIMARY KEY (project_id, position),
        CONSTRAINT "UQ_audit_seals_entry" UNIQUE (entry_id)
      )`);
    await queryRunner.query(`CREATE INDEX "IDX_audit_seals_entry_at" ON audit_seals (entry_at)`);

    await queryRunner.query(`
      CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% is append-only: its rows can be neither changed nor removed.', TG_TABLE_NAME;
      END $$`);
    for (const table of ['audit_log', 'audit_seals']) {
      await queryRunner.query(`
        CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE audit_seals`);
    await queryRunner.query(`DROP TABLE audit_log`);
    await queryRunner.query(`DROP FUNCTION refuse_audit_change`);
    for (const table of ['api_keys', 'memberships', 'projects', 'sign_in_failures', 'sessions', 'users']) {
      await queryRunner.query(`DROP TABLE ${table}`);
    }
  }
}
