import { useEffect, useState } from 'react';
import { Choice, Field } from '../../components/Field';
import type { MetricsView, Preset } from './metrics-view';
import { countDays, isDay, type DayRange } from './utc-days';
import styles from './MetricsPage.module.css';

const RANGES: { value: Preset | 'custom'; label: string }[] = [
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
  { value: '90d', label: 'Last 90 days' },
  { value: 'month', label: 'This month' },
  { value: 'custom', label: 'From and to…' },
];
/** As many days as the server answers at once. */
const MOST_DAYS = 1_100;

interface Props {
  chosen: MetricsView['range'];
  /** The days that are chosen by it. */
  range: DayRange;
  onRange: (range: MetricsView['range']) => void;
}

/** The range of days: one that moves on with them, or a first and a last day. */
export function RangePicker({ chosen, range, onRange }: Props) {
  const [draft, setDraft] = useState(range);
  useEffect(() => setDraft({ from: range.from, to: range.to }), [range.from, range.to]);
  const problem = problemOf(draft);
  const set = (part: Partial<DayRange>) => {
    const next = { ...draft, ...part };
    setDraft(next);
    if (!problemOf(next)) onRange(next);
  };
  return (
    <div className={styles.range} role="group" aria-label="Range of days, in UTC">
      <Choice
        label="Days"
        value={typeof chosen === 'object' ? 'custom' : chosen}
        options={RANGES}
        onChoose={(preset) => onRange(preset === 'custom' ? range : preset)}
      />
      <Field label="From (UTC)" type="date" value={draft.from} onChange={(from) => set({ from })} />
      <Field label="To (UTC)" type="date" value={draft.to} problem={problem} onChange={(to) => set({ to })} />
    </div>
  );
}

function problemOf(range: DayRange): string | undefined {
  if (!isDay(range.from) || !isDay(range.to)) return 'Two days from the year 2000 on are needed.';
  const days = countDays(range);
  if (days < 1) return 'The last day lies before the first.';
  return days > MOST_DAYS
    ? `At most ${MOST_DAYS.toLocaleString('en')} days can be shown at once.`
    : undefined;
}
