import type { SummaryFiguresFragment } from '../../generated/graphql';
import { formatCount } from '../../format/numbers';
import { changeOf, type Change } from './change';
import { Hint } from './Hint';
import { FINISHED_MEANING, MEASURES, type MeasureKey } from './measures';
import styles from './KpiTiles.module.css';

/** The four figures of the page, each with the measures that tell it. The first stands out. */
const TILES: { title: string; keys: [MeasureKey, ...MeasureKey[]] }[] = [
  { title: MEASURES.successRate.title, keys: ['successRate'] },
  { title: MEASURES.interventionRate.title, keys: ['interventionRate'] },
  { title: 'Latency', keys: ['latencyP50Ms', 'latencyP95Ms'] },
  { title: 'Cost', keys: ['costUsd', 'costPerTaskUsd', 'costPerSuccessUsd'] },
];
const SIGNS: Record<Change['direction'], string> = { up: '▲', down: '▼', none: '=', unknown: '' };

interface Props {
  summary: SummaryFiguresFragment;
  before: SummaryFiguresFragment;
}

export function KpiTiles({ summary, before }: Props) {
  return (
    <div className={styles.tiles}>
      {TILES.map(({ title, keys }) => (
        <section key={title} className={styles.tile} aria-label={title}>
          <header className={styles.head}>
            <h2>{title}</h2>
            <Hint
              of={title}
              meanings={[
                ...keys.map((key) => ({
                  title: MEASURES[key].title,
                  text: MEASURES[key].rangeMeaning ?? MEASURES[key].meaning,
                })),
                { title: 'Tasks', text: FINISHED_MEANING },
              ]}
            />
          </header>
          <div className={styles.figures}>
            {keys.map((key, index) => (
              <Figure
                key={key}
                measure={key}
                isNamed={keys.length > 1}
                isLarge={index === 0 || key === 'latencyP95Ms'}
                value={summary[key]}
                before={before[key]}
              />
            ))}
          </div>
          {keys[0] === 'successRate' && (
            <Share part={summary.succeeded} of={summary.tasks} what="succeeded" />
          )}
          {keys[0] === 'interventionRate' && (
            <Share part={intervenedOf(summary)} of={summary.tasks} what="needed a human" />
          )}
        </section>
      ))}
    </div>
  );
}

/** The server tells the share; both of its parts are whole. */
function intervenedOf({ interventionRate, tasks }: SummaryFiguresFragment): number {
  return Math.round((interventionRate ?? 0) * tasks);
}

function Share({ part, of, what }: { part: number; of: number; what: string }) {
  return (
    <p className={styles.name}>
      {formatCount(part)} of {formatCount(of)} finished tasks {what}
    </p>
  );
}

interface FigureProps {
  measure: MeasureKey;
  isNamed: boolean;
  isLarge: boolean;
  value: number | null;
  before: number | null;
}

function Figure({ measure: key, isNamed, isLarge, value, before }: FigureProps) {
  const measure = MEASURES[key];
  const change = changeOf(measure, value, before);
  return (
    <div className={isLarge ? styles.large : styles.small} data-measure={key}>
      {isNamed && <span className={styles.name}>{measure.title.replace('Latency ', '')}</span>}
      <span className={styles.value}>
        {measure.format(value)}
        {value === null && <span className="visually-hidden"> (not known)</span>}
      </span>
      <span className={`${styles.change} ${change.verdict ? styles[change.verdict] : ''}`}>
        {SIGNS[change.direction] && (
          <span className={styles.sign} aria-hidden="true">
            {SIGNS[change.direction]}
          </span>
        )}
        {change.text}
      </span>
      {change.was && <span className={styles.name}>{change.was}</span>}
    </div>
  );
}
