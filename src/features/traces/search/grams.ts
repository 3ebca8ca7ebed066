/** Every gram, a sequence of UTF-16 units of folded text, is told by a few of so many codes. */
export const codeCount = 8192;

/** Of a word that is searched for, so many units are enough to look it up by. */
export const lookedUpLength = 32;
const mostCodes = 16;
/** With so many, the shorter grams of a word tell little more. */
const enoughCodes = 10;

/**
 * The codes of a gram of one to four units. The shorter, the more: a short word has few grams to be told by. A sign of the
 * writings of East Asia says as much as several letters, and most words there are of one to three.
 */
const codesOfLetters = [3, 2, 2, 1];
const codesOfSigns = [5, 4, 2, 0];
const longest = codesOfLetters.length;
const firstSign = 0x2e80;
const codesAt = (unit: number) => (unit < firstSign ? codesOfLetters : codesOfSigns);

/**
 * The end of a word with what follows it is a gram too: three units before the end and three after. Texts that hold two common
 * words are told by it from those where one follows the other.
 */
const beforeEnd = 3;
const endLength = 6;
const codesOfEnd = 3;
const isLetter = (unit: number) =>
  unit >= 0x80 || (unit >= 0x30 && unit <= 0x39) || (unit >= 0x61 && unit <= 0x7a);

const mask = codeCount - 1;

/** The state after one more unit; all its bits depend on all before. */
function extend(state: number, unit: number): number {
  const mixed = Math.imul(state ^ (unit + 1), 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

/** So many codes of the gram that a state tells. */
function markGram(state: number, count: number, mark: (code: number) => void): void {
  if (count > 0) mark((state >>> 3) & mask);
  if (count > 1) mark((state >>> 18) & mask);
  for (let more = state; count > 2; count--) {
    more = extend(more, 0xffff);
    mark(more & mask);
  }
}

/** Calls `mark` with the codes of the grams of a folded text that begin at a place. */
export function markGramsAt(text: string, start: number, mark: (code: number) => void): void {
  const codes = codesAt(text.charCodeAt(start));
  const most = Math.min(longest, text.length - start);
  let state = 0;
  for (let length = 1; length <= most; length++) {
    state = extend(state, text.charCodeAt(start + length - 1));
    markGram(state, codes[length - 1]!, mark);
  }
  if (isEndAt(text, start)) markEndAt(text, start, mark);
}

/** Whether the gram that begins there is the end of a word with what follows. */
const isEndAt = (text: string, start: number) =>
  start + endLength <= text.length &&
  !isLetter(text.charCodeAt(start + beforeEnd)) &&
  isLetter(text.charCodeAt(start + beforeEnd - 1));

const stateOf = (text: string, start: number, length: number) => {
  let state = 0;
  for (let at = start; at < start + length; at++) state = extend(state, text.charCodeAt(at));
  return state;
};

const markEndAt = (text: string, start: number, mark: (code: number) => void) =>
  markGram(stateOf(text, start, endLength), codesOfEnd, mark);

/**
 * Codes that every text has which holds the word: those of the ends of words in its first 32 units, and of the longest other
 * grams. They are enough to leave out nearly all other texts. Every word has at least one.
 */
export function codesOf(word: string): number[] {
  const text = word.slice(0, lookedUpLength);
  const ends = new Set<number>();
  for (let start = 0; start < text.length; start++) {
    if (isEndAt(text, start)) markEndAt(text, start, (code) => ends.add(code));
  }
  const others = new Set<number>();
  for (let length = longest; length > 0 && ends.size + others.size < enoughCodes; length--) {
    for (let start = 0; start + length <= text.length; start++) {
      const count = codesAt(text.charCodeAt(start))[length - 1]!;
      markGram(stateOf(text, start, length), count, (code) => others.add(code));
    }
  }
  const first = spread(ends, mostCodes / 2);
  return [...new Set([...first, ...spread(others, mostCodes - first.length)])];
}

/** At most so many, from all parts of the word. */
function spread(codes: ReadonlySet<number>, most: number): number[] {
  const all = [...codes];
  const step = Math.max(1, all.length / most);
  return Array.from({ length: Math.min(all.length, most) }, (_, index) => all[Math.floor(index * step)]!);
}
