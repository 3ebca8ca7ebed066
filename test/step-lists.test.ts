import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ask, get, makeAgent, makeTask, register, type Person } from './support/client.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let person: Person;
let agentId: string;
beforeAll(async () => {
  server = await startTestServer();
  person = await register(server.url);
  agentId = await makeAgent(server.url, person);
});
afterAll(() => server.stop());

interface PageInfo {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
}
interface Page<Node> {
  nodes: Node[];
  pageInfo: PageInfo;
  totalCount: number;
}
const pageInfo = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const run = <Data>(query: string, variables: Record<string, unknown>, token = person.token) =>
  get<Data>(server.url, token, query, variables);

describe('the steps of a task', () => {
  interface Step {
    seq: number;
    key: string;
  }
  let taskId: string;
  const stepsQuery = `query ($id: ID!, $filter: StepFilter, $first: Int, $after: String, $last: Int, $before: String, $fromSeq: Int) {
    task(id: $id) { steps(filter: $filter, first: $first, after: $after, last: $last, before: $before, fromSeq: $fromSeq) {
      nodes { seq key } totalCount ${pageInfo} } } }`;
  const page = async (more: Record<string, unknown>) =>
    (await run<{ task: { steps: Page<Step> } }>(stepsQuery, { id: taskId, ...more })).task.steps;
  const types = ['LLM', 'TOOL', 'MESSAGE'];

  beforeAll(async () => {
    taskId = await makeTask(server.url, person.token, agentId);
    const steps = Array.from({ length: 40 }, (_, i) => ({
      key: `k${i + 1}`,
      parentKey: i % 4 === 0 ? 'root' : null,
      type: types[i % 3],
      name: i % 5 === 0 ? `lookup ÄNDERUNG ${i}` : `call ${i}`,
      status: i % 7 === 0 ? 'FAILED' : i % 7 === 1 ? 'RUNNING' : 'SUCCEEDED',
      model: i % 2 ? 'gpt-4o' : 'claude',
      latencyMs: i % 6 ? i * 10 : null,
      costUsd: i % 6 ? i / 100 : null,
      startedAt: i % 8 ? `2026-03-01T12:00:${String(i).padStart(2, '0')}.000Z` : null,
      input: i === 11 ? { question: 'Where is the NEEDLE, 100%?' } : null,
      output: i === 12 ? ['a needle here'] : null,
      attributes: i === 13 ? { 'a.needle': 1 } : null,
      error: i === 14 ? { message: 'No Needle found' } : null,
    }));
    await run('mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }', {
      input: { taskId, steps },
    });
  });

  test.each([1, 7, 39, 40, 41])('are walked both ways in pages of %d', async (size) => {
    const expected = Array.from({ length: 40 }, (_, i) => i + 1);
    const forwards: number[] = [];
    for (let after: string | null = null; ;) {
      const { nodes, pageInfo: info }: Page<Step> = await page({ first: size, after });
      forwards.push(...nodes.map(({ seq }) => seq));
      expect(info.hasPreviousPage).toBe(after !== null);
      if (!info.hasNextPage) break;
      after = info.endCursor;
    }
    expect(forwards).toEqual(expected);
    const backwards: number[] = [];
    for (let before: string | null = null; ;) {
      const { nodes, pageInfo: info }: Page<Step> = await page({ last: size, before });
      backwards.unshift(...nodes.map(({ seq }) => seq));
      if (!info.hasPreviousPage) break;
      before = info.startCursor;
    }
    expect(backwards).toEqual(expected);
  });

  test('are narrowed by each part of the filter, within pages as well', async () => {
    const numbers = Array.from({ length: 40 }, (_, i) => i);
    const cases: [Record<string, unknown>, (i: number) => boolean][] = [
      [{ types: ['LLM'] }, (i) => i % 3 === 0],
      [{ types: [] }, () => false],
      [{ statuses: ['FAILED', 'RUNNING'] }, (i) => i % 7 < 2],
      [{ models: ['gpt-4o'] }, (i) => i % 2 === 1],
      [{ minLatencyMs: 200 }, (i) => i % 6 !== 0 && i >= 20],
      [{ minCostUsd: 0.29 }, (i) => i % 6 !== 0 && i >= 29],
      [{ parentKey: 'root' }, (i) => i % 4 === 0],
      [{ keys: ['k7', 'k3', 'no such'] }, (i) => i === 2 || i === 6],
      [{ keys: ['k7', 'k3'], types: ['TOOL'] }, () => false],
      [{ keys: [] }, () => false],
      [{ seqs: [40, 2, 2, 41] }, (i) => i === 1 || i === 39],
      [{ seqs: [1, 2, 3], search: 'lookup' }, (i) => i === 0],
      [{ seqs: [] }, () => false],
      [{ startedAfter: '2026-03-01T12:00:30Z' }, (i) => i % 8 !== 0 && i >= 30],
      [{ startedBefore: '2026-03-01T12:00:05Z' }, (i) => i % 8 !== 0 && i < 5],
      [{ search: 'änderung' }, (i) => i % 5 === 0],
      [{ search: 'needle' }, (i) => i >= 11 && i <= 14],
      [{ search: '100%' }, (i) => i === 11],
      [
        { types: ['TOOL'], models: ['claude'], search: 'CALL' },
        (i) => i % 3 === 1 && i % 2 === 0 && i % 5 !== 0,
      ],
    ];
    for (const [filter, holds] of cases) {
      const expected = numbers.filter(holds).map((i) => i + 1);
      const { nodes, totalCount } = await page({ filter, first: 500 });
      expect([filter, nodes.map(({ seq }) => seq)]).toEqual([filter, expected]);
      expect(totalCount).toBe(expected.length);
      const [first, ...rest] = expected;
      const begin = await page({ filter, first: 1 });
      expect(begin.nodes.map(({ seq }) => seq)).toEqual(first === undefined ? [] : [first]);
      const next = await page({ filter, first: 500, after: begin.pageInfo.endCursor });
      expect(next.nodes.map(({ seq }) => seq)).toEqual(rest);
    }
  });

  test('start at a number', async () => {
    const seqs = async (more: Record<string, unknown>) => (await page(more)).nodes.map(({ seq }) => seq);
    expect(await seqs({ fromSeq: 1, first: 3 })).toEqual([1, 2, 3]);
    expect(await seqs({ fromSeq: 17, first: 3 })).toEqual([17, 18, 19]);
    expect(await seqs({ fromSeq: 39 })).toEqual([39, 40]);
    expect(await seqs({ fromSeq: 2_147_483_647 })).toEqual([]);
    expect(await seqs({ fromSeq: 9, first: 1, filter: { statuses: ['FAILED'] } })).toEqual([15]);
    expect((await page({ fromSeq: 1 })).pageInfo.hasPreviousPage).toBe(false);
    expect((await page({ fromSeq: 2 })).pageInfo.hasPreviousPage).toBe(true);
  });

  test('know their slowest and their costliest', async () => {
    const extremes = async (id: string) =>
      (
        await run<{ task: object }>(
          'query ($id: ID!) { task(id: $id) { slowestStep { seq } costliestStep { seq } } }',
          { id },
        )
      ).task;
    expect(await extremes(taskId)).toEqual({ slowestStep: { seq: 40 }, costliestStep: { seq: 40 } });
    const empty = await makeTask(server.url, person.token, agentId);
    expect(await extremes(empty)).toEqual({ slowestStep: null, costliestStep: null });
  });

  test('refuse pages and cursors that are none', async () => {
    for (const [more, path] of [
      [{ first: 0 }, 'first'],
      [{ last: 501 }, 'last'],
      [{ after: 'x' }, 'after'],
      [{ before: Buffer.from('["-1"]').toString('base64url') }, 'before'],
      [{ after: Buffer.from('["99999999999"]').toString('base64url') }, 'after'],
      [{ after: Buffer.from('["1.5"]').toString('base64url') }, 'after'],
      [{ fromSeq: 0 }, 'fromSeq'],
      [{ fromSeq: -1, first: 10 }, 'fromSeq'],
      [{ fromSeq: 2, last: 10 }, 'fromSeq'],
      [{ fromSeq: 2, after: Buffer.from('["1"]').toString('base64url') }, 'fromSeq'],
      [{ fromSeq: 2, before: Buffer.from('["9"]').toString('base64url') }, 'fromSeq'],
    ] as const) {
      const { errors } = await ask(server.url, person.token, stepsQuery, { id: taskId, ...more });
      expect([more, errors?.[0]]).toMatchObject([
        more,
        { extensions: { code: 'BAD_USER_INPUT', fields: [{ path }] } },
      ]);
    }
  });

  test('are asked for by number, at most 100 of them', async () => {
    const seqs = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
    expect((await page({ filter: { seqs: seqs(100) }, first: 100 })).nodes).toHaveLength(40);
    for (const wrong of [seqs(101), [0], [1, -1]]) {
      const { errors } = await ask(server.url, person.token, stepsQuery, {
        id: taskId,
        filter: { seqs: wrong },
      });
      expect(errors?.[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'filter.seqs' }],
      });
    }
  });

  test('are found by number', async () => {
    const query = 'query ($id: ID!, $seq: Int!) { task(id: $id) { step(seq: $seq) { seq key input } } }';
    expect(await run(query, { id: taskId, seq: 12 })).toEqual({
      task: { step: { seq: 12, key: 'k12', input: { question: 'Where is the NEEDLE, 100%?' } } },
    });
    for (const seq of [0, -1, 41, 2_147_483_647]) {
      expect(await run(query, { id: taskId, seq })).toEqual({ task: { step: null } });
    }
  });

  test('tell their parents, whatever was told first', async () => {
    const id = await makeTask(server.url, person.token, agentId);
    const tell = async (...steps: [key: string, parentKey?: string][]) =>
      run('mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }', {
        input: {
          taskId: id,
          steps: steps.map(([key, parentKey]) => ({ key, parentKey, type: 'TOOL', name: key })),
        },
      });
    const query = `query ($id: ID!, $fromSeq: Int, $first: Int) { task(id: $id) { revision
      stepParents(fromSeq: $fromSeq, first: $first) { fromSeq parents awaitedKeys revision } } }`;
    interface Told {
      revision: number;
      stepParents: { fromSeq: number; parents: number[]; awaitedKeys: string[]; revision: number };
    }
    const parents = async (more: object = {}) => {
      const { task } = await run<{ task: Told }>(query, { id, ...more });
      expect(task.stepParents.revision).toBe(task.revision);
      const { fromSeq, parents, awaitedKeys } = task.stepParents;
      return [fromSeq, parents, awaitedKeys];
    };
    expect(await parents()).toEqual([1, [], []]);
    await tell(['a'], ['b', 'a'], ['c', 'late'], ['d', 'never'], ['e', 'late'], ['f', 'f'], ['g', 'b']);
    expect(await parents()).toEqual([1, [0, 1, -1, -2, -1, 6, 2], ['late', 'never']]);
    expect(await parents({ fromSeq: 4, first: 2 })).toEqual([4, [-1, -2], ['never', 'late']]);
    await tell(['late', 'g']);
    expect(await parents({ fromSeq: 3 })).toEqual([3, [8, -1, 8, 6, 2, 7], ['never']]);
    expect(await parents({ fromSeq: 2_147_483_647, first: 50_000 })).toEqual([2_147_483_647, [], []]);
    for (const [more, path] of [
      [{ fromSeq: 0 }, 'fromSeq'],
      [{ first: 0 }, 'first'],
      [{ first: 50_001 }, 'first'],
    ] as const) {
      const { errors } = await ask(server.url, person.token, query, {
        id,
        ...more,
      });
      expect([more, errors?.[0]]).toMatchObject([
        more,
        { extensions: { code: 'BAD_USER_INPUT', fields: [{ path }] } },
      ]);
    }
    const stranger = await register(server.url);
    const hidden = await ask(server.url, stranger.token, query, { id });
    expect(hidden.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  });

  test('are found throughout the project by what they hold, newest task first', async () => {
    const older = await makeTask(server.url, person.token, agentId, {
      startedAt: '2026-03-01T12:00:00.000Z',
    });
    const twin = await makeTask(server.url, person.token, agentId, { startedAt: '2026-03-01T12:00:00.000Z' });
    for (const id of [older, twin]) {
      const steps = [1, 2, 3].map((i) => ({
        key: `s${i}`,
        type: 'TOOL',
        name: `haystack ${'x'.repeat(200)} Needle ${i} ${'y'.repeat(200)}`,
      }));
      await run('mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }', {
        input: { taskId: id, steps },
      });
    }
    const query = `query ($projectId: ID!, $text: String!, $filter: StepFilter, $first: Int, $after: String) {
      searchSteps(projectId: $projectId, text: $text, filter: $filter, first: $first, after: $after) {
        nodes { snippet step { seq input } task { id name } } ${pageInfo} } }`;
    interface Hit {
      snippet: string;
      step: { seq: number };
      task: { id: string };
    }
    const search = async (more: Record<string, unknown>) =>
      (await run<{ searchSteps: Page<Hit> }>(query, { projectId: person.projectId, text: 'nEEdle', ...more }))
        .searchSteps;
    const places = (hits: Hit[]) => hits.map(({ task, step }) => `${task.id} ${step.seq}`);
    const [later, earlier] = [older, twin].sort().reverse() as [string, string];
    const expected = [
      ...[12, 13, 14, 15].map((seq) => `${taskId} ${seq}`),
      ...[1, 2, 3].map((seq) => `${later} ${seq}`),
      ...[1, 2, 3].map((seq) => `${earlier} ${seq}`),
    ];
    for (const first of [1, 3, 4, 10, 50]) {
      const walked: string[] = [];
      for (let after: string | null = null; ;) {
        const found: Page<Hit> = await search({ first, after });
        walked.push(...places(found.nodes));
        for (const { snippet } of found.nodes) {
          expect(snippet.toLowerCase()).toContain('needle');
          expect(snippet.length).toBeLessThan(200);
        }
        if (!found.pageInfo.hasNextPage) break;
        after = found.pageInfo.endCursor;
      }
      expect(walked).toEqual(expected);
    }
    expect(places((await search({ filter: { types: ['TOOL'] } })).nodes)).toEqual(
      expected.filter((place) => !place.startsWith(taskId) || place.endsWith(' 14')),
    );
    const stranger = await register(server.url);
    const hidden = await ask(server.url, stranger.token, query, {
      projectId: person.projectId,
      text: 'needle',
    });
    expect(hidden.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  });
});
