/** Every gram, a sequence of one to four UTF-16 units of folded text, is told by one to three of so many codes. */
export const codeCount = 8192;

/** Of a word that is searched for, so many units are enough to look it up by. */
export const lookedUpLength = 32;
const mostCodes = 16;

const longest = 4;
const mask = codeCount - 1;

/** The state after one more unit; all its bits depend on all before. */
function extend(state: number, unit: number): number {
  const mixed = Math.imul(state ^ (unit + 1), 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

/** The codes of the gram that a state tells. The shorter a gram, the more codes: a short word has few grams to be told by. */
function markGram(state: number, length: number, mark: (code: number) => void): void {
  mark((state >>> 3) & mask);
  if (length === longest) return;
  mark((state >>> 18) & mask);
  if (length === 1) mark(extend(state, 0xffff) & mask);
}

/** Calls `mark` with the codes of all grams of a folded text, of each as often as it occurs. */
export function markGrams(text: string, mark: (code: number) => void): void {
  for (let start = 0; start < text.length; start++) {
    const most = Math.min(longest, text.length - start);
    for (let length = 1, state = 0; length <= most; length++) {
      state = extend(state, text.charCodeAt(start + length - 1));
      markGram(state, length, mark);
    }
  }
}

/**
 * Codes that every text has which holds the word: those of the longest grams of its first 32 units. They are enough to leave out
 * nearly all other texts. Every word has at least one.
 */
export function codesOf(word: string): number[] {
  const text = word.slice(0, lookedUpLength);
  const most = Math.min(longest, text.length);
  const codes = new Set<number>();
  for (let length = most; length >= Math.max(1, most - 1); length--) {
    for (let start = 0; start + length <= text.length; start++) {
      let state = 0;
      for (let at = start; at < start + length; at++) state = extend(state, text.charCodeAt(at));
      markGram(state, length, (code) => codes.add(code));
    }
  }
  const all = [...codes];
  const step = Math.max(1, all.length / mostCodes);
  return Array.from(
    { length: Math.min(all.length, mostCodes) },
    (_, index) => all[Math.floor(index * step)]!,
  );
}
