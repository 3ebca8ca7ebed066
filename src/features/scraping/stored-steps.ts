import type { TraceService } from '../traces/index.js';
import type { StoredStep, StoredSteps } from './stored-run.js';

/** Steps may hold many items each. */
const portion = 50;

/** All steps of a task, as they are stored, without asking who may see them. */
export async function* storedSteps(traces: TraceService, taskId: string): StoredSteps {
  for (let fromSeq = 1; ;) {
    const { nodes } = await traces.page(taskId, {}, { first: portion, fromSeq }, true);
    if (nodes.length > 0) yield nodes as readonly StoredStep[];
    const last = nodes.at(-1);
    if (!last || nodes.length < portion) return;
    fromSeq = last.seq + 1;
  }
}
