import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { get, register, type Person } from './support/client.js';
import { airline, hasAirline, makeImporter } from './support/tau-bench.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'binnacle-import-'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A person of its own, and the command for that person's project. */
async function importer() {
  const person = await register(server.url, 'importer');
  return { person, run: await makeImporter(server.url, person) };
}

interface Counted {
  all: { totalCount: number };
  succeeded: { totalCount: number };
  human: { totalCount: number };
  timed: { totalCount: number };
  costed: { totalCount: number };
}

const counts = (person: Person) =>
  get<Counted>(
    server.url,
    person.token,
    `query($p: ID!) {
      all: tasks(projectId: $p) { totalCount }
      succeeded: tasks(projectId: $p, filter: { statuses: [SUCCEEDED] }) { totalCount }
      human: tasks(projectId: $p, filter: { hasIntervention: true }) { totalCount }
      timed: tasks(projectId: $p, filter: { minLatencyMs: 0 }) { totalCount }
      costed: tasks(projectId: $p, filter: { minCostUsd: 0 }) { totalCount }
    }`,
    { p: person.projectId },
  );

const stepCounts = (projectId: string) =>
  server.database.query<{ type: string; status: string; count: string }>(
    `SELECT s.type, s.status, count(*) FROM task_steps s JOIN tasks t ON t.id = s.task_id
     WHERE t.project_id = $1 GROUP BY 1, 2 ORDER BY 1, 2`,
    [projectId],
  );

const message = (role: string, content: string) => ({ role, content });
const good = (taskId: number, reward: number) => ({
  task_id: taskId,
  trial: 0,
  reward,
  info: { task: { instruction: 'You want to fly to Paris.' } },
  traj: [
    message('system', 'You are an airline agent.'),
    message('user', 'Hello'),
    message('assistant', 'Hi'),
  ],
});

test('good runs are imported, bad ones are named by line and field, and the exit code says so', async () => {
  const { person, run } = await importer();
  const file = join(folder, 'runs.json');
  const bad = { ...good(2, 1), traj: [message('system', 'x'), message('robot', 'y')] };
  await writeFile(file, JSON.stringify([good(1, 1), bad, good(3, 0)], null, 1));
  const { code, said } = await run(['tau-bench', file]);
  expect(code).toBe(1);
  expect(said).toMatch(/line \d+, record 2: traj\[1\]\.role/);
  expect(await counts(person)).toMatchObject({ all: { totalCount: 2 }, succeeded: { totalCount: 1 } });
});

(hasAirline ? describe : describe.skip)('the runs of gpt-4o in the airline domain of τ-bench', () => {
  const figures = {
    all: { totalCount: 200 },
    succeeded: { totalCount: 84 },
    human: { totalCount: 48 },
    timed: { totalCount: 0 },
    costed: { totalCount: 0 },
  };
  const steps = [
    { type: 'HUMAN', status: 'SKIPPED', count: 48 },
    { type: 'LLM', status: 'SUCCEEDED', count: 2454 },
    { type: 'MESSAGE', status: 'SUCCEEDED', count: 1490 },
    { type: 'TOOL', status: 'FAILED', count: 73 },
    { type: 'TOOL', status: 'SUCCEEDED', count: 1091 },
  ];

  test('stopped halfway and run again, twice: the published figures, nothing doubled', async () => {
    const { person, run } = await importer();
    const stop = new AbortController();
    const halfway = setInterval(() => {
      void counts(person).then(({ all }) => all.totalCount > 60 && stop.abort());
    }, 50);
    const stopped = await run(['tau-bench', airline], stop.signal);
    clearInterval(halfway);
    expect(stopped.code).toBe(130);
    const { all } = await counts(person);
    expect(all.totalCount).toBeLessThan(200);

    expect((await run(['tau-bench', airline])).code).toBe(0);
    expect(await counts(person)).toEqual(figures);
    expect(await stepCounts(person.projectId)).toEqual(steps);

    const again = await run(['tau-bench', airline]);
    expect(again.said).toContain('200 of them imported before');
    expect(await counts(person)).toEqual(figures);
    expect(await stepCounts(person.projectId)).toEqual(steps);
  });

  test('imported to four days, each day has the published rates', async () => {
    const { person, run } = await importer();
    expect((await run(['tau-bench', airline, '--trial-days', '2026-03-01'])).code).toBe(0);
    const { recomputeMetrics, metricsSummary } = await get<{
      recomputeMetrics: {
        day: string;
        tasks: number;
        successRate: number;
        costUsd: null;
        latencyP50Ms: null;
      }[];
      metricsSummary: { tasks: number; successRate: number; interventionRate: number; unpricedTasks: number };
    }>(
      server.url,
      person.token,
      `mutation ($p: ID!) { recomputeMetrics(projectId: $p, from: "2026-03-01", to: "2026-03-04") {
        day tasks successRate costUsd latencyP50Ms } }`,
      { p: person.projectId },
    ).then(async (days) => ({
      ...days,
      ...(await get(
        server.url,
        person.token,
        `query ($p: ID!) { metricsSummary(projectId: $p, from: "2026-03-01", to: "2026-03-04") {
          tasks successRate interventionRate unpricedTasks } }`,
        { p: person.projectId },
      )),
    }));
    const unknown = { tasks: 50, costUsd: null, latencyP50Ms: null };
    expect(recomputeMetrics).toEqual([
      { day: '2026-03-01', successRate: 0.42, ...unknown },
      { day: '2026-03-02', successRate: 0.44, ...unknown },
      { day: '2026-03-03', successRate: 0.4, ...unknown },
      { day: '2026-03-04', successRate: 0.42, ...unknown },
    ]);
    expect(metricsSummary).toEqual({
      tasks: 200,
      successRate: 0.42,
      interventionRate: 0.24,
      unpricedTasks: 200,
    });
  });

  test('a run opens as it was: its messages in order, the takeover in its place', async () => {
    const { person, run } = await importer();
    const [first] = JSON.parse(await readFile(airline, 'utf8')) as {
      traj: { role: string; content: string | null }[];
    }[];
    const file = join(folder, 'gpt-4o-airline.json');
    await writeFile(file, JSON.stringify([first]));
    expect((await run(['tau-bench', file])).code).toBe(0);
    const { tasks } = await get<{
      tasks: {
        nodes: {
          agentVersion: { model: string };
          steps: { nodes: { type: string; output: unknown; latencyMs: null }[] };
        }[];
      };
    }>(
      server.url,
      person.token,
      `query($p: ID!) { tasks(projectId: $p, first: 1) { nodes {
        agentVersion { model } steps(first: 500) { nodes { type output latencyMs } } } } }`,
      { p: person.projectId },
    );
    const [task] = tasks.nodes;
    expect(task?.agentVersion.model).toBe('gpt-4o');
    const types = { user: 'MESSAGE', assistant: 'LLM', tool: 'TOOL' } as const;
    const told = (first?.traj ?? []).flatMap(({ role }) =>
      role in types ? types[role as keyof typeof types] : [],
    );
    expect(task?.steps.nodes.map(({ type }) => type).filter((type) => type !== 'HUMAN')).toEqual(told);
    expect(task?.steps.nodes.filter(({ latencyMs }) => latencyMs !== null)).toEqual([]);
  });
});
