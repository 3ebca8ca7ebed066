import { v5 as derivedUuid } from 'uuid';
import type { KnownWorker, QueueWatch } from '../tasks/index.js';
import type { AgedReport } from './process-report.repository.js';

/** A worker as systemStatus lists it. */
export interface ListedWorker {
  id: string;
  name: string;
  hostname: string;
  version: string;
  startedAt: Date;
  lastSeenAt: Date;
  runningTasks: number;
  capacity: number;
}

/** A worker that came with its claims. */
export function listedWorker({ projectId, ...worker }: KnownWorker): ListedWorker {
  return {
    ...worker,
    id: derivedUuid(worker.name, projectId),
    capacity: Math.max(worker.capacity, worker.runningTasks),
  };
}

/** The workers within Binnacle's own processes. */
export async function builtInWorkers(
  reports: readonly AgedReport[],
  queue: QueueWatch,
): Promise<ListedWorker[]> {
  const own = reports.filter(({ roles }) => roles.includes('worker'));
  if (own.length === 0) return [];
  const running = await queue.runningOf(own.map(({ id }) => id));
  const now = Date.now();
  return own.map(({ id, hostname, pid, version, startedAt, capacity, ageMs }) => ({
    id,
    name: `Binnacle, process ${pid}`,
    hostname,
    version,
    startedAt,
    lastSeenAt: new Date(now - ageMs),
    runningTasks: running.get(id) ?? 0,
    capacity,
  }));
}
