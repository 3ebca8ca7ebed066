import { Conversation, messagesOf } from './Conversation';
import { CopyButton } from './CopyButton';
import { JsonTree } from './JsonTree';
import { LongText } from './LongText';
import styles from './Payload.module.css';

interface Props {
  label: string;
  /** Anything that JSON can hold, from whoever sent it: shown as text only. */
  value: unknown;
  /** What was searched for; empty = nothing. */
  mark?: string;
}

/** One payload in the look that suits it: a conversation, a foldable tree, or text; copied as it is. */
export function Payload({ label, value, mark = '' }: Props) {
  if (value === null || value === undefined) return null;
  return (
    <section className={styles.payload} aria-label={label}>
      <header>
        <h2>{label}</h2>
        <CopyButton text={() => (typeof value === 'string' ? value : JSON.stringify(value, null, 2))} />
      </header>
      <Body value={value} mark={mark} />
    </section>
  );
}

function Body({ value, mark }: { value: unknown; mark: string }) {
  if (typeof value === 'string') return <LongText text={value} mark={mark} />;
  const messages = messagesOf(value);
  if (messages) return <Conversation messages={messages} mark={mark} />;
  const within =
    typeof value === 'object' && value !== null && 'messages' in value && messagesOf(value.messages);
  if (!within) return <JsonTree value={value} mark={mark} />;
  const { messages: _, ...rest } = value as { messages: unknown };
  return (
    <>
      <Conversation messages={within} mark={mark} />
      {Object.keys(rest).length > 0 && <JsonTree value={rest} mark={mark} />}
    </>
  );
}
