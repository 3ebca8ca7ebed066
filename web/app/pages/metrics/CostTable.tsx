import { useState, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import panel from '../../components/Panel.module.css';
import { formatCost, formatCount, formatRate, formatShortCount } from '../../format/numbers';
import type { CostFiguresFragment } from '../../generated/graphql';
import { CsvButton } from './CsvButton';
import card from './Card.module.css';
import styles from './CostTable.module.css';

const FIRST_ROWS = 10;

interface Props {
  /** What the rows are: "model". */
  of: string;
  slices: readonly CostFiguresFragment[];
  nameOf: (slice: CostFiguresFragment) => string;
  show: (slice: CostFiguresFragment) => ReactNode;
  fileName: string;
}

/** What something cost: the costliest first, each with its share of what is known. */
export function CostTable({ of, slices, nameOf, show, fileName }: Props) {
  const [isWhole, setWhole] = useState(false);
  const total = slices.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
  const most = Math.max(...slices.map(({ costUsd }) => costUsd ?? 0));
  const shown = isWhole ? slices : slices.slice(0, FIRST_ROWS);
  const title = `Cost by ${of}`;
  return (
    <section className={panel.card} aria-label={title}>
      <header className={panel.head}>
        <h2>{title}</h2>
        <span className={card.actions}>
          <CsvButton
            label={`Download ${title} as CSV`}
            fileName={fileName}
            sheet={() => ({
              columns: [
                of,
                'cost [USD]',
                'tasks',
                'steps',
                'input tokens',
                'output tokens',
                'unpriced steps',
              ],
              rows: slices.map((slice) => [
                nameOf(slice),
                slice.costUsd,
                slice.tasks,
                slice.steps,
                slice.inputTokens,
                slice.outputTokens,
                slice.unpricedSteps,
              ]),
            })}
          />
        </span>
      </header>
      {slices.length === 0 ? (
        <p className={panel.muted}>No task finished in these days.</p>
      ) : (
        <table className={`${card.table} ${styles.table}`}>
          <thead>
            <tr>
              <th scope="col">{of[0]?.toUpperCase() + of.slice(1)}</th>
              <th scope="col">Cost</th>
              <th scope="col">Share</th>
              <th scope="col">Tasks</th>
              <th scope="col">Tokens in / out</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((slice) => (
              <tr key={slice.key}>
                <th scope="row">
                  <bdi>{show(slice)}</bdi>{' '}
                  {slice.unpricedSteps > 0 && (
                    <span className={styles.unpriced}>
                      {formatCount(slice.unpricedSteps)} {slice.unpricedSteps === 1 ? 'step' : 'steps'}{' '}
                      unpriced
                    </span>
                  )}
                  <meter
                    className={styles.bar}
                    aria-hidden="true"
                    min={0}
                    max={most || 1}
                    value={slice.costUsd ?? 0}
                  />
                </th>
                <td>{formatCost(slice.costUsd)}</td>
                <td>{formatRate(slice.costUsd === null || total === 0 ? null : slice.costUsd / total)}</td>
                <td>{formatCount(slice.tasks)}</td>
                <td>
                  {formatShortCount(slice.inputTokens)} / {formatShortCount(slice.outputTokens)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {slices.length > FIRST_ROWS && (
        <span>
          <Button onPress={() => setWhole(!isWhole)}>
            {isWhole ? `Show the first ${FIRST_ROWS}` : `Show all ${formatCount(slices.length)}`}
          </Button>
        </span>
      )}
    </section>
  );
}
