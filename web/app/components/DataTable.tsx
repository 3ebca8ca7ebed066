import type { ReactNode } from 'react';
import styles from './DataTable.module.css';

interface TableProps {
  /** What it lists, for those who come to it by the keyboard. */
  label: string;
  heads: readonly string[];
  children: ReactNode;
}

/** A table of a few columns, which scrolls by itself where it is wider than its place. Rows are `tr`, each begun by a `th`. */
export function DataTable({ label, heads, children }: TableProps) {
  return (
    // A region that scrolls is reached by the keyboard.
    <div className={styles.scroll} role="region" aria-label={label} tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** Figures beside each other, each below its name. */
export function Figures({ figures }: { figures: readonly { label: string; value: string }[] }) {
  return (
    <dl className={styles.figures}>
      {figures.map(({ label, value }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
