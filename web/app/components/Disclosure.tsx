import type { ReactNode } from 'react';
import { Dialog, DialogTrigger, Popover } from 'react-aria-components';
import { Button } from './Button';
import styles from './Disclosure.module.css';

interface Props {
  label: string;
  /** How many choices within are made; 0 shows none. */
  count?: number;
  children: ReactNode;
}

/** A button that opens a small panel beside it; Escape and a press outside close it. */
export function Disclosure({ label, count = 0, children }: Props) {
  return (
    <DialogTrigger>
      <Button>
        {label}
        {count > 0 && <span className={styles.count}>{count}</span>}
        <span aria-hidden="true" className={styles.arrow}>
          ▾
        </span>
      </Button>
      <Popover className={styles.popover ?? ''} placement="bottom start">
        <Dialog aria-label={label} className={styles.dialog ?? ''}>
          {children}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
