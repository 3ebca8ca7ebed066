import {
  CartesianGrid,
  Line,
  LineChart,
  ReferenceLine,
  Tooltip,
  XAxis,
  YAxis,
  type DotItemDotProps,
} from 'recharts';
import type { Measure } from './measures';
import type { Series } from './series';
import { formatDay, formatLongDay } from './utc-days';
import styles from './ChartCard.module.css';

/** A line's dashes, so that lines are told apart without their colours. */
export const DASHES = ['', '', '7 3', '2 3', '9 3 2 3', '12 4', '5 2 1 2 1 2', '1 2', '3 5'];
/** In longer ranges only days that stand alone have a dot. */
const MOST_DOTTED = 14;

interface Props {
  measure: Measure;
  series: readonly Series[];
  days: readonly string[];
  today: string;
  /** What the chart is of. */
  label: string;
}

type Point = Record<string, string | number | null>;

/** Lines over days. Where nothing is known a line has a gap; today, which goes on, is marked. */
export function DayChart({ measure, series, days, today, label }: Props) {
  const points = days.map((day, index): Point => {
    const values = series.map(({ values }, line) => [`line${line}`, values[index] ?? null]);
    return { day, ...Object.fromEntries(values) };
  });
  const ticks = measure.isShare ? ticksOfShares(measure, series) : undefined;
  return (
    <LineChart
      responsive
      className={styles.chart ?? ''}
      data={points}
      margin={{ top: 18, right: 12, bottom: 0, left: 0 }}
      aria-label={`${label}: a chart. Arrow keys go from day to day.`}
    >
      <CartesianGrid vertical={false} stroke="var(--line)" />
      <XAxis
        dataKey="day"
        tickFormatter={formatDay}
        minTickGap={28}
        tickLine={false}
        stroke="var(--line-strong)"
      />
      <YAxis
        width={64}
        tickFormatter={measure.format}
        domain={ticks ? [ticks[0] ?? 0, ticks.at(-1) ?? 1] : [0, 'auto']}
        {...(ticks && { ticks })}
        tickLine={false}
        axisLine={false}
        stroke="var(--line-strong)"
      />
      {days.includes(today) && (
        <ReferenceLine
          x={today}
          stroke="var(--line-strong)"
          strokeDasharray="2 3"
          label={{ value: 'today, running', position: 'top', textAnchor: 'end', fill: 'var(--muted)' }}
        />
      )}
      <Tooltip
        isAnimationActive={false}
        content={({ active, label }) =>
          active && typeof label === 'string' ? (
            <DayValues
              measure={measure}
              series={series}
              index={days.indexOf(label)}
              day={label}
              today={today}
            />
          ) : null
        }
      />
      {series.map(({ agentId, label, style, values }, line) => (
        <Line
          key={agentId ?? ''}
          name={label}
          dataKey={`line${line}`}
          isAnimationActive={false}
          stroke={`var(--series-${style})`}
          strokeWidth={style === 0 ? 2.5 : 1.75}
          strokeDasharray={DASHES[style] ?? ''}
          activeDot={{ r: 4 }}
          dot={({ key, cx, cy, index }: DotItemDotProps) => {
            const isAlone = (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null;
            const isToday = days[index] === today;
            const isShown = isAlone || isToday || days.length <= MOST_DOTTED;
            return isShown && cx !== undefined && cy !== undefined && values[index] != null ? (
              <circle
                key={key}
                cx={cx}
                cy={cy}
                r={isToday ? 3.5 : 2.25}
                data-day={days[index]}
                stroke={`var(--series-${style})`}
                strokeWidth={1.5}
                fill={isToday ? 'var(--surface)' : `var(--series-${style})`}
              />
            ) : (
              <g key={key} />
            );
          }}
        />
      ))}
    </LineChart>
  );
}

interface DayProps {
  measure: Measure;
  series: readonly Series[];
  index: number;
  day: string;
  today: string;
}

function DayValues({ measure, series, index, day, today }: DayProps) {
  return (
    <div className={styles.tooltip} role="status">
      <strong>
        {formatLongDay(day)}
        {day === today && ' (today, running)'}
      </strong>
      {series.map(({ agentId, label, style, values }) => (
        <span key={agentId ?? ''} className={styles.tooltipLine}>
          <LineSample style={style} />
          <bdi className={styles.label}>{label}</bdi>
          <span className={styles.number}>{measure.format(values[index] ?? null)}</span>
        </span>
      ))}
    </div>
  );
}

/** How a line looks, for a legend. */
export function LineSample({ style }: { style: number }) {
  return (
    <svg width="28" height="10" aria-hidden="true" className={styles.sample}>
      <line
        x1="1"
        x2="27"
        y1="5"
        y2="5"
        stroke={`var(--series-${style})`}
        strokeWidth={style === 0 ? 2.5 : 2}
        strokeDasharray={DASHES[style] ?? ''}
      />
    </svg>
  );
}

/** Ticks for shares: tenths that hold every value, or parts of one; a rate of success is read from 100% down. */
function ticksOfShares({ key }: Measure, series: readonly Series[]): number[] {
  const tenths = series.flatMap(({ values }) =>
    values.flatMap((value) => (value === null ? [] : [value * 10])),
  );
  const isSuccess = key === 'successRate';
  const low = isSuccess ? Math.floor(Math.min(9, ...tenths)) : 0;
  const high = isSuccess ? 10 : Math.ceil(Math.max(1, ...tenths));
  const span = high - low;
  const step = span > 5 ? 2 : span > 2 ? 1 : span / 4;
  const count = Math.ceil(span / step);
  // Whole steps from the end that is fixed.
  return Array.from({ length: count + 1 }, (_, index) =>
    isSuccess ? (10 - (count - index) * step) / 10 : (index * step) / 10,
  );
}
