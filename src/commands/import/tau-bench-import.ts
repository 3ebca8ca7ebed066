import { GraphqlRequestError } from '../../platform/graphql-client.js';
import type { ImportSummary } from './import-summary.js';
import { describeRefusal, type ServerAccess } from '../project-access.js';
import type { TargetAgent } from './import-target.js';
import { locateField } from './json-scanner.js';
import type { ProgressBar } from '../progress-bar.js';
import { countLines, describeBroken } from './record-splitter.js';
import type { FileEntry, RecordSlice } from './record-splitter.js';
import { idempotencyKeyOf, sendRun } from './run-sender.js';
import { formatPath } from './tau-bench-record.js';
import type { FieldProblem } from './tau-bench-record.js';
import { readRun } from './tau-bench.js';
import type { ImportedRun, TauBenchSource } from './tau-bench.js';

const CONCURRENT_RUNS = 4;
const DAY_MS = 86_400_000;
const FATAL_CODES = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'UNAVAILABLE',
  'RATE_LIMITED',
  'NETWORK',
  'TIMEOUT',
  'BAD_RESPONSE',
]);

export interface TauBenchImportOptions {
  bytes: Uint8Array;
  source: TauBenchSource;
  access: ServerAccess;
  agent: TargetAgent;
  /** The day on which trial 0 ended; null = runs end when they are imported. */
  trialDays: string | null;
  bar: ProgressBar;
  summary: ImportSummary;
}

/** Imports the records of a file, several runs at a time, and names each problem with its place in the file. */
export class TauBenchImport {
  private readonly recordOfKey = new Map<string, RecordSlice>();
  private readonly stopping = new AbortController();
  private readonly access: ServerAccess;

  constructor(private readonly options: TauBenchImportOptions) {
    this.access = { ...options.access, signal: this.stopping.signal };
  }

  /**
   * Ends when every record has been imported or named as a problem.
   * @throws GraphqlRequestError when the server does not take imports at all, and the reason of the access's signal
   *   when that is aborted; the runs sent before stay.
   */
  async run(entries: readonly FileEntry[]): Promise<void> {
    const { signal } = this.options.access;
    const stop = (): void => this.stopping.abort(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    const waiting = entries.values();
    await Promise.all(Array.from({ length: CONCURRENT_RUNS }, () => this.importAll(waiting)));
    signal?.removeEventListener('abort', stop);
    this.stopping.signal.throwIfAborted();
  }

  private async importAll(waiting: IterableIterator<FileEntry>): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const { value: entry, done } = waiting.next();
      if (done) return;
      try {
        if (entry.kind === 'BROKEN') this.report(describeBroken(entry));
        else await this.importRecord(entry);
      } catch (error) {
        this.stopping.abort(error);
        return;
      }
      if (entry.kind === 'RECORD' || entry.isRecord) this.options.bar.advance();
    }
  }

  private async importRecord(entry: RecordSlice): Promise<void> {
    const run = this.readEntry(entry);
    if (run === null) return;
    const { agent, trialDays, summary } = this.options;
    const finishedAt = trialDays === null ? null : noonOf(trialDays, run.trial);
    if (finishedAt !== null && Date.parse(finishedAt) > Date.now() + DAY_MS) {
      const message = `trial ${run.trial} would end at ${finishedAt}, which is yet to come; choose an earlier --trial-days`;
      this.reportField(entry, { path: ['trial'], message });
      return;
    }
    try {
      const sent = await sendRun(this.access, agent, run, finishedAt);
      summary.addRun(run, sent, finishedAt);
      const steps = run.actions.filter((action) => action.kind === 'STEP');
      for (const { index, key, reason } of sent.rejected) {
        const path = ['traj', steps[index]?.message ?? 0];
        const message = `the server rejected the step with index ${index} and key ${JSON.stringify(key)}: ${reason}`;
        this.reportField(entry, { path, message });
      }
    } catch (error) {
      this.reportFailure(entry, run, error);
    }
  }

  /** The run a record tells of; null where it does not, or tells it again, which is then reported. */
  private readEntry(entry: RecordSlice): ImportedRun | null {
    const { bytes, source, agent } = this.options;
    const text = decode(bytes.subarray(entry.start, entry.end));
    if (text === null) {
      this.reportField(entry, { path: [], message: 'expected text in UTF-8, got other bytes' });
      return null;
    }
    const read = readRun(JSON.parse(text), source);
    if ('problems' in read) {
      for (const problem of read.problems) this.reportField(entry, problem);
      return null;
    }
    const key = idempotencyKeyOf(agent, read.run);
    const earlier = this.recordOfKey.get(key);
    if (earlier) {
      const message = `trial ${read.run.trial} of task ${read.run.taskId} is there already as record ${earlier.number} (line ${earlier.line}); this one is left out`;
      this.reportField(entry, { path: ['trial'], message });
      return null;
    }
    this.recordOfKey.set(key, entry);
    return read.run;
  }

  /** @throws the error itself where it concerns all runs. */
  private reportFailure(entry: RecordSlice, run: ImportedRun, error: unknown): void {
    if (error instanceof RangeError) {
      this.reportField(entry, { path: ['traj'], message: 'it is nested too deeply to be sent' });
      return;
    }
    if (!(error instanceof GraphqlRequestError) || isFatal(error)) throw error;
    const message = `the server refused ${run.name} with ${error.code}: ${describeRefusal(error)}`;
    this.reportField(entry, { path: [], message });
  }

  private reportField(entry: RecordSlice, { path, message }: FieldProblem): void {
    const { bytes } = this.options;
    const line = entry.line + countLines(bytes, entry.start, locateField(bytes, entry.start, path));
    this.report(`line ${line}, record ${entry.number}: ${formatPath(path)}: ${message}`);
  }

  private report(text: string): void {
    this.options.summary.addProblem();
    this.options.bar.writeLine(text);
  }
}

/** Whether the next run would fare the same. A body that is too large is a matter of the one run. */
function isFatal({ code, details }: GraphqlRequestError): boolean {
  return FATAL_CODES.has(code) && details.httpStatus !== 413;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function noonOf(firstDay: string, trial: number): string {
  return new Date(Date.parse(`${firstDay}T12:00:00Z`) + trial * DAY_MS).toISOString();
}
