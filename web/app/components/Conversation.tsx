import { useMemo } from 'react';
import { readMessage, type ChatBlock } from '../format/chat-messages';
import { showName } from '../format/hostile-text';
import { JsonText } from '../format/json-text';
import { jsonWithin, MOST_PARSED } from '../format/json-within';
import { CopyButton } from './CopyButton';
import { JsonFields, JsonTree } from './JsonTree';
import { LongText } from './LongText';
import styles from './Payload.module.css';
import { StretchFrame, useStretch } from './Stretch';

const SIZES = { first: 30, next: 30 };

/** Who said what. @param messages an array of them */
export function Conversation({ messages, mark }: { messages: JsonText; mark: string }) {
  const stretch = useStretch(messages.count, SIZES);
  const { from, to } = stretch;
  const shown = useMemo(() => messages.entries(from, to), [messages, from, to]);
  return (
    <StretchFrame stretch={stretch} unit="messages">
      <ol className={styles.messages} start={from + 1}>
        {shown.map(([index, message]) => (
          <Message key={index} value={message} mark={mark} />
        ))}
      </ol>
    </StretchFrame>
  );
}

function Message({ value, mark }: { value: JsonText; mark: string }) {
  const message = useMemo(() => (value.size > MOST_PARSED ? null : readMessage(value.parse())), [value]);
  const stretch = useStretch(message?.blocks.length ?? 0, SIZES);
  if (!message) {
    return (
      <li className={styles.message}>
        <JsonTree value={value} mark={mark} />
      </li>
    );
  }
  const { role, blocks } = message;
  return (
    <li className={styles.message} data-role={role}>
      <header>
        <strong className={styles.role}>{showName(role, 40)}</strong>
        <CopyButton isSmall text={() => textOf(blocks) ?? value.raw} />
      </header>
      <StretchFrame stretch={stretch} unit="parts">
        {blocks.slice(stretch.from, stretch.to).map((block, index) => (
          <Block key={stretch.from + index} block={block} mark={mark} />
        ))}
      </StretchFrame>
    </li>
  );
}

function Block({ block, mark }: { block: ChatBlock; mark: string }) {
  switch (block.kind) {
    case 'text':
      return <Data data={block.text} mark={mark} />;
    case 'thinking':
      return (
        <div className={styles.aside} role="group" aria-label="Thinking">
          <span className={styles.kind}>Thinking</span>
          <LongText text={block.text} mark={mark} />
        </div>
      );
    case 'call':
      return (
        <div className={styles.call} role="group" aria-label="Call">
          <span className={styles.kind}>
            Calls <code>{showName(block.name, 100)}</code>
          </span>
          <Data data={block.input} mark={mark} />
        </div>
      );
    case 'result':
      return (
        <div className={block.isError ? styles.failure : styles.result} role="group" aria-label="Result">
          <span className={styles.kind}>
            {block.isError ? 'Error' : 'Result'}{' '}
            {block.name !== '' && <code>{showName(block.name, 100)}</code>}
          </span>
          <Data data={block.output} mark={mark} />
        </div>
      );
    case 'data':
      return <JsonFields value={block.data} mark={mark} />;
  }
}

/** Text as text, unless it is JSON; all else as a tree. */
function Data({ data, mark }: { data: unknown; mark: string }) {
  const json = useMemo(() => {
    if (data === undefined) return null;
    return typeof data === 'string' ? jsonWithin(data) : JsonText.from(data);
  }, [data]);
  if (json) return <JsonTree value={json} mark={mark} />;
  return typeof data === 'string' ? <LongText text={data} mark={mark} /> : null;
}

/** What a message says, where it is nothing but text. */
function textOf(blocks: readonly ChatBlock[]): string | null {
  return blocks.length > 0 && blocks.every((block) => block.kind === 'text')
    ? blocks.map(({ text }) => text).join('\n')
    : null;
}
