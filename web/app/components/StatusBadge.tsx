import type { TaskStatus } from '../generated/graphql';
import styles from './StatusBadge.module.css';

type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'quiet';

const STATUSES: Record<TaskStatus, { label: string; tone: Tone; sign: string }> = {
  QUEUED: { label: 'Queued', tone: 'quiet', sign: '○' },
  RUNNING: { label: 'Running', tone: 'busy', sign: '◐' },
  WAITING_FOR_HUMAN: { label: 'Waiting', tone: 'warn', sign: '!' },
  SUCCEEDED: { label: 'Succeeded', tone: 'good', sign: '✓' },
  FAILED: { label: 'Failed', tone: 'bad', sign: '✕' },
  TIMED_OUT: { label: 'Timed out', tone: 'bad', sign: '⏱' },
  CANCELLED: { label: 'Cancelled', tone: 'quiet', sign: '–' },
};

export const TASK_STATUS_LABELS = Object.fromEntries(
  Object.entries(STATUSES).map(([status, { label }]) => [status, label]),
) as Record<TaskStatus, string>;

/** A task's status in a word, a sign and a colour. One that this page does not know yet is shown as it is called. */
export function StatusBadge({ status }: { status: TaskStatus }) {
  const known = STATUSES[status] as (typeof STATUSES)[TaskStatus] | undefined;
  const { label, tone, sign } = known ?? { label: status, tone: 'quiet', sign: '?' };
  return (
    <Badge tone={tone} sign={sign}>
      {label}
    </Badge>
  );
}

/** A word on a coloured ground, with a sign for those who do not see the colour. */
export function Badge({ tone, sign, children }: { tone: Tone; sign?: string; children: string }) {
  return (
    <span className={`${styles.badge} ${styles[tone]}`}>
      {sign && (
        <span className={styles.sign} aria-hidden="true">
          {sign}
        </span>
      )}
      {children}
    </span>
  );
}
