import { useEffect, useRef, useState, type ReactNode } from 'react';
import { formatCount } from '../format/numbers';
import { Button } from './Button';
import styles from './Payload.module.css';

interface Sizes {
  /** How much is shown at first. */
  first: number;
  /** How much more each time that more is asked for. */
  next: number;
}

/** So many parts of something long are in the page at a time. */
const MOST_PARTS = 5;

/** What is shown of something long: parts from `ends[0]` to `ends[1]`, from there to `ends[2]`, and so on. */
export interface Stretch {
  ends: readonly number[];
  from: number;
  to: number;
  total: number;
  more: () => void;
  before: () => void;
  toEnd: () => void;
}

/**
 * Something long, shown in parts: it grows part by part, and past a bound the parts before make room, so that the page
 * stays quick however long it is.
 */
export function useStretch(total: number, { first, next }: Sizes): Stretch {
  const [ends, setEnds] = useState<readonly number[]>([0, first]);
  const start = ends[0] ?? 0;
  const end = ends.at(-1) ?? 0;
  // What is followed live may have become shorter since.
  const isPast = start > 0 && start >= total;
  const shown = isPast ? [0, first] : ends;
  const cut = shown.map((at) => Math.min(at, total));
  return {
    ends: cut,
    from: cut[0] ?? 0,
    to: cut.at(-1) ?? 0,
    total,
    more: () => setEnds(ends.length <= MOST_PARTS ? [...ends, end + next] : [end, end + next]),
    before: () => setEnds([Math.max(start - next, 0), start]),
    toEnd: () => setEnds([Math.max(total - next, 0), total]),
  };
}

interface Props {
  stretch: Stretch;
  /** What is counted, such as "characters". */
  unit: string;
  children: ReactNode;
}

/** The parts, and the ways to the others. */
export function StretchFrame({ stretch, unit, children }: Props) {
  const { from, to, total } = stretch;
  const top = useRef<HTMLDivElement>(null);
  const formerFrom = useRef(from);
  useEffect(() => {
    if (formerFrom.current !== from) top.current?.scrollIntoView({ block: 'start' });
    formerFrom.current = from;
  }, [from]);
  const isWhole = from === 0 && to === total;
  if (isWhole) return children;
  return (
    <>
      <div ref={top} className={styles.top}>
        {from > 0 && <Button onPress={stretch.before}>Show what is before</Button>}
      </div>
      {children}
      <p className={styles.more}>
        {to < total && <Button onPress={stretch.more}>Show more</Button>}
        {to < total && <Button onPress={stretch.toEnd}>Show the end</Button>}
        <span>
          {from > 0 && `${formatCount(from)} to `}
          {formatCount(to)} of {formatCount(total)} {unit}
        </span>
      </p>
    </>
  );
}
