import { useState } from 'react';
import { Button } from '../../../components/Button';
import { Checks } from '../../../components/Checks';
import { Disclosure } from '../../../components/Disclosure';
import { Field } from '../../../components/Field';
import { useDraft } from '../../../components/use-draft';
import type { StepFilter } from '../../../generated/graphql';
import { STEP_STATUS_LABELS, STEP_TYPE_LABELS } from './StepType';
import {
  compactFilter,
  STEP_LOOKS,
  STEP_STATUSES,
  STEP_TYPES,
  type StepLook,
  type StepView,
} from './step-view';
import styles from './StepBar.module.css';

const LOOK_LABELS: Record<StepLook, string> = { log: 'Log', tree: 'Tree', timeline: 'Timeline' };
const TYPES = STEP_TYPES.map((value) => ({ value, label: STEP_TYPE_LABELS[value] }));
const STATUSES = STEP_STATUSES.map((value) => ({ value, label: STEP_STATUS_LABELS[value] }));

export type Jump = 'first-error' | 'next-error' | 'slowest' | 'costliest';
const JUMPS: readonly [Jump, string][] = [
  ['first-error', 'First error'],
  ['next-error', 'Next error'],
  ['slowest', 'Slowest'],
  ['costliest', 'Costliest'],
];

interface Props {
  view: StepView;
  /** How many match, in words; null while nothing is filtered. */
  matches: string | null;
  onView: (view: StepView) => void;
  onJump: (jump: Jump) => void;
  onGo: (seq: number) => void;
  onMove: (by: number) => void;
  onKeys: () => void;
}

/** How the steps are shown, what narrows them, and where to go among them. */
export function StepBar({ view, matches, onView, onJump, onGo, onMove, onKeys }: Props) {
  const { filter } = view;
  const set = (part: StepFilter) => onView({ ...view, filter: compactFilter({ ...filter, ...part }) });
  const search = useDraft(filter.search ?? '', (text) => set({ search: text }));
  const model = useDraft(filter.models?.join(', ') ?? '', (text) => set({ models: namesOf(text) }));
  const minMs = useDraft(String(filter.minLatencyMs ?? ''), (text) => set({ minLatencyMs: amountOf(text) }));
  const minCost = useDraft(String(filter.minCostUsd ?? ''), (text) => set({ minCostUsd: amountOf(text) }));
  const further = [filter.models, filter.minLatencyMs, filter.minCostUsd].filter((part) => part != null);
  return (
    <div className={styles.bars}>
      <search className={styles.bar}>
        <div role="group" aria-label="View" className={styles.looks}>
          {STEP_LOOKS.map((look) => (
            <button
              key={look}
              type="button"
              aria-pressed={look === view.look}
              onClick={() => onView({ ...view, look })}
            >
              {LOOK_LABELS[look]}
            </button>
          ))}
        </div>
        <div className={styles.search}>
          <Field
            {...search}
            label="Text in the steps"
            isLabelHidden
            placeholder="Text in the steps"
            type="search"
          />
        </div>
        <Disclosure label="Type" count={filter.types?.length ?? 0}>
          <Checks
            label="Type"
            values={filter.types ?? []}
            options={TYPES}
            onChange={(types) => set({ types })}
          />
        </Disclosure>
        <Disclosure label="Status" count={filter.statuses?.length ?? 0}>
          <Checks
            label="Status"
            values={filter.statuses ?? []}
            options={STATUSES}
            onChange={(statuses) => set({ statuses })}
          />
        </Disclosure>
        <Disclosure label="More" count={further.length}>
          <Field {...model} label="Models" hint="Whole names, with commas between them" />
          <Field {...minMs} label="Latency, ms, at least" inputMode="decimal" />
          <Field {...minCost} label="Cost, US dollars, at least" inputMode="decimal" />
        </Disclosure>
        {matches !== null && (
          <span className={styles.matches}>
            <span role="status">{matches}</span>
            <Button look="quiet" aria-label="Previous match" onPress={() => onMove(-1)}>
              ↑
            </Button>
            <Button look="quiet" aria-label="Next match" onPress={() => onMove(1)}>
              ↓
            </Button>
            <Button look="quiet" onPress={() => onView({ ...view, filter: {} })}>
              Clear
            </Button>
          </span>
        )}
      </search>
      <div className={styles.jumps} role="group" aria-label="Go to">
        {JUMPS.map(([jump, label]) => (
          <Button key={jump} look="quiet" onPress={() => onJump(jump)}>
            {label}
          </Button>
        ))}
        <GoTo onGo={onGo} />
        <Button look="quiet" aria-label="Keys" onPress={onKeys}>
          ?
        </Button>
      </div>
    </div>
  );
}

function GoTo({ onGo }: { onGo: (seq: number) => void }) {
  const [text, setText] = useState('');
  return (
    <form
      className={styles.goTo}
      onSubmit={(event) => {
        event.preventDefault();
        const seq = Number(text.replace(/[\s,.#]/g, ''));
        if (Number.isSafeInteger(seq) && seq >= 1) onGo(seq);
      }}
    >
      <Field
        label="Step number"
        isLabelHidden
        placeholder="Step #"
        inputMode="numeric"
        value={text}
        onChange={setText}
      />
    </form>
  );
}

function namesOf(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function amountOf(text: string): number | null {
  const amount = Number(text.replace(',', '.'));
  return text !== '' && amount >= 0 && Number.isFinite(amount) ? amount : null;
}
