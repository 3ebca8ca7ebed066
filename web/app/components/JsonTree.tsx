import { useMemo, useState, type KeyboardEvent } from 'react';
import { showName } from '../format/hostile-text';
import { JsonText } from '../format/json-text';
import { formatCount } from '../format/numbers';
import { LongText } from './LongText';
import { Marked } from './Marked';
import styles from './Payload.module.css';
import { StretchFrame, useStretch } from './Stretch';

const SIZES = { first: 100, next: 100 };
/** So many values are unfolded by themselves wherever something is opened. */
const MOST_UNFOLDED = 150;
/** Strings longer than that come in parts. */
const LINE_LENGTH = 160;
/** What lies deeper is not indented further, so that there is room for it. */
const DEEPEST_INDENT = 12;

interface NodeProps {
  value: JsonText;
  /** Undefined at the root. */
  name?: string | undefined;
  depth?: number;
  /** Whether to begin unfolded, with all within. */
  isUnfolded?: boolean;
  mark: string;
}

/** Any JSON, foldable. What is folded is not in the page, and what is long comes in parts. */
export function JsonTree({ value, name, depth = 0, isUnfolded = true, mark }: NodeProps) {
  if (value.kind === 'object' || value.kind === 'array') {
    return <Branch value={value} name={name} depth={depth} isUnfolded={isUnfolded} mark={mark} />;
  }
  return <Leaf value={value} name={name} mark={mark} />;
}

/** What stands in a small object or array, without the fold around it; anything else as it is. */
export function JsonFields({ value, mark }: { value: unknown; mark: string }) {
  const json = useMemo(() => JsonText.from(value), [value]);
  return (
    <div className={styles.fields}>
      {json.count > 0 ? <Entries value={json} depth={0} mark={mark} /> : <Leaf value={json} mark={mark} />}
    </div>
  );
}

function Leaf({ value, name, mark }: Pick<NodeProps, 'value' | 'name' | 'mark'>) {
  const text = useMemo(() => (value.kind === 'string' ? String(value.parse()) : value.raw), [value]);
  const isString = value.kind === 'string';
  return (
    <div className={styles.leaf}>
      <Name name={name} mark={mark} />
      {isString && (text.length > LINE_LENGTH || text.includes('\n')) ? (
        <LongText text={text} mark={mark} />
      ) : (
        <span className={styles[value.kind] ?? ''}>
          <Marked text={showName(isString ? `"${text}"` : text)} mark={mark} />
        </span>
      )}
    </div>
  );
}

function Branch({ value, name, depth = 0, isUnfolded = true, mark }: NodeProps) {
  const [isOpen, setOpen] = useState(isUnfolded);
  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (key === 'ArrowRight') setOpen(true);
    if (key === 'ArrowLeft') setOpen(false);
  };
  const count = formatCount(value.count);
  return (
    <div className={styles.branch}>
      <button
        type="button"
        className={styles.fold}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        onKeyDown={onKeyDown}
      >
        <span aria-hidden="true" className={styles.arrow}>
          {isOpen ? '▾' : '▸'}
        </span>
        <Name name={name} mark={mark} />
        <span className={styles.summary}>{value.kind === 'array' ? `[ ${count} ]` : `{ ${count} }`}</span>
      </button>
      {isOpen && <Entries value={value} depth={depth} mark={mark} />}
    </div>
  );
}

function Entries({ value, depth, mark }: { value: JsonText; depth: number; mark: string }) {
  const stretch = useStretch(value.count, SIZES);
  const { from, to } = stretch;
  const nodes = useMemo(() => {
    let left = MOST_UNFOLDED;
    return value.entries(from, to).map(([name, entry], index) => {
      const isUnfolded = entry.size <= left;
      if (isUnfolded) left -= entry.size;
      // By place: a name may stand twice in what was sent.
      return (
        <JsonTree
          key={from + index}
          name={name}
          value={entry}
          depth={depth + 1}
          isUnfolded={isUnfolded}
          mark={mark}
        />
      );
    });
  }, [value, from, to, depth, mark]);
  return (
    <div className={depth < DEEPEST_INDENT ? styles.indented : undefined}>
      <StretchFrame stretch={stretch} unit="entries">
        {nodes}
      </StretchFrame>
      {value.count === 0 && <span className={styles.summary}>empty</span>}
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
