/** The parts of a step that are searched, as they are stored: payloads are JSON. */
export interface SearchedStep {
  name: string;
  errorMessage: string | null;
  input: string | null;
  output: string | null;
  attributes: string | null;
}

/** Stands between the parts of a step and occurs in none of them, so that no word is found across two. */
const separator = '\uffff';

/** What PostgreSQL cannot store, and the separator: each becomes the character for what cannot be shown. */
const unwanted = /[\0\uffff]/g;
const clean = (text: string) =>
  text.includes('\0') || text.includes(separator) ? text.replace(unwanted, '\ufffd') : text;

/**
 * Text without regard to case, in any language: every character stays in its place. The four letters i of Turkish are one, and
 * so are both small sigmas of Greek: which of them a capital stands for depends on the language, or on what follows.
 */
export function foldCase(text: string): string {
  return text.replace(/[İı]/g, 'i').toLowerCase().replaceAll('ς', 'σ');
}

/** A word that is searched for, in the form in which it is compared with `foldCase` of the pieces of a step. */
export const searchedWord = (word: string) => foldCase(clean(word).toWellFormed());

const windowLength = 65_536;
const escapes: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** Where a window that begins between two characters of JSON may end, so that it takes no escape apart. */
function windowEnd(json: string, from: number): number {
  const end = from + windowLength;
  if (end >= json.length) return json.length;
  const slash = json.lastIndexOf('\\', end - 1);
  if (slash < end - 5 || slash < from) return end;
  let first = slash;
  while (first > from && json[first - 1] === '\\') first--;
  // The last of an odd number of backslashes begins an escape.
  const isBegun = (slash - first) % 2 === 0 && slash + (json[slash + 1] === 'u' ? 6 : 2) > end;
  return isBegun ? slash : end;
}

/** JSON as people read it, in windows of bounded length: its structure stays, the escapes within its texts are undone. */
function* unescaped(json: string): Generator<string> {
  for (let from = 0; from < json.length;) {
    const end = windowEnd(json, from);
    const window = json.slice(from, end);
    yield window.includes('\\')
      ? window.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, hex?: string, char = '') =>
          hex ? String.fromCharCode(parseInt(hex, 16)) : (escapes[char] ?? char),
        )
      : window;
    from = end;
  }
}

function* partsOf(step: SearchedStep): Generator<string> {
  yield step.name;
  if (step.errorMessage !== null) {
    yield separator;
    yield step.errorMessage;
  }
  for (const json of [step.input, step.output, step.attributes]) {
    if (json === null) continue;
    yield separator;
    yield* unescaped(json);
  }
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit < 0xe000;

/**
 * The text of a step that is searched, in pieces of bounded length. Each begins with the end of the one before, so that
 * whatever is no longer than `overlap` stands whole in one of them.
 * @param length of a piece, in UTF-16 units; more than twice the overlap
 */
export function* searchedPieces(step: SearchedStep, length: number, overlap: number): Generator<string> {
  let piece = '';
  let isNew = true;
  for (const part of partsOf(step)) {
    const text = part === separator ? part : clean(part);
    for (let at = 0; at < text.length;) {
      const end = at + length - piece.length;
      piece += text.slice(at, end);
      at = Math.min(end, text.length);
      isNew = true;
      if (piece.length < length) continue;
      // Halves of a character stay together.
      const cut = isHighSurrogate(piece.charCodeAt(length - 1)) ? length - 1 : length;
      yield piece.slice(0, cut).toWellFormed();
      const kept = cut - overlap;
      piece = piece.slice(isLowSurrogate(piece.charCodeAt(kept)) ? kept - 1 : kept);
      isNew = cut < length;
    }
  }
  if (isNew) yield piece.toWellFormed();
}

/** A word is 500 units long at most. */
const wordOverlap = 512;
const around = 60;

/**
 * Looks whether a step holds all of the words (of `searchedWord`), piece by piece.
 * @returns ends with the text around the first word, null where a word is not there
 */
export function* findWords(step: SearchedStep, words: readonly string[]): Generator<void, string | null> {
  const missing = new Set(words);
  let snippet = '';
  for (const piece of searchedPieces(step, windowLength, wordOverlap)) {
    const folded = foldCase(piece);
    for (const word of missing) {
      const at = folded.indexOf(word);
      if (at < 0) continue;
      missing.delete(word);
      if (word !== words[0]) continue;
      const start = Math.max(0, at - around);
      snippet = piece
        .slice(start, at + word.length + around)
        .replaceAll(separator, ' ')
        .toWellFormed();
    }
    if (missing.size === 0) return snippet;
    yield;
  }
  return null;
}
