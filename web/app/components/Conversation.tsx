import { useState } from 'react';
import { showName } from '../format/hostile-text';
import { formatCount } from '../format/numbers';
import { Button } from './Button';
import { JsonTree } from './JsonTree';
import { LongText } from './LongText';
import styles from './Payload.module.css';

export interface ChatMessage {
  role: string;
  content?: unknown;
}

const SLICE = 30;

/** The messages in a payload, as the common model APIs write them; null where it holds none. */
export function messagesOf(value: unknown): ChatMessage[] | null {
  if (isMessage(value)) return [value];
  if (!Array.isArray(value) || value.length === 0) return null;
  return value.every(isMessage) ? value : null;
}

function isMessage(value: unknown): value is ChatMessage {
  return (
    typeof value === 'object' &&
    value !== null &&
    'role' in value &&
    typeof value.role === 'string' &&
    ('content' in value || 'tool_calls' in value || 'parts' in value)
  );
}

/** Who said what. */
export function Conversation({ messages, mark }: { messages: readonly ChatMessage[]; mark: string }) {
  const [shown, setShown] = useState(SLICE);
  return (
    <>
      <ol className={styles.messages}>
        {messages.slice(0, shown).map((message, index) => (
          <Message key={index} message={message} mark={mark} />
        ))}
      </ol>
      {shown < messages.length && (
        <p className={styles.more}>
          <Button onPress={() => setShown(shown + SLICE)}>Show more messages</Button>
          <span>
            {formatCount(shown)} of {formatCount(messages.length)}
          </span>
        </p>
      )}
    </>
  );
}

function Message({ message, mark }: { message: ChatMessage; mark: string }) {
  const { role, content, ...rest } = message;
  const others = Object.entries(rest).filter(([, value]) => value !== null);
  return (
    <li className={styles.message} data-role={role}>
      <strong className={styles.role}>{showName(role, 40)}</strong>
      <Content content={content} mark={mark} />
      {others.length > 0 && <JsonTree value={Object.fromEntries(others)} mark={mark} />}
    </li>
  );
}

function Content({ content, mark }: { content: unknown; mark: string }) {
  if (content === null || content === undefined) return null;
  if (typeof content === 'string') return <LongText text={content} mark={mark} />;
  if (Array.isArray(content) && content.length <= SLICE && content.every(isTextPart)) {
    return content.map(({ text }, index) => <LongText key={index} text={text} mark={mark} />);
  }
  return <JsonTree value={content} mark={mark} />;
}

function isTextPart(part: unknown): part is { text: string } {
  return typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string';
}
