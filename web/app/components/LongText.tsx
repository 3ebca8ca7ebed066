import { memo, useMemo } from 'react';
import { codeBlocksOf, type CodeBlock } from '../format/code-blocks';
import { lineEnd, showControls } from '../format/hostile-text';
import { CopyButton } from './CopyButton';
import { Marked } from './Marked';
import styles from './Payload.module.css';
import { StretchFrame, useStretch } from './Stretch';

const SIZES = { first: 4_096, next: 32_768 };

/** Text as it is, however long: its beginning, and the rest in parts when asked for. What stands in fences is code. */
export function LongText({ text, mark = '' }: { text: string; mark?: string }) {
  const blocks = useMemo(() => codeBlocksOf(text), [text]);
  const stretch = useStretch(text.length, SIZES);
  return (
    <div className={styles.text} dir="auto">
      <StretchFrame stretch={stretch} unit="characters">
        {stretch.ends.slice(1).map((end, part) => {
          const from = stretch.ends[part] ?? 0;
          return <TextPart key={from} text={text} blocks={blocks} from={from} to={end} mark={mark} />;
        })}
      </StretchFrame>
    </div>
  );
}

interface PartProps {
  text: string;
  blocks: readonly CodeBlock[];
  from: number;
  to: number;
  mark: string;
}

const TextPart = memo(function TextPart({ text, blocks, mark, ...part }: PartProps) {
  const from = lineEnd(text, part.from);
  const to = lineEnd(text, part.to);
  const pieces = [];
  let at = from;
  for (const block of blocks) {
    if (block.to <= from || block.from >= to) continue;
    const code = text.slice(Math.max(block.codeFrom, from), Math.min(block.codeTo, to));
    pieces.push(
      <Marked key={`before ${block.from}`} text={showControls(text.slice(at, block.from))} mark={mark} />,
      <pre key={block.from} className={styles.code}>
        <span className={styles.copyCode}>
          <CopyButton isSmall text={() => text.slice(block.codeFrom, block.codeTo)} />
        </span>
        <code>
          <Marked text={showControls(code.trimEnd())} mark={mark} />
        </code>
      </pre>,
    );
    at = block.to;
  }
  // Each part is a block, so its last line needs no end of its own.
  const rest = text.slice(at, to).replace(/\n$/, '');
  return (
    <div>
      {pieces}
      {rest !== '' && <Marked text={showControls(rest)} mark={mark} />}
    </div>
  );
});
