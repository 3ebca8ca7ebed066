import { useState } from 'react';
import { showControls } from '../format/hostile-text';
import { formatCount } from '../format/numbers';
import { Button } from './Button';
import { Marked } from './Marked';
import styles from './Payload.module.css';

const FIRST_PART = 4_096;
const NEXT_PART = 65_536;

/** Text as it is, however long: its beginning, and the rest in parts when asked for. ``` fences become code. */
export function LongText({ text, mark = '' }: { text: string; mark?: string }) {
  const [ends, setEnds] = useState([wholeEnd(text, FIRST_PART)]);
  const shown = ends.at(-1) ?? 0;
  return (
    <div className={styles.text} dir="auto">
      {ends.map((end, part) => (
        <TextPart key={end} text={text.slice(ends[part - 1] ?? 0, end)} mark={mark} />
      ))}
      {shown < text.length && (
        <p className={styles.more}>
          <Button onPress={() => setEnds([...ends, wholeEnd(text, shown + NEXT_PART)])}>Show more</Button>
          <span>
            {formatCount(shown)} of {formatCount(text.length)} characters
          </span>
        </p>
      )}
    </div>
  );
}

/** A whole block of code: two lines of ``` and what stands between them. */
const FENCED = /^```[^\n`]*\n([\s\S]*?)^```[ \t]*$\n?/m;

function TextPart({ text, mark }: { text: string; mark: string }) {
  // Split at what the pattern catches: every second piece is code.
  return text.split(FENCED).map((piece, index) =>
    index % 2 === 0 ? (
      <span key={index}>
        <Marked text={showControls(piece)} mark={mark} />
      </span>
    ) : (
      <pre key={index} className={styles.code}>
        <code>
          <Marked text={showControls(piece.trimEnd())} mark={mark} />
        </code>
      </pre>
    ),
  );
}

/** Never between the halves of one character. */
function wholeEnd(text: string, end: number): number {
  if (end >= text.length) return text.length;
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code < 0xdc00 ? end + 1 : end;
}
