import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from 'graphql-ws';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeAgent, makeTask, openSocket, register, type Person } from './support/client.js';
import {
  eventually,
  finishTask,
  Follower,
  followSteps,
  tellSteps,
  type StepBatches,
  type StepState,
} from './support/follower.js';
import { BinnacleProcess, jwtSecret, killRunning } from './support/processes.js';
import { hasRedisServer, RedisServer } from './support/redis.js';
import { createTestDatabase, type TestDatabase } from './support/test-server.js';

let redis: RedisServer;
let database: TestDatabase;
let processes: BinnacleProcess[];
let urls: [string, string];
let owner: Person;
let agentId: string;

/** A subscriber whose connection breaks again and again, and who comes back with the last revision it saw. */
class Survivor {
  readonly seen: StepState[] = [];
  breaks = 0;
  #revision = 0;
  #client: Client | undefined;

  constructor(
    private readonly url: string,
    private readonly taskId: string,
  ) {}

  /** Follows to the end of the task, through so many breaks. */
  async follow(breaks: number): Promise<void> {
    for (;;) {
      const client = (this.#client = openSocket(this.url, owner.token));
      const variables = { taskId: this.taskId, after: this.#revision };
      const follower = Follower.of<StepBatches>(client, followSteps, variables);
      const ending = new AbortController();
      // Broken once it is connected: a socket that is terminated while it opens is an unhandled error of the client's library.
      client.on('connected', () => {
        if (this.breaks >= breaks) return;
        void sleep(150 + Math.random() * 1_200, undefined, { signal: ending.signal })
          .then(() => client.terminate())
          .catch(() => undefined);
      });
      const end = await follower.ended();
      ending.abort();
      for (const { taskSteps } of follower.events) {
        this.seen.push(...taskSteps.steps);
        this.#revision = taskSteps.revision;
      }
      await this.#client.dispose();
      if (end === 'complete') return;
      this.breaks++;
    }
  }
}

(hasRedisServer ? describe : describe.skip)('two servers and a Redis that dies (needs redis-server)', () => {
  beforeAll(async () => {
    [redis, database] = await Promise.all([RedisServer.start(), createTestDatabase()]);
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      JWT_SECRET: jwtSecret,
      LIVE_SWEEP_MS: '500',
      LOG_LEVEL: 'error',
    };
    processes = await Promise.all([1, 2].map(() => BinnacleProcess.ready('api', { env })));
    urls = processes.map(({ url }) => url) as [string, string];
    owner = await register(urls[0]);
    agentId = await makeAgent(urls[0], owner);
  });

  afterAll(async () => {
    await killRunning();
    await database?.drop();
    await redis?.stop();
  });

  test('none is lost, none comes twice, all in order, from any break', async () => {
    const taskIds = await Promise.all([1, 2, 3].map(() => makeTask(urls[0], owner.token, agentId)));
    const survivors = taskIds.flatMap((taskId) =>
      urls.flatMap((url) => [1, 2, 3].map(() => new Survivor(url, taskId))),
    );
    const following = survivors.map((survivor, i) => survivor.follow(i % 3 === 0 ? 0 : 6));

    // Four writers over both servers: new steps, steps that are closed later, and steps told twice.
    let told = 0;
    let isOver = false;
    const writing = Promise.all(
      [0, 1, 2, 3].map(async (writer) => {
        for (let i = 0; !isOver; i++) {
          const taskId = taskIds[Math.floor(Math.random() * taskIds.length)] ?? '';
          const url = urls[(writer + i) % 2] ?? '';
          const key = `${writer}/${Math.floor(i / 2)}/${taskId}`;
          await tellSteps(url, owner.token, taskId, [
            `${key}…`,
            `${writer}/${i}:once`,
            i % 2 ? key : `${key}:b`,
          ]);
          told++;
          await sleep(Math.random() * 30);
        }
      }),
    );
    /** Three seconds, and longer where the machine is so busy that little happens in them. */
    const aWhile = async () => {
      const before = told;
      await sleep(3_000);
      await eventually('enough has been told', () => told >= before + 90);
    };
    await aWhile();
    await redis.kill();
    await aWhile();
    await redis.restart();
    await aWhile();
    isOver = true;
    await writing;
    for (const taskId of taskIds) await finishTask(urls[1], owner.token, taskId);
    await Promise.all(following);

    for (const [i, survivor] of survivors.entries()) {
      const taskId = taskIds[Math.floor(i / 6)];
      const stored = await database.query<{ seq: number; revision: number }>(
        'SELECT seq, revision FROM task_steps WHERE task_id = $1',
        [taskId],
      );
      expect(stored.length).toBeGreaterThan(100);
      const revisions = survivor.seen.map(({ revision }) => revision);
      expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
      const states = survivor.seen.map(({ seq, revision }) => `${seq}@${revision}`);
      expect(new Set(states).size).toBe(states.length);
      const last = new Map(survivor.seen.map(({ seq, revision }) => [seq, revision]));
      expect(last).toEqual(new Map(stored.map(({ seq, revision }) => [seq, revision])));
    }
    expect(survivors.reduce((sum, { breaks }) => sum + breaks, 0)).toBeGreaterThan(20);
  });

  test.each(['gone', 'frozen'])('with Redis %s, live is slower and whole', async (how) => {
    if (how === 'gone') await redis.kill();
    else redis.freeze();
    try {
      const taskId = await makeTask(urls[0], owner.token, agentId);
      await tellSteps(urls[0], owner.token, taskId, ['stored']);
      const client = openSocket(urls[1], owner.token);
      const follower = Follower.of<StepBatches>(client, followSteps, { taskId });
      const changes = Follower.of<{ tasksChanged: { id: string; stepCount: number } }>(
        client,
        'subscription($projectId: ID!) { tasksChanged(projectId: $projectId) { id stepCount } }',
        { projectId: owner.projectId },
      );
      await follower.has(1);
      await tellSteps(urls[0], owner.token, taskId, ['new']);
      await follower.has(2);
      await changes.has((events) =>
        events.some(({ tasksChanged: { id, stepCount } }) => id === taskId && stepCount === 2),
      );
      await finishTask(urls[0], owner.token, taskId);
      expect(await follower.ended()).toBe('complete');
      const seqs = follower.events.flatMap(({ taskSteps }) => taskSteps.steps.map(({ seq }) => seq));
      expect(seqs).toEqual([1, 2]);
      await eventually('readiness tells', async () => (await fetch(`${urls[0]}/readyz`)).status === 503);
      await client.dispose();
    } finally {
      if (how === 'gone') await redis.restart();
      else redis.thaw();
    }
    await eventually('both are ready again', async () => {
      const answers = await Promise.all(urls.map((url) => fetch(`${url}/readyz`)));
      return answers.every(({ status }) => status === 200);
    });
  });

  test('servers stop in good order while Redis answers nothing and sockets are open', async () => {
    const taskId = await makeTask(urls[0], owner.token, agentId);
    const client = openSocket(urls[0], owner.token);
    const followed = Follower.of<StepBatches>(client, followSteps, { taskId });
    await tellSteps(urls[0], owner.token, taskId, ['a']);
    await followed.has(1);
    redis.freeze();
    const late = Follower.of<StepBatches>(openSocket(urls[1], owner.token), followSteps, { taskId });
    await late.has(1);
    const codes = await Promise.all(processes.map((server) => server.stop()));
    expect(codes).toEqual([0, 0]);
    expect(await followed.ended()).toMatchObject({ code: 1001 });
    expect(await late.ended()).toMatchObject({ code: 1001 });
    expect(processes.map(({ stderr }) => stderr)).toEqual(['', '']);
  });
});
