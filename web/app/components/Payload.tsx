import { useMemo } from 'react';
import { conversationsIn } from '../format/conversations';
import type { JsonText } from '../format/json-text';
import { jsonWithin } from '../format/json-within';
import { Conversation } from './Conversation';
import { CopyButton } from './CopyButton';
import { JsonTree } from './JsonTree';
import { LongText } from './LongText';
import styles from './Payload.module.css';

interface Props {
  label: string;
  /** Anything that JSON can hold, from whoever sent it: shown as text only. Null = nothing was sent. */
  value: JsonText | null;
  /** What was searched for; empty = nothing. */
  mark?: string;
}

/** One payload in the look that suits it: a conversation, a foldable tree, or text; copied whole. */
export function Payload({ label, value, mark = '' }: Props) {
  if (value === null) return null;
  return (
    <section className={styles.payload} aria-label={label}>
      <header>
        <h2>{label}</h2>
        <CopyButton text={() => textOf(value)} />
      </header>
      <Body value={value} mark={mark} />
    </section>
  );
}

/** Larger values are copied as they were sent, in one line. */
const MOST_INDENTED = 50_000;

function textOf(value: JsonText): string {
  if (value.size > MOST_INDENTED) return value.raw;
  const parsed = value.parse();
  return typeof parsed === 'string' ? parsed : JSON.stringify(parsed, null, 2);
}

function Body({ value, mark }: { value: JsonText; mark: string }) {
  const text = useMemo(() => (value.kind === 'string' ? String(value.parse()) : null), [value]);
  const json = useMemo(() => (text === null ? value : jsonWithin(text)), [value, text]);
  const found = useMemo(() => json && conversationsIn(json), [json]);
  if (!json) return <LongText text={text ?? ''} mark={mark} />;
  if (!found) return <JsonTree value={json} mark={mark} />;
  return (
    <>
      {found.conversations.map(([name, messages]) => (
        <Conversation key={name} messages={messages} mark={mark} />
      ))}
      {found.rest && <JsonTree value={found.rest} mark={mark} />}
    </>
  );
}
