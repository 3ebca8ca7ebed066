import { useMemo } from 'react';
import type { DayFiguresFragment } from '../../generated/graphql';
import type { MeasureKey } from './measures';
import { ALL_AGENTS, groupRows, nameOfAgent, seriesOf, type Series } from './series';
import { daysIn, type DayRange } from './utc-days';

interface Figures {
  /** The rows of agentId, or of all agents together. */
  days: readonly DayFiguresFragment[] | undefined;
  agentDays: readonly DayFiguresFragment[] | undefined;
  /** The agents that are lines. */
  drawn: readonly string[];
  /** The one agent that the page is about; null = all together. */
  agentId: string | null;
  names: ReadonlyMap<string, string>;
  range: DayRange;
}

/** The lines of the charts: all agents together, then each that is drawn; or the one that the page is about. */
export function useChartLines({ days, agentDays, drawn, agentId, names, range }: Figures): {
  days: string[];
  seriesOf: (key: MeasureKey) => Series[];
} {
  const rows = useMemo(() => groupRows([...(agentDays ?? []), ...(days ?? [])]), [agentDays, days]);
  const inRange = useMemo(() => daysIn(range), [range]);
  const lines = [
    ...(agentId === null ? [{ agentId: null, label: ALL_AGENTS, style: 0 }] : []),
    ...drawn.map((id, index) => ({ agentId: id, label: nameOfAgent(id, names), style: index + 1 })),
  ];
  return { days: inRange, seriesOf: (key) => lines.map((line) => seriesOf(line, rows, inRange, key)) };
}
