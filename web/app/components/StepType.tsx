import { showName } from '../format/hostile-text';
import type { StepStatus, StepType } from '../generated/graphql';
import { STEP_STATUS_LABELS, STEP_TYPE_LABELS } from './step-labels';
import { Badge } from './StatusBadge';
import styles from './StepType.module.css';

const TYPES: Record<StepType, [sign: string, tone: string]> = {
  AGENT: ['◆', 'deep'],
  LLM: ['✦', 'model'],
  TOOL: ['⚙', 'tool'],
  MESSAGE: ['✉', 'talk'],
  HUMAN: ['☺', 'talk'],
  RETRIEVAL: ['⌕', 'data'],
  EMBEDDING: ['⁘', 'data'],
  RERANK: ['⇅', 'data'],
  EVALUATION: ['✓', 'check'],
  GUARDRAIL: ['◈', 'check'],
  HEALING: ['✚', 'check'],
  SYSTEM: ['▣', 'quiet'],
};

/** A step's type in a sign, a colour and a word. One that this page does not know yet is shown as it is called. */
export function StepTypeLabel({ type }: { type: StepType }) {
  const [sign, tone] = (TYPES[type] as (typeof TYPES)[StepType] | undefined) ?? ['?', 'quiet'];
  const label = (STEP_TYPE_LABELS[type] as string | undefined) ?? showName(type, 40);
  return (
    <span className={styles.type} title={label}>
      <span className={`${styles.sign} ${styles[tone]}`} aria-hidden="true">
        {sign}
      </span>
      {label}
    </span>
  );
}

/** The colour of a type, for bars. */
export function toneOf(type: StepType): string {
  return styles[(TYPES[type] as (typeof TYPES)[StepType] | undefined)?.[1] ?? 'quiet'] ?? '';
}

const STATUSES = {
  RUNNING: ['busy', '◐'],
  SUCCEEDED: ['good', '✓'],
  FAILED: ['bad', '✕'],
  SKIPPED: ['quiet', '–'],
} as const;

export function StepStatusBadge({ status }: { status: StepStatus }) {
  const known = STATUSES[status] as (typeof STATUSES)[StepStatus] | undefined;
  const [tone, sign] = known ?? (['quiet', '?'] as const);
  return (
    <Badge tone={tone} sign={sign}>
      {(STEP_STATUS_LABELS[status] as string | undefined) ?? showName(status, 40)}
    </Badge>
  );
}
