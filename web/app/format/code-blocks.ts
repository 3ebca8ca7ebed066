const FENCE = '```';
/** Of a text with more fences than that, the rest stays as it is. */
const MOST_FENCES = 2_000;
/** What may stand after an opening fence: a language, or what a model writes there. */
const AFTER_OPENING = /^[^`\n]{0,100}\n/;
/** Code within a line: from its fence to the next one. */
const WITHIN_LINE = /^[^`\n]{0,1000}```+/;
const END_OF_LINE = /^[ \t\r]{0,100}(?:\n|$)/;
const BEGIN_OF_LINE = /(?:^|\n)[ \t]{0,100}$/;

export interface CodeBlock {
  /** With the fences and their lines. */
  from: number;
  to: number;
  codeFrom: number;
  codeTo: number;
}

/**
 * Finds the code between fences of ```. A fence opens at the beginning of a line or in the middle of one, where models
 * put it as well. What it opens ends at the next fence as long that begins its line or ends it, or with the text. However
 * the text is made, it is gone through once.
 */
export function codeBlocksOf(text: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { from: number; codeFrom: number; length: number } | null = null;
  let at = text.indexOf(FENCE);
  for (let looked = 0; at >= 0 && looked < MOST_FENCES; looked++) {
    let after = at + FENCE.length;
    while (text[after] === '`') after++;
    const rest = text.slice(after, after + 1_100);
    if (open) {
      const to = after - at < open.length ? null : endOfClosing(text, at, after, rest);
      if (to !== null) {
        blocks.push({ from: open.from, to, codeFrom: open.codeFrom, codeTo: at });
        open = null;
      }
    } else {
      const [opening] = AFTER_OPENING.exec(rest) ?? [];
      if (opening !== undefined) open = { from: at, codeFrom: after + opening.length, length: after - at };
      else after += WITHIN_LINE.exec(rest)?.[0].length ?? 0;
    }
    at = text.indexOf(FENCE, after);
  }
  if (open) blocks.push({ from: open.from, to: text.length, codeFrom: open.codeFrom, codeTo: text.length });
  return blocks;
}

/** Null where the fence closes nothing. */
function endOfClosing(text: string, at: number, after: number, rest: string): number | null {
  const [end] = END_OF_LINE.exec(rest) ?? [];
  if (end !== undefined) return after + end.length;
  const isFirst = BEGIN_OF_LINE.test(text.slice(Math.max(at - 101, 0), at));
  return isFirst && /^[ \t]/.test(rest) ? after : null;
}
