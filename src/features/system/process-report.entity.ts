import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { BrowsersReport } from './browser-status.js';
import type { Look, ProcessRole } from './probe.js';

/** What a process of Binnacle last said of itself and of the components it looks at. A row goes with its process. */
@Entity('process_reports')
export class ProcessReport {
  /** Made anew at each start. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'process_reports_pkey' })
  id: string;

  @Column({ type: 'text' })
  hostname: string;

  @Column({ type: 'int' })
  pid: number;

  @Column({ type: 'text' })
  version: string;

  @Column({ type: 'text', array: true })
  roles: ProcessRole[];

  /** This and the next by the database's clock, so that those of all machines can be compared. */
  @Column({ type: 'timestamptz', precision: 3 })
  startedAt: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  seenAt: Date;

  @Column({ type: 'double precision' })
  cpuLoad: number;

  @Column({ type: 'bigint' })
  memoryRssBytes: number;

  @Column({ type: 'double precision', nullable: true })
  eventLoopDelayP99Ms: number | null;

  /** How many tasks of the queue its workers run at a time. */
  @Column({ type: 'int', default: 0 })
  capacity: number;

  @Column({ type: 'json' })
  components: Look[];

  /** Null where it has not told of them. */
  @Column({ type: 'json', nullable: true })
  browsers: BrowsersReport | null;
}
