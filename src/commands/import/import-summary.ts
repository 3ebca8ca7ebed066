import type { SentRun } from './run-sender.js';
import type { ImportedRun } from './tau-bench.js';

type StepType = 'LLM' | 'TOOL' | 'MESSAGE' | 'SYSTEM';

/** Counts what an import brought, and says it. Runs which an earlier import had brought count like new ones. */
export class ImportSummary {
  private runs = 0;
  private thereBefore = 0;
  private succeeded = 0;
  private withTakeover = 0;
  private takeovers = 0;
  private failedTools = 0;
  private datedOtherwise = 0;
  private readonly steps = new Map<StepType, number>();
  private problems = 0;

  addProblem(): void {
    this.problems += 1;
  }

  /** @param finishedAt the end the run was given; null where any will do. */
  addRun(run: ImportedRun, sent: SentRun, finishedAt: string | null): void {
    this.runs += 1;
    if (sent.wasThere) this.thereBefore += 1;
    if (run.status === 'SUCCEEDED') this.succeeded += 1;
    if (isOtherTime(finishedAt, sent.finishedAt)) this.datedOtherwise += 1;
    const takeovers = run.actions.filter((action) => action.kind === 'TAKEOVER').length;
    this.takeovers += takeovers;
    if (takeovers > 0) this.withTakeover += 1;
    const rejectedKeys = new Set(sent.rejected.map((step) => step.key));
    for (const action of run.actions) {
      if (action.kind !== 'STEP' || rejectedKeys.has(action.step.key)) continue;
      const { type, status } = action.step;
      this.steps.set(type, (this.steps.get(type) ?? 0) + 1);
      if (type === 'TOOL' && status === 'FAILED') this.failedTools += 1;
    }
  }

  get hasProblems(): boolean {
    return this.problems > 0;
  }

  /** @param recordCount how many records the file holds, broken ones included. */
  describe(title: string, recordCount: number): string {
    const stepCount = [...this.steps.values()].reduce((sum, count) => sum + count, 0);
    const byType = (['LLM', 'TOOL', 'MESSAGE', 'SYSTEM'] as const)
      .filter((type) => this.steps.has(type))
      .map((type) => {
        const failed = type === 'TOOL' ? ` (${format(this.failedTools)} failed)` : '';
        return `${format(this.steps.get(type) ?? 0)} ${type}${failed}`;
      });
    const successRate =
      this.runs === 0 ? '' : `  (success rate ${Number((this.succeeded / this.runs).toFixed(3))})`;
    const lines = [
      title,
      `  runs       ${format(this.runs)} of ${format(recordCount)}, ${format(this.thereBefore)} of them imported before`,
      `  succeeded  ${format(this.succeeded)}${successRate}`,
      `  to people  ${format(this.withTakeover)} runs with a human intervention`,
      `  steps      ${format(stepCount)} from messages${byType.length > 0 ? `: ${byType.join(', ')}` : ''}`,
      `             ${format(this.takeovers)} HUMAN, one for each takeover`,
      `  problems   ${this.problems === 0 ? 'none' : `${format(this.problems)}, named above`}`,
    ];
    if (this.datedOtherwise > 0) {
      lines.push(
        `  ${format(this.datedOtherwise)} runs had been finished before on another day, which they keep.`,
      );
    }
    return `${lines.join('\n')}\n`;
  }
}

function isOtherTime(wanted: string | null, actual: string | null): boolean {
  return wanted !== null && (actual === null || Date.parse(wanted) !== Date.parse(actual));
}

function format(count: number): string {
  return count.toLocaleString('en-US');
}
