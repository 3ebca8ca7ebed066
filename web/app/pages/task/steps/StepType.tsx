import { showName } from '../../../format/hostile-text';
import type { StepStatus, StepType } from '../../../generated/graphql';
import { Badge } from '../../../components/StatusBadge';
import styles from './StepType.module.css';

const TYPES: Record<StepType, [label: string, sign: string, tone: string]> = {
  AGENT: ['Agent', '◆', 'deep'],
  LLM: ['LLM', '✦', 'model'],
  TOOL: ['Tool', '⚙', 'tool'],
  MESSAGE: ['Message', '✉', 'talk'],
  HUMAN: ['Human', '☺', 'talk'],
  RETRIEVAL: ['Retrieval', '⌕', 'data'],
  EMBEDDING: ['Embedding', '⁘', 'data'],
  RERANK: ['Rerank', '⇅', 'data'],
  EVALUATION: ['Evaluation', '✓', 'check'],
  GUARDRAIL: ['Guardrail', '◈', 'check'],
  HEALING: ['Healing', '✚', 'check'],
  SYSTEM: ['System', '▣', 'quiet'],
};

export const STEP_TYPE_LABELS = Object.fromEntries(
  Object.entries(TYPES).map(([type, [label]]) => [type, label]),
) as Record<StepType, string>;

/** A step's type in a sign, a colour and a word. One that this page does not know yet is shown as it is called. */
export function StepTypeLabel({ type }: { type: StepType }) {
  const [label, sign, tone] = (TYPES[type] as (typeof TYPES)[StepType] | undefined) ?? [
    showName(type, 40),
    '?',
    'quiet',
  ];
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
  return styles[(TYPES[type] as (typeof TYPES)[StepType] | undefined)?.[2] ?? 'quiet'] ?? '';
}

const STATUSES = {
  RUNNING: ['Running', 'busy', '◐'],
  SUCCEEDED: ['Done', 'good', '✓'],
  FAILED: ['Failed', 'bad', '✕'],
  SKIPPED: ['Skipped', 'quiet', '–'],
} as const;

export const STEP_STATUS_LABELS = Object.fromEntries(
  Object.entries(STATUSES).map(([status, [label]]) => [status, label]),
) as Record<StepStatus, string>;

export function StepStatusBadge({ status }: { status: StepStatus }) {
  const known = STATUSES[status] as (typeof STATUSES)[StepStatus] | undefined;
  const [label, tone, sign] = known ?? [showName(status, 40), 'quiet' as const, '?'];
  return (
    <Badge tone={tone} sign={sign}>
      {label}
    </Badge>
  );
}
