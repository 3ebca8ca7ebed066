import { memo, useState } from 'react';
import { Button } from '../../../components/Button';
import { ChecksMenu } from '../../../components/ChecksMenu';
import { compactFilter } from '../../../components/compact-filter';
import { Disclosure } from '../../../components/Disclosure';
import { Field } from '../../../components/Field';
import { AmountField, NamesField } from '../../../components/FilterFields';
import { STEP_STATUS_LABELS, STEP_TYPE_LABELS } from '../../../components/step-labels';
import { useDraft } from '../../../components/use-draft';
import { showName } from '../../../format/hostile-text';
import type { StepFilter } from '../../../generated/graphql';
import { STEP_LOOKS, type StepLook, type StepView } from './step-view';
import type { Jump, StepJumps } from './use-step-jumps';
import styles from './StepBar.module.css';

const LOOK_LABELS: Record<StepLook, string> = { log: 'Log', tree: 'Tree', timeline: 'Timeline' };

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
  onView: (change: (view: StepView) => StepView) => void;
  onLook: (look: StepLook) => void;
  jumps: StepJumps;
  onMove: (by: number) => void;
  /** Whether there is something to fold. */
  isTree: boolean;
  onFoldAll: (areAll: boolean) => void;
  onKeys: () => void;
}

/** How the steps are shown, what narrows them, and where to go among them. Steps that arrive do not draw it anew. */
export const StepBar = memo(function StepBar(props: Props) {
  const { view, matches, jumps, isTree, onView, onLook, onMove, onFoldAll, onKeys } = props;
  const { filter } = view;
  const set = (part: StepFilter) =>
    onView((view) => ({ ...view, filter: compactFilter({ ...view.filter, ...part }) }));
  const search = useDraft(filter.search ?? '', (text) => set({ search: text }));
  const further = [filter.models, filter.minLatencyMs, filter.minCostUsd].filter((part) => part != null);
  return (
    <div className={styles.bars}>
      <search className={styles.bar}>
        <div role="group" aria-label="View" className={styles.looks}>
          {STEP_LOOKS.map((look) => (
            <button key={look} type="button" aria-pressed={look === view.look} onClick={() => onLook(look)}>
              {LOOK_LABELS[look]}
            </button>
          ))}
        </div>
        {isTree && (
          <div role="group" aria-label="Fold">
            <Button look="quiet" aria-label="Fold all" onPress={() => onFoldAll(true)}>
              ▸▸
            </Button>
            <Button look="quiet" aria-label="Unfold all" onPress={() => onFoldAll(false)}>
              ▾▾
            </Button>
          </div>
        )}
        <div className={styles.search}>
          <Field
            {...search}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return;
              // Else it would also press the row that has the focus by then.
              event.preventDefault();
              search.onBlur();
              if (search.value.trim() === filter.search) onMove(1);
            }}
            label="Text in the steps"
            isLabelHidden
            placeholder="Text in the steps"
            type="search"
          />
        </div>
        <ChecksMenu
          label="Type"
          values={filter.types}
          labels={STEP_TYPE_LABELS}
          onChange={(types) => set({ types })}
        />
        <ChecksMenu
          label="Status"
          values={filter.statuses}
          labels={STEP_STATUS_LABELS}
          onChange={(statuses) => set({ statuses })}
        />
        <Disclosure label="More" count={further.length}>
          <NamesField
            label="Models"
            hint="Whole names, with commas between them"
            value={filter.models}
            onChange={(models) => set({ models })}
          />
          <AmountField
            label="Latency, ms, at least"
            value={filter.minLatencyMs}
            onChange={(minLatencyMs) => set({ minLatencyMs })}
          />
          <AmountField
            label="Cost, US dollars, at least"
            value={filter.minCostUsd}
            onChange={(minCostUsd) => set({ minCostUsd })}
          />
        </Disclosure>
        {matches === null && view.mark !== '' && (
          <Button look="quiet" onPress={() => set({ search: view.mark })}>
            Only steps with “{showName(view.mark, 30)}”
          </Button>
        )}
        {matches !== null && (
          <span className={styles.matches}>
            <span role="status">{matches}</span>
            <Button look="quiet" aria-label="Previous match" onPress={() => onMove(-1)}>
              ↑
            </Button>
            <Button look="quiet" aria-label="Next match" onPress={() => onMove(1)}>
              ↓
            </Button>
            <Button look="quiet" onPress={() => onView((view) => ({ ...view, filter: {} }))}>
              Clear
            </Button>
          </span>
        )}
      </search>
      <div className={styles.jumps} role="group" aria-label="Go to">
        {JUMPS.map(([jump, label]) => (
          <Button key={jump} look="quiet" onPress={() => jumps.to(jump)}>
            {label}
          </Button>
        ))}
        <GoTo
          name="step"
          label="Step number"
          placeholder="Step #"
          inputMode="numeric"
          onGo={jumps.toNumber}
        />
        <GoTo
          name="time"
          label="Time: from the beginning, by the clock, or a date"
          placeholder="Time, 1:30"
          onGo={jumps.toTime}
        />
        <Button look="quiet" aria-label="Keys" onPress={onKeys}>
          ?
        </Button>
      </div>
    </div>
  );
});

interface GoToProps {
  /** Keys find the field by it. */
  name: string;
  label: string;
  placeholder: string;
  inputMode?: 'numeric';
  onGo: (text: string) => void;
}

function GoTo({ onGo, ...field }: GoToProps) {
  const [text, setText] = useState('');
  return (
    <form
      className={styles.goTo}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') onGo(text);
      }}
    >
      <Field {...field} isLabelHidden value={text} onChange={setText} />
    </form>
  );
}
