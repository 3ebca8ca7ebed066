import type { ReactNode } from 'react';
import styles from './Notice.module.css';

interface Props {
  /** alert: read out at once; status: when there is a pause; left out: not by itself. */
  role?: 'alert' | 'status';
  children: ReactNode;
}

/** A line across the page about what stands below it. */
export function Notice({ role, children }: Props) {
  return (
    <p className={styles.notice} role={role}>
      {children}
    </p>
  );
}
