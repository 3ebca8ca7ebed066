import { showName } from '../../format/hostile-text';
import type { DayFiguresFragment } from '../../generated/graphql';
import type { Measure, MeasureKey } from './measures';
import type { Sheet } from './sheet';
import { formatDay } from './utc-days';

/** One line of a chart: a value for each day, null where nothing is known. */
export interface Series {
  /** The agent's id; null = all agents together. */
  agentId: string | null;
  label: string;
  /** Which of the line styles it has; 0 = that of all agents together. */
  style: number;
  values: (number | null)[];
}

/** Lines that are drawn where no agents are chosen. */
const MOST_BUSY = 5;
const NAME_LENGTH = 60;
export const ALL_AGENTS = 'All agents';

/** The agents with the most finished tasks, in an order that stays when one overtakes another. */
export function busiestAgents(tasksOf: ReadonlyMap<string, number>): string[] {
  return [...tasksOf]
    .sort(([a, aTasks], [b, bTasks]) => bTasks - aTasks || (a < b ? -1 : 1))
    .slice(0, MOST_BUSY)
    .map(([id]) => id)
    .sort();
}

/** Finished tasks of each agent. */
export function countTasks(rows: readonly DayFiguresFragment[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { agentId, tasks } of rows) {
    if (agentId !== null) counts.set(agentId, (counts.get(agentId) ?? 0) + tasks);
  }
  return counts;
}

/** An agent in words; one whose name is not known by the head of its id. */
export function nameOfAgent(id: string, names: ReadonlyMap<string, string>): string {
  return showName(names.get(id) ?? `agent ${id.slice(-8)}`, NAME_LENGTH);
}

/** Rows by agent and day; null stands for all agents together. */
export type RowsOfAgents = ReadonlyMap<string | null, ReadonlyMap<string, DayFiguresFragment>>;

export function groupRows(rows: readonly DayFiguresFragment[]): RowsOfAgents {
  const groups = new Map<string | null, Map<string, DayFiguresFragment>>();
  for (const row of rows) {
    const group = groups.get(row.agentId) ?? new Map<string, DayFiguresFragment>();
    groups.set(row.agentId, group.set(row.day, row));
  }
  return groups;
}

/** The line of one agent. A day without a row, or without a figure in it, is a gap. */
export function seriesOf(
  agent: Pick<Series, 'agentId' | 'label' | 'style'>,
  rows: RowsOfAgents,
  days: readonly string[],
  key: MeasureKey,
): Series {
  const group = rows.get(agent.agentId);
  return { ...agent, values: days.map((day) => group?.get(day)?.[key] ?? null) };
}

/** What a chart shows as rows, one for each day. */
export function toSheet(
  series: readonly Series[],
  days: readonly string[],
  unit: string,
  today: string,
): Sheet {
  return {
    columns: ['day (UTC)', 'state', ...series.map(({ label }) => (unit ? `${label} [${unit}]` : label))],
    rows: days.map((day, index) => [
      day,
      day === today ? 'running' : '',
      ...series.map(({ values }) => values[index] ?? null),
    ]),
  };
}

/** What a chart says, in a sentence for each line. */
export function describe(
  measure: Measure,
  series: readonly Series[],
  days: readonly string[],
  today: string,
): string {
  const sentences = series.map(({ label, values }) => {
    const known = values.flatMap((value, index) =>
      value === null ? [] : [{ value, day: days[index] ?? '' }],
    );
    const [first] = known;
    const last = known.at(-1);
    if (!first || !last) return `${label}: no figure.`;
    const gaps = days.filter((day) => day <= today).length - known.length;
    const low = known.reduce((least, point) => (point.value < least.value ? point : least), first);
    const high = known.reduce((most, point) => (point.value > most.value ? point : most), first);
    const say = ({ value, day }: { value: number; day: string }) =>
      `${measure.format(value)} on ${formatDay(day)}${day === today ? ' (today, running)' : ''}`;
    return `${label}: lowest ${say(low)}, highest ${say(high)}, latest ${say(last)}${gaps > 0 ? `; ${gaps} of ${days.length} days without a figure` : ''}.`;
  });
  return `${measure.title} by day. ${sentences.join(' ')}`;
}
