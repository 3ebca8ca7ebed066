/** Most characters of payloads, as JSON, and of long texts in one answer. */
const mostInAll = 200_000;
/** What a text has at least, where there is room: what went wrong is wanted where payloads are not. */
const leastText = 1_000;

/** What of the payloads goes into one answer: each is cut past its bound, and all together past theirs; what is cut says so. */
export class PayloadBudget {
  #left = mostInAll;

  /** @param mostEach characters that each may have as JSON; texts may have 1,000 in any case */
  constructor(private readonly mostEach = 0) {}

  /** A text, or its beginning, which says that it is one. */
  text(text: string): string {
    const allowed = Math.min(Math.max(this.mostEach, leastText), this.#left);
    this.#left -= Math.min(text.length, allowed);
    if (text.length <= allowed) return text;
    return `${beginningOf(text, allowed)}… [cut: ${allowed} of ${text.length} characters]`;
  }

  /**
   * The parts with a payload as it is, or the beginning of its JSON as a text that ends by saying how much is missing.
   * `cut` names those parts.
   */
  take<Name extends string>(parts: Record<Name, unknown>): Record<Name, unknown> & { cut: string[] } {
    const cut: string[] = [];
    const taken = Object.entries(parts).map(([name, value]): [string, unknown] => {
      const written = value === null || value === undefined ? null : JSON.stringify(value);
      if (written === null) return [name, null];
      const allowed = Math.min(this.mostEach, this.#left);
      this.#left -= Math.min(written.length, allowed);
      if (written.length <= allowed) return [name, value];
      cut.push(name);
      return [
        name,
        `${beginningOf(written, allowed)}… [cut: ${allowed} of ${written.length} characters of its JSON]`,
      ];
    });
    return { ...(Object.fromEntries(taken) as Record<Name, unknown>), cut };
  }
}

/** Never half of a character that takes two units. */
function beginningOf(text: string, length: number): string {
  const end = text.charCodeAt(length - 1);
  return text.slice(0, end >= 0xd800 && end <= 0xdbff ? length - 1 : length);
}
