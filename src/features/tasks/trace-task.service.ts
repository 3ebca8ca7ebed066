import { v5 as derivedUuid } from 'uuid';
import { recordAudit } from '../audit/index.js';
import type { Agent } from '../agents/index.js';
import type { Database, Transaction } from '../../platform/database.js';
import type { PubSub } from '../../platform/pubsub.js';
import type { RequestContext } from '../../platform/request-context.js';
import { requirePermission } from '../../platform/viewer.js';
import type { IngestionWatch } from './ingestion-watch.js';
import { Intervention } from './intervention.entity.js';
import { newTask } from './new-task.js';
import type { TaskChange, TaskChanger } from './task-change.js';
import { ErrorClass, InterventionStatus, TaskStatus } from './task-enums.js';
import { Task } from './task.entity.js';
import type { TaskEvents } from './task.events.js';
import type { StepRecord } from './step-record.js';
import type { TaskRepository } from './task.repository.js';
import type { ExpireOpen } from './task.service.js';
import { isFinished } from './task-state.js';
import { TraceHead } from './trace-head.entity.js';
import {
  headAmong,
  headOfSpan,
  isToldByTrace,
  latestOf,
  patchOfHead,
  quietCode,
  reopened,
  tagsWith,
  type ToldSpan,
} from './trace-state.js';

/** Spans of one trace. */
export interface ToldTrace {
  /** 32 hex digits, lower case. */
  traceId: string;
  spans: readonly ToldSpan[];
}

/** The agent of a name, in a project; made where there is none. */
export type AgentOfName = (name: string) => Promise<Agent>;

/** So many quiet traces are closed by one run of the job before it looks again. */
const closedAtATime = 500;

const upsertHeads = {
  name: 'upsert-trace-heads',
  text: `INSERT INTO trace_heads AS h (task_id, key, is_root, started_at, has_ended, last_at, awaited_since)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::boolean[], $4::timestamptz[], $5::boolean[], $6::timestamptz[],
           $7::timestamptz[])
         ON CONFLICT (task_id) DO UPDATE SET key = excluded.key, is_root = excluded.is_root,
           started_at = excluded.started_at, has_ended = excluded.has_ended, last_at = excluded.last_at,
           awaited_since = excluded.awaited_since`,
};

interface ToldTask extends ToldTrace {
  taskId: string;
}

/** The task of a trace that was not there before, as its spans say that it stands. */
function begin({ taskId, traceId, spans }: ToldTask, agents: ReadonlyMap<string, Agent>): Task {
  const first = headAmong(spans, null);
  const agent = first && agents.get(first.agentName);
  if (!first || !agent) throw new Error('A trace without spans, or without an agent, is told.');
  const now = new Date();
  const begun = first.step.startedAt === null ? now : new Date(first.step.startedAt);
  const { taskName: name } = first;
  const task = newTask(agent, now, {
    ...{ id: taskId, traceId, type: 'trace', name },
    ...{ startedAt: begun, queuedAt: begun },
  });
  Object.assign(task, patchOfHead(task, first, agent, true));
  task.tags = tagsWith(task, spans) ?? task.tags;
  return task;
}

/** Whether nothing but steps is told of a trace, each once. */
function isPlain(spans: readonly ToldSpan[]): boolean {
  return (
    spans.every(({ human }) => human === null) &&
    new Set(spans.map(({ step }) => step.key)).size === spans.length
  );
}

/** What is kept of a task's head. @param known what was known before these spans were told */
function headOfTask(
  taskId: string,
  { key, isRoot, startedAt, hasEnded }: Omit<TraceHead, 'taskId' | 'lastAt' | 'awaitedSince'>,
  spans: readonly ToldSpan[],
  known: TraceHead | null,
): TraceHead {
  return {
    ...{ taskId, key, isRoot, startedAt, hasEnded },
    lastAt: latestOf(spans, known?.lastAt ?? null),
    awaitedSince: isRoot && hasEnded ? null : new Date(),
  };
}

async function storeHeads(tx: Transaction, heads: readonly TraceHead[]): Promise<void> {
  if (heads.length === 0) return;
  await tx.query(upsertHeads, [
    heads.map(({ taskId }) => taskId),
    heads.map(({ key }) => key),
    heads.map(({ isRoot }) => isRoot),
    heads.map(({ startedAt }) => startedAt),
    heads.map(({ hasEnded }) => hasEnded),
    heads.map(({ lastAt }) => lastAt),
    heads.map(({ awaitedSince }) => awaitedSince),
  ]);
}

/** Tasks that are told as traces: in any order, in parts, twice, by several processes, always the same task comes of it. */
export class TraceTaskService {
  constructor(
    private readonly database: Database,
    private readonly tasks: TaskRepository,
    private readonly changer: TaskChanger,
    private readonly events: PubSub<TaskEvents>,
    private readonly watch: IngestionWatch,
    private readonly expireOpen: ExpireOpen,
  ) {}

  /** The task of a trace: nobody can write to, or take, one of another project by knowing its trace id. */
  static idOf(projectId: string, traceId: string): string {
    return derivedUuid(`trace:${traceId}`, projectId);
  }

  /**
   * Stores the spans of some traces in one transaction: all, or none where it throws. Sent again, nothing is doubled.
   * @param agentOf called before the transaction for the names of agents that tasks may become those of
   */
  async tell(
    context: RequestContext,
    projectId: string,
    traces: readonly ToldTrace[],
    agentOf: AgentOfName,
  ): Promise<void> {
    requirePermission(context.viewer, projectId, 'ingest');
    // Always in the same order, so that two processes never wait for each other's rows.
    const told: ToldTask[] = traces
      .map((trace) => ({ ...trace, taskId: TraceTaskService.idOf(projectId, trace.traceId) }))
      .sort((a, b) => (a.taskId < b.taskId ? -1 : 1));
    await this.watch.run(() => this.#write(context, projectId, told, agentOf));
  }

  async #write(
    context: RequestContext,
    projectId: string,
    told: readonly ToldTask[],
    agentOf: AgentOfName,
  ): Promise<void> {
    const ids = told.map(({ taskId }) => taskId);
    const known = await this.#headsOf(this.database, ids);
    const agents = new Map<string, Agent>();
    for (const { taskId, spans } of told) {
      const name = headAmong(spans, known.get(taskId) ?? null)?.agentName;
      if (name !== undefined && !agents.has(name)) agents.set(name, await agentOf(name));
    }
    await this.database.transaction(async (tx) => {
      const begun = told.filter(({ taskId }) => !known.has(taskId)).map((trace) => begin(trace, agents));
      const made = await this.tasks.insertAll(tx, begun);
      const tasks = await this.#lockAll(
        tx,
        ids,
        begun.filter(({ id }) => made.has(id)),
      );
      const heads = await this.#headsOf(tx, ids);
      const changed: TraceHead[] = [];
      const whole: { task: Task; steps: StepRecord[] }[] = [];
      for (const [at, { spans }] of told.entries()) {
        const task = tasks[at];
        if (task?.projectId !== projectId) throw new Error('The task of a trace is not where it was stored.');
        const first = made.has(task.id) && isPlain(spans) ? headAmong(spans, null) : null;
        if (first) {
          whole.push({ task, steps: spans.map(({ step }) => step) });
          changed.push(headOfTask(task.id, headOfSpan(first), spans, null));
          continue;
        }
        const head = await this.#tell(tx, task, heads.get(task.id) ?? null, spans, agents);
        if (head) changed.push(head);
      }
      await this.changer.begin(tx, whole);
      await storeHeads(tx, changed);
      await recordAudit(tx, {
        context,
        projectId,
        action: 'tellTraces',
        subjectType: 'Project',
        subjectId: projectId,
        after: { traces: told.length, spans: told.reduce((sum, { spans }) => sum + spans.length, 0) },
      });
    });
  }

  /** The tasks of those ids, in their order, locked. @param made those that this transaction has made */
  async #lockAll(tx: Transaction, ids: readonly string[], made: readonly Task[]): Promise<(Task | null)[]> {
    const tasks = new Map(made.map((task) => [task.id, task]));
    const locked: (Task | null)[] = [];
    // One by one: a distributed table locks no rows of several tasks in one statement.
    for (const id of ids) locked.push(tasks.get(id) ?? (await this.tasks.lock(tx, id)));
    return locked;
  }

  /** @returns what its head is from now on; null where nothing was new */
  async #tell(
    tx: Transaction,
    task: Task,
    known: TraceHead | null,
    spans: readonly ToldSpan[],
    agents: ReadonlyMap<string, Agent>,
  ): Promise<TraceHead | null> {
    const span = headAmong(spans, known);
    const change: TaskChange = { steps: spans.map(({ step }) => step) };
    const agent = span && agents.get(span.agentName);
    const patch: Partial<Task> =
      span && agent ? patchOfHead(task, span, agent, span.step.key !== known?.key) : {};
    const tags = tagsWith(task, spans);
    if (tags) patch.tags = tags;
    const asked = await this.#noteHumans(tx, task, spans);
    if (asked > 0) patch.interventionCount = task.interventionCount + asked;
    if (patch.status !== undefined && isFinished(patch.status) && !isFinished(task.status)) {
      change.steps = [...(change.steps ?? []), ...((await this.expireOpen(tx, task)) ?? [])];
    }
    if (Object.keys(patch).length > 0) change.patch = patch;
    const wasQuiet = task.status === TaskStatus.TIMED_OUT && task.errorCode === quietCode;
    const totals = await this.changer.apply(tx, task, change);
    Object.assign(task, patch);
    const isNews = totals.some(({ inserted, updated }) => inserted + updated > 0);
    // A trace that fell silent goes on; what is sent again says nothing new.
    if (wasQuiet && isNews && patch.status === undefined) {
      await this.changer.apply(tx, task, { patch: reopened });
    }
    const head = span ? headOfSpan(span) : isNews ? known : null;
    return head && headOfTask(task.id, head, spans, known);
  }

  /** What humans did, each once. @returns how many are new */
  async #noteHumans(tx: Transaction, task: Task, spans: readonly ToldSpan[]): Promise<number> {
    let count = 0;
    for (const { step, human } of spans) {
      if (human === null) continue;
      const at = new Date(step.startedAt ?? step.endedAt ?? Date.now());
      const intervention: Intervention = {
        taskId: task.id,
        id: derivedUuid(`human:${step.key}`, task.id),
        projectId: task.projectId,
        key: step.key,
        kind: human.kind,
        reason: human.reason,
        question: null,
        status: InterventionStatus.ANSWERED,
        answer: human.answer === null ? null : (JSON.parse(human.answer) as unknown),
        requestedAt: at,
        expiresAt: null,
        resolvedAt: step.endedAt === null ? at : new Date(step.endedAt),
        resolvedById: null,
      };
      const insert = tx.manager
        .createQueryBuilder()
        .insert()
        .into(Intervention)
        .values(intervention as never);
      const { raw } = await insert.orIgnore().returning('id').execute();
      if ((raw as unknown[]).length === 0) continue;
      count++;
      const { id: interventionId, projectId } = intervention;
      tx.afterCommit(() => this.events.publish('interventionChanged', projectId, { interventionId }));
    }
    return count;
  }

  /** The job closeQuietTraces: ends tasks whose root did not come, and of which nothing was told for so long. */
  async closeQuiet(quietMs: number): Promise<void> {
    for (;;) {
      const quiet = await this.database.query<{ taskId: string }>(
        `SELECT task_id AS "taskId" FROM trace_heads
         WHERE awaited_since < now() - make_interval(secs => $1)
         ORDER BY awaited_since LIMIT ${closedAtATime}`,
        [quietMs / 1000],
      );
      for (const { taskId } of quiet) await this.#close(taskId, quietMs);
      if (quiet.length < closedAtATime) return;
    }
  }

  async #close(taskId: string, quietMs: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      const task = await this.tasks.lock(tx, taskId);
      const head = await tx.manager.findOneBy(TraceHead, { taskId });
      if (!task || !head?.awaitedSince || head.awaitedSince.getTime() > Date.now() - quietMs) return;
      const now = new Date();
      // Who waits for a human says nothing meanwhile.
      const isAsking = task.status === TaskStatus.WAITING_FOR_HUMAN;
      await tx.update(TraceHead, { taskId }, { awaitedSince: isAsking ? now : null });
      if (task.status !== TaskStatus.RUNNING || !isToldByTrace(task)) return;
      const finishedAt = head.lastAt && head.lastAt < now ? head.lastAt : now;
      const minutes = Math.round(quietMs / 60_000);
      const patch: Partial<Task> = {
        status: TaskStatus.TIMED_OUT,
        finishedAt,
        latencyMs: task.startedAt ? Math.max(0, finishedAt.getTime() - task.startedAt.getTime()) : null,
        errorCode: quietCode,
        errorMessage: `The root of the trace did not come, and for ${minutes} minutes nothing else did (TRACE_QUIET_SECONDS).`,
        errorClass: ErrorClass.TIMEOUT,
      };
      const steps = (await this.expireOpen(tx, task)) ?? [];
      const before = { status: task.status };
      await this.changer.apply(tx, task, { patch, steps });
      await this.changer.audit(tx, null, task, 'closeQuietTraces', before, { status: TaskStatus.TIMED_OUT });
    });
  }

  async #headsOf(
    from: Pick<Transaction, 'query'>,
    taskIds: readonly string[],
  ): Promise<Map<string, TraceHead>> {
    const rows = await from.query<TraceHead>(
      `SELECT task_id AS "taskId", key, is_root AS "isRoot", started_at AS "startedAt", has_ended AS "hasEnded",
         last_at AS "lastAt", awaited_since AS "awaitedSince" FROM trace_heads WHERE task_id = ANY($1)`,
      [taskIds],
    );
    return new Map(rows.map((row) => [row.taskId, row]));
  }
}
