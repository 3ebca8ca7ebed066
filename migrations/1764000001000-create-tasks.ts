import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateTasks1764000001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE agents (
        id uuid CONSTRAINT agents_pkey PRIMARY KEY,
        project_id uuid NOT NULL CONSTRAINT agents_project_fk REFERENCES projects ON DELETE CASCADE,
        name text NOT NULL,
        description text,
        kind text NOT NULL,
        status text NOT NULL,
        current_version_id uuid NOT NULL,
        last_seen_at timestamptz(3),
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        CONSTRAINT agents_name_unique UNIQUE (project_id, name)
      );
      CREATE TABLE agent_versions (
        id uuid CONSTRAINT agent_versions_pkey PRIMARY KEY,
        agent_id uuid NOT NULL CONSTRAINT agent_versions_agent_fk REFERENCES agents ON DELETE CASCADE,
        number int NOT NULL,
        provider text,
        model text,
        config json NOT NULL,
        note text,
        created_at timestamptz(3) NOT NULL,
        CONSTRAINT agent_versions_number_unique UNIQUE (agent_id, number)
      );
      CREATE TABLE tasks (
        id uuid CONSTRAINT tasks_pkey PRIMARY KEY,
        project_id uuid NOT NULL CONSTRAINT tasks_project_fk REFERENCES projects ON DELETE CASCADE,
        agent_id uuid NOT NULL CONSTRAINT tasks_agent_fk REFERENCES agents ON DELETE CASCADE,
        agent_version_id uuid NOT NULL CONSTRAINT tasks_agent_version_fk REFERENCES agent_versions,
        trace_id text,
        request_hash text,
        type text NOT NULL,
        name text NOT NULL,
        status text NOT NULL,
        priority int NOT NULL,
        progress double precision NOT NULL,
        progress_message text,
        attempt int NOT NULL,
        max_attempts int NOT NULL,
        timeout_ms int,
        input json,
        output json,
        error_code text,
        error_message text,
        error_class text,
        tags text[] NOT NULL,
        parent_id uuid,
        queued_at timestamptz(3) NOT NULL,
        started_at timestamptz(3),
        finished_at timestamptz(3),
        latency_ms double precision,
        step_count int NOT NULL,
        input_tokens bigint NOT NULL,
        output_tokens bigint NOT NULL,
        cost_usd numeric(30, 10),
        costed_steps int NOT NULL,
        reported_cost_steps int NOT NULL,
        intervention_count int NOT NULL,
        revision int NOT NULL,
        updated_at timestamptz(3) NOT NULL
      );
      CREATE INDEX tasks_newest ON tasks (project_id, queued_at, id);
      CREATE INDEX tasks_of_agent ON tasks (agent_id, queued_at, id);
      CREATE INDEX tasks_slowest ON tasks (project_id, latency_ms, id) WHERE latency_ms IS NOT NULL;
      CREATE INDEX tasks_costliest ON tasks (project_id, cost_usd, id) WHERE cost_usd IS NOT NULL;
      CREATE INDEX tasks_changed ON tasks (project_id, updated_at);
      CREATE INDEX tasks_trace ON tasks (project_id, trace_id) WHERE trace_id IS NOT NULL;
      CREATE TABLE task_steps (
        task_id uuid NOT NULL CONSTRAINT task_steps_task_fk REFERENCES tasks ON DELETE CASCADE,
        seq int NOT NULL,
        key text NOT NULL,
        parent_key text,
        type text NOT NULL,
        name text NOT NULL,
        status text NOT NULL,
        started_at timestamptz(3),
        ended_at timestamptz(3),
        latency_ms double precision,
        provider text,
        model text,
        input_tokens int,
        cached_input_tokens int,
        cache_write_tokens int,
        output_tokens int,
        reasoning_tokens int,
        cost_usd numeric(20, 10),
        cost_source text NOT NULL,
        input json,
        output json,
        error_code text,
        error_message text,
        error_class text,
        attributes json,
        revision int NOT NULL,
        CONSTRAINT task_steps_pkey PRIMARY KEY (task_id, seq),
        CONSTRAINT task_steps_key_unique UNIQUE (task_id, key)
      );
      CREATE INDEX task_steps_revision ON task_steps (task_id, revision);
      CREATE TABLE interventions (
        task_id uuid NOT NULL CONSTRAINT interventions_task_fk REFERENCES tasks ON DELETE CASCADE,
        id uuid NOT NULL,
        project_id uuid NOT NULL,
        key text NOT NULL,
        kind text NOT NULL,
        reason text NOT NULL,
        question json,
        status text NOT NULL,
        answer json,
        requested_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3),
        resolved_at timestamptz(3),
        resolved_by_id uuid,
        CONSTRAINT interventions_pkey PRIMARY KEY (task_id, id),
        CONSTRAINT interventions_key_unique UNIQUE (task_id, key)
      );
      CREATE INDEX interventions_id ON interventions (id);
      CREATE INDEX interventions_newest ON interventions (project_id, requested_at, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE interventions, task_steps, tasks, agent_versions, agents');
  }
}
