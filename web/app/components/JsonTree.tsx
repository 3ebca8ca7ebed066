import { useMemo, useState } from 'react';
import { showName } from '../format/hostile-text';
import { formatCount } from '../format/numbers';
import { Button } from './Button';
import { LongText } from './LongText';
import { Marked } from './Marked';
import styles from './Payload.module.css';

/** So many entries of an array or object are shown at a time. */
const SLICE = 100;
/** Arrays and objects down to this depth begin unfolded, unless they are long. */
const OPEN_DEPTH = 2;
const OPEN_ENTRIES = 30;
const LINE_LENGTH = 160;

interface NodeProps {
  value: unknown;
  /** Undefined at the root. */
  name?: string;
  depth?: number;
  mark: string;
}

/** Any JSON, foldable. What is folded is not in the page, and what is long comes in slices. */
export function JsonTree({ value, name, depth = 0, mark }: NodeProps) {
  if (typeof value === 'object' && value !== null) {
    return <Branch value={value} depth={depth} mark={mark} {...(name === undefined ? {} : { name })} />;
  }
  const isLong = typeof value === 'string' && (value.length > LINE_LENGTH || value.includes('\n'));
  return (
    <div className={styles.leaf}>
      <Name name={name} mark={mark} />
      {isLong ? (
        <LongText text={value} mark={mark} />
      ) : (
        <span className={styles[typeof value] ?? ''}>
          <Marked text={showName(typeof value === 'string' ? `"${value}"` : String(value))} mark={mark} />
        </span>
      )}
    </div>
  );
}

function Branch({ value, name, depth, mark }: { value: object; name?: string; depth: number; mark: string }) {
  const [isOpen, setOpen] = useState(
    () => depth === 0 || (depth < OPEN_DEPTH && (!Array.isArray(value) || value.length <= OPEN_ENTRIES)),
  );
  const isArray = Array.isArray(value);
  return (
    <div className={styles.branch}>
      <button type="button" className={styles.fold} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span aria-hidden="true" className={styles.arrow}>
          {isOpen ? '▾' : '▸'}
        </span>
        <Name name={name} mark={mark} />
        <span className={styles.summary}>{isArray ? `[ ${formatCount(value.length)} ]` : '{ … }'}</span>
      </button>
      {isOpen && <Entries value={value} depth={depth} mark={mark} />}
    </div>
  );
}

function Entries({ value, depth, mark }: { value: object; depth: number; mark: string }) {
  const [shown, setShown] = useState(SLICE);
  const keys = useMemo(() => (Array.isArray(value) ? null : Object.keys(value)), [value]);
  const count = keys?.length ?? (value as unknown[]).length;
  const names = keys?.slice(0, shown) ?? Array.from({ length: Math.min(shown, count) }, (_, i) => String(i));
  return (
    <div className={styles.entries}>
      {names.map((name) => (
        <JsonTree
          key={name}
          name={name}
          value={(value as Record<string, unknown>)[name]}
          depth={depth + 1}
          mark={mark}
        />
      ))}
      {count === 0 && <span className={styles.summary}>empty</span>}
      {shown < count && (
        <p className={styles.more}>
          <Button onPress={() => setShown(shown + SLICE)}>Show {Math.min(SLICE, count - shown)} more</Button>
          <span>
            {formatCount(shown)} of {formatCount(count)}
          </span>
        </p>
      )}
    </div>
  );
}

function Name({ name, mark }: { name: string | undefined; mark: string }) {
  if (name === undefined) return null;
  return (
    <span className={styles.name}>
      <bdi>
        <Marked text={showName(name, 100)} mark={mark} />
      </bdi>
      :
    </span>
  );
}
