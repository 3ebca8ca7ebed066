import type { Redis } from 'ioredis';
import { once } from 'node:events';
import type { Database } from '../../platform/database.js';
import type { EgressWatch } from '../../platform/egress-watch.js';
import { Health } from './health.js';
import type { Finding, Probe } from './probe.js';

const slowMs = 500;

/** A component that answered, judged by how long that took. */
function answered(beganAt: number): Finding {
  const latencyMs = performance.now() - beganAt;
  return latencyMs <= slowMs
    ? { health: Health.HEALTHY, latencyMs }
    : { health: Health.DEGRADED, latencyMs, detail: `It takes ${Math.round(latencyMs)} ms to answer.` };
}

/** Through the pool as every request goes: a process whose connections are all taken sees a slow database. */
export function databaseProbe(database: Database): Probe {
  return {
    component: 'database',
    look: async () => {
      const beganAt = performance.now();
      await database.query('SELECT 1');
      return answered(beganAt);
    },
  };
}

export function redisProbe(redis: Redis): Probe {
  return {
    component: 'redis',
    look: async () => {
      const signal = AbortSignal.timeout(1_500);
      if (redis.status !== 'ready') await once(redis, 'ready', { signal }).catch(unreachable);
      const beganAt = performance.now();
      await redis.ping();
      return answered(beganAt);
    },
  };
}

function unreachable(): never {
  throw new Error('there is no connection. Live updates go on by asking the database, more slowly.');
}

const lateMs = 60_000;
const stuckMs = 600_000;

const waitingJobs = {
  name: 'waiting-jobs',
  text: `SELECT count(*)::int AS "waiting", (extract(epoch FROM now() - min(run_at)) * 1000)::float8 AS "oldestMs"
         FROM graphile_worker.jobs WHERE locked_at IS NULL AND attempts < max_attempts AND run_at <= now()`,
};

/** Jobs that are due and that no worker has taken. */
export function jobsProbe(database: Database): Probe {
  return {
    component: 'jobs',
    look: async () => {
      const [row] = await database.query<{ waiting: number; oldestMs: number | null }>(waitingJobs);
      const { waiting = 0, oldestMs = null } = row ?? {};
      if (oldestMs === null) return { health: Health.HEALTHY, detail: 'No job waits.' };
      const detail = `${waiting} ${waiting === 1 ? 'job waits' : 'jobs wait'}, the oldest for ${Math.round(oldestMs / 1000)} s.`;
      if (oldestMs > stuckMs) return { health: Health.UNHEALTHY, detail };
      return { health: oldestMs > lateMs ? Health.DEGRADED : Health.HEALTHY, detail };
    },
  };
}

/** What takes steps in, as far as its health goes. */
export interface Intake {
  /** For how long the oldest call that is under way has been so, milliseconds; 0 where none is. */
  readonly longestMs: number;
}

/** @param stallMs how long taking in one call may last before it counts as stalled */
export function ingestionProbe(intake: Intake, stallMs: number): Probe {
  return {
    component: 'ingestion',
    role: 'api',
    look: () => {
      const { longestMs } = intake;
      const detail = `A call that reports steps has waited for ${Math.round(longestMs)} ms.`;
      return Promise.resolve(
        longestMs > stallMs ? { health: Health.UNHEALTHY, detail } : { health: Health.HEALTHY },
      );
    },
  };
}

/** So many hosts that cannot be reached, and none that can, are no fault of theirs. */
const manyHosts = 3;

/** Whether sites can be reached: told by the connections that tasks, previews and logins open, for no others are opened to find out. */
export function egressProbe(watch: EgressWatch): Probe {
  return {
    component: 'egress',
    look: () => {
      const { opened, failed, failedHosts, lastAt } = watch.lately();
      if (lastAt === null) return Promise.resolve(null);
      const detail = `In the last minute ${opened} connections were opened, ${failed} failed.`;
      const isAway = opened === 0 && failedHosts >= manyHosts;
      const isSeen = opened > 0;
      const health = isAway ? Health.UNHEALTHY : isSeen ? Health.HEALTHY : Health.UNKNOWN;
      return Promise.resolve({ health, detail, seenAt: lastAt });
    },
  };
}
