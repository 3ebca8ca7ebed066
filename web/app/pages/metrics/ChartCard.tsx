import { useState, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import panel from '../../components/Panel.module.css';
import { CsvButton } from './CsvButton';
import { DayChart, LineSample } from './DayChart';
import { Hint } from './Hint';
import { FINISHED_MEANING, type Measure } from './measures';
import { describe, toSheet, type Series } from './series';
import { formatLongDay } from './utc-days';
import card from './Card.module.css';
import styles from './ChartCard.module.css';

interface Props {
  title: string;
  measure: Measure;
  series: readonly Series[];
  days: readonly string[];
  today: string;
  /** What can be chosen beside the title. */
  choice?: ReactNode;
  /** Where one goes on from here. */
  link?: ReactNode;
}

/** A measure over days: as a chart or as a table, and as a file. */
export function ChartCard({ title, measure, series, days, today, choice, link }: Props) {
  const [isTable, setTable] = useState(false);
  const fileName = `binnacle-${measure.key}-${days[0]}-${days.at(-1)}.csv`;
  return (
    <section className={panel.card} aria-label={`${title} by day`}>
      <header className={panel.head}>
        <h2>{title} by day</h2>
        <Hint
          of={title}
          meanings={[
            { title: measure.title, text: measure.meaning },
            { title: 'Tasks', text: FINISHED_MEANING },
          ]}
        />
        {choice}
        <span className={card.actions}>
          {link}
          <Button
            aria-label={`${isTable ? 'Chart' : 'Table'} of ${title} by day`}
            onPress={() => setTable(!isTable)}
          >
            {isTable ? 'Chart' : 'Table'}
          </Button>
          <CsvButton
            label={`Download ${title} by day as CSV`}
            fileName={fileName}
            sheet={() => toSheet(series, days, measure.unit, today)}
          />
        </span>
      </header>
      {isTable ? (
        <DayTable title={title} measure={measure} series={series} days={days} today={today} />
      ) : (
        <>
          <ul className={styles.legend}>
            {series.map(({ agentId, label, style, values }) => (
              <li key={agentId ?? ''}>
                <LineSample style={style} />
                <bdi className={styles.label}>{label}</bdi>
                {values.every((value) => value === null) && <span className={panel.muted}>no figure</span>}
              </li>
            ))}
          </ul>
          <p className="visually-hidden">{describe(measure, series, days, today)}</p>
          <DayChart measure={measure} series={series} days={days} today={today} label={`${title} by day`} />
        </>
      )}
    </section>
  );
}

function DayTable({ title, measure, series, days, today }: Omit<Props, 'choice' | 'link'>) {
  return (
    // A region that scrolls is reached by the keyboard.
    <div className={card.scroll} role="region" aria-label={`${title} as a table`} tabIndex={0}>
      <table className={card.table}>
        <thead>
          <tr>
            <th scope="col">Day (UTC)</th>
            {series.map(({ agentId, label }) => (
              <th key={agentId ?? ''} scope="col">
                <bdi>{label}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.map((day, index) => (
            <tr key={day}>
              <th scope="row">
                {formatLongDay(day)} {day === today && <span className={styles.running}>running</span>}
              </th>
              {series.map(({ agentId, values }) => (
                <td key={agentId ?? ''}>{measure.format(values[index] ?? null)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
