import { useRef, type ReactNode } from 'react';
import { Link } from 'react-router';
import { Age } from '../../components/Age';
import { CopyButton } from '../../components/CopyButton';
import { LongText } from '../../components/LongText';
import { RunningTime } from '../../components/RunningTime';
import { StatusBadge } from '../../components/StatusBadge';
import { showName } from '../../format/hostile-text';
import { formatCost, formatCount, formatShare, formatShortCount } from '../../format/numbers';
import { useProject } from '../../shell/project-context';
import { BACK_TO_LIST, lastList } from '../tasks/left-list';
import { InterventionPanel } from './InterventionPanel';
import { TaskActions } from './TaskActions';
import { hasEnded, type TaskHead } from './use-task';
import styles from './TaskHeader.module.css';

/** How a task stands: status, progress, what it took and cost, what went wrong, what it asks. */
export function TaskHeader({ task }: { task: TaskHead }) {
  const { slug } = useProject();
  const isRunning = !hasEnded(task);
  const { agentVersion: version } = task;
  const title = useRef<HTMLHeadingElement>(null);
  // What was answered moves away, and the focus must not be lost with it.
  const onAnswered = () => title.current?.focus();
  const open = task.interventions.filter(({ status }) => status === 'OPEN');
  const answered = task.interventions.filter(({ status }) => status !== 'OPEN');
  return (
    <header className={styles.header}>
      <div className={styles.title}>
        <Link to={lastList(slug)} state={BACK_TO_LIST} className={styles.back} aria-label="To the tasks">
          ←
        </Link>
        <h1 ref={title} tabIndex={-1} title={showName(task.name)}>
          <bdi>{showName(task.name)}</bdi>
        </h1>
        <StatusBadge status={task.status} />
        {task.attempt > 1 && <span className={styles.muted}>Attempt {task.attempt}</span>}
        <TaskActions task={task} />
      </div>

      {isRunning && <Progress share={task.progress} message={task.progressMessage} />}

      <dl className={styles.facts}>
        <Fact label="Agent">
          <Link to={`/p/${slug}/agents/${task.agent.id}`}>
            <bdi>{showName(task.agent.name, 60)}</bdi>
          </Link>{' '}
          <span className={styles.muted}>v{version.number}</span>
        </Fact>
        {version.model !== null && <Fact label="Model">{showName(version.model, 60)}</Fact>}
        <Fact label="Type">{showName(task.type, 60)}</Fact>
        <Fact label="Duration">
          <RunningTime task={task} isRunning={isRunning} />
        </Fact>
        <Fact label="Cost" title={task.costSource.toLowerCase()}>
          {formatCost(task.costUsd)}
        </Fact>
        <Tokens input={task.inputTokens} output={task.outputTokens} />
        <Fact label="Steps">{formatCount(task.stepCount)}</Fact>
        <Fact label={task.startedAt === null ? 'Queued' : 'Started'}>
          <Age at={task.startedAt ?? task.queuedAt} isPhrase />
        </Fact>
        {task.tags.length > 0 && <Fact label="Tags">{showName(task.tags.join(', '), 120)}</Fact>}
        <Fact label="Id">
          <Id of={task.id} />
        </Fact>
        {task.traceId !== null && (
          <Fact label="Trace">
            <Id of={task.traceId} />
          </Fact>
        )}
      </dl>

      {task.error && (
        <div className={styles.error} role="group" aria-label="Error">
          <strong>{task.error.class ?? 'Error'}</strong>
          {task.error.code !== null && <code>{showName(task.error.code, 100)}</code>}
          <LongText text={task.error.message} />
        </div>
      )}

      {open.map((intervention) => (
        <InterventionPanel
          key={intervention.id}
          intervention={intervention}
          taskId={task.id}
          onAnswered={onAnswered}
        />
      ))}
      {answered.length > 0 && (
        <details className={styles.answered}>
          <summary>
            {answered.length === 1 ? '1 intervention' : `${answered.length} interventions`} answered or
            expired
          </summary>
          {answered.map((intervention) => (
            <InterventionPanel
              key={intervention.id}
              intervention={intervention}
              taskId={task.id}
              onAnswered={onAnswered}
            />
          ))}
        </details>
      )}
    </header>
  );
}

function Fact({ label, title, children }: { label: string; title?: string; children: ReactNode }) {
  return (
    <div title={title}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Its end tells ids of the same hour apart; the whole one is copied. */
function Id({ of: id }: { of: string }) {
  return (
    <>
      <code title={id}>…{id.slice(-8)}</code> <CopyButton isSmall text={id} />
    </>
  );
}

/** The sums of what steps told: where both are 0, none told anything. */
function Tokens({ input, output }: { input: number; output: number }) {
  if (input === 0 && output === 0) {
    return (
      <Fact label="Tokens" title="No step told of any">
        {formatCount(null)}
      </Fact>
    );
  }
  return (
    <Fact label="Tokens" title={`${formatCount(input)} in, ${formatCount(output)} out`}>
      {formatShortCount(input)} <span className={styles.muted}>in</span> {formatShortCount(output)}{' '}
      <span className={styles.muted}>out</span>
    </Fact>
  );
}

function Progress({ share, message }: { share: number; message: string | null }) {
  return (
    <div className={styles.progress}>
      <progress value={share} max={1} aria-label="Progress" />
      <span className={styles.share}>{formatShare(share)}</span>
      {message !== null && <span className={styles.muted}>{showName(message)}</span>}
    </div>
  );
}
