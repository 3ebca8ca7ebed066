import type { Database } from '../../platform/database.js';
import type { ProcessReport } from './process-report.entity.js';

/** A report, and how old it is. */
export interface AgedReport extends Omit<ProcessReport, 'seenAt'> {
  ageMs: number;
}

/** Processes that never said goodbye are kept that long, and so many of them at most are read. */
const keptSeconds = 3_600;
const mostRead = 500;

/** Each report also clears away those of processes that are long gone. */
const write = {
  name: 'write-process-report',
  text: `WITH gone AS (DELETE FROM process_reports WHERE seen_at < now() - make_interval(secs => ${keptSeconds}))
    INSERT INTO process_reports (id, hostname, pid, version, roles, started_at, seen_at, capacity, cpu_load,
      memory_rss_bytes, event_loop_delay_p99_ms, components, browsers)
    VALUES ($1, $2, $3, $4, $5, now() - make_interval(secs => $6), now(), $7, $8, $9, $10, $11, $12)
    ON CONFLICT (id) DO UPDATE SET seen_at = EXCLUDED.seen_at, cpu_load = EXCLUDED.cpu_load,
      memory_rss_bytes = EXCLUDED.memory_rss_bytes, event_loop_delay_p99_ms = EXCLUDED.event_loop_delay_p99_ms,
      components = EXCLUDED.components, browsers = EXCLUDED.browsers`,
};

const read = {
  name: 'read-process-reports',
  text: `SELECT id, hostname, pid, version, roles, started_at AS "startedAt", capacity, cpu_load AS "cpuLoad",
      memory_rss_bytes AS "memoryRssBytes", event_loop_delay_p99_ms AS "eventLoopDelayP99Ms", components, browsers,
      GREATEST(0, extract(epoch FROM clock_timestamp() - seen_at) * 1000)::float8 AS "ageMs"
    FROM process_reports ORDER BY seen_at DESC LIMIT ${mostRead}`,
};

export class ProcessReportRepository {
  constructor(private readonly database: Database) {}

  /** As seen now, by the database's clock. */
  async write(report: AgedReport): Promise<void> {
    await this.database.query(write, [
      report.id,
      report.hostname,
      report.pid,
      report.version,
      report.roles,
      (Date.now() - report.startedAt.getTime()) / 1000,
      report.capacity,
      report.cpuLoad,
      report.memoryRssBytes,
      report.eventLoopDelayP99Ms,
      JSON.stringify(report.components),
      JSON.stringify(report.browsers),
    ]);
  }

  /** The last report of each process, the newest first. */
  read(): Promise<AgedReport[]> {
    return this.database.query<AgedReport>(read);
  }

  async remove(id: string): Promise<void> {
    await this.database.query('DELETE FROM process_reports WHERE id = $1', [id]);
  }
}
