/**
 * All that changes how the text around it looks, or hides in it: controls, marks of direction, and characters without
 * width, among them the tags in which whole sentences can be hidden from people but not from models. The joiners that
 * scripts and emoji need stay as they are; tabs and ends of lines are shown as what they do.
 */
const CONTROLS =
  /(?![\t\n\r])[\p{Cc}\p{Bidi_Control}\u00ad\u180e\u200b\u2028\u2029\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;

/** In longer lines, a cut in their middle is no worse. */
const LONGEST_LINE = 1_000;

/** Writing needs a few marks on a letter; thousands are drawn over all around, and browsers freeze over them. */
const STACKED_MARKS = /(\p{M}{8})(\p{M}+)/gu;

/** Makes controls visible by their number: ESC as [U+001B], which fonts without pictures of controls show as well. */
export function showControls(text: string): string {
  return text
    .replace(
      CONTROLS,
      (control) => `[U+${(control.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(STACKED_MARKS, (_, kept: string, { length }: string) => `${kept}[${length} more marks]`);
}

/** On one line, with controls visible, cut where it gets too long to be a name. */
export function showName(text: string, maxLength = 300): string {
  const end = wholeEnd(text, maxLength);
  const cut = end < text.length ? `${text.slice(0, end)}…` : text;
  return showControls(cut.replace(/[ \t\r\n]+/g, ' '));
}

/** A place near to that one at which a text can be cut: not between the halves of one character. */
export function wholeEnd(text: string, end: number): number {
  if (end <= 0 || end >= text.length) return Math.min(Math.max(end, 0), text.length);
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code < 0xdc00 ? end + 1 : end;
}

/** As wholeEnd, and at the end of a line where one is near. */
export function lineEnd(text: string, end: number): number {
  if (end <= 0 || end >= text.length) return wholeEnd(text, end);
  const newline = text.lastIndexOf('\n', end - 1);
  return newline >= end - LONGEST_LINE ? newline + 1 : wholeEnd(text, end);
}
