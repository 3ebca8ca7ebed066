/** A step as agents tell it, its payloads written as JSON. */
export interface VariedStep {
  type: 'LLM' | 'TOOL' | 'MESSAGE';
  name: string;
  input: string | null;
  output: string | null;
  attributes: string | null;
}

/** The same numbers on every run: 0 to 1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const letters = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => String.fromCodePoint(from + index));
const split = (text: string) => text.split(' ');

/**
 * Steps of much variety: six languages in four scripts, each with a vocabulary of 20,000 words of which few are frequent and most
 * are rare, as it is in texts, beside identifiers, numbers, addresses and JSON. About 780 characters a step.
 */
export class VariedSteps {
  readonly #random: () => number;
  readonly #languages: { words: string[]; gap: string; end: string; share: number }[];
  readonly #tools: string[];

  constructor(seed: number) {
    this.#random = numbers(seed);
    const latin = split('b c d f g h k l m n p r s t v w st tr th ch sh pl br qu z j');
    const english = this.#vocabulary(latin, split('a e i o u ea ou er in an on al es ing'), 4);
    const german = this.#vocabulary([...latin, 'sch', 'tz'], split('a e i o u ä ö ü ei en er ung'), 5);
    const russian = this.#vocabulary(
      split('б в г д ж з к л м н п р с т ф х ш щ ст'),
      split('а е и о у ы я ого ать ние'),
      4,
    );
    const arabic = this.#vocabulary(letters(0x627, 20), letters(0x62c, 28), 3);
    const signs = letters(0x4e00, 3000);
    const chinese = Array.from({ length: 20_000 }, () =>
      this.#join(1 + this.#below(3), () => this.often(signs)),
    );
    const japanese = chinese.map((word) => word.slice(0, 2) + this.pick(letters(0x3042, 80)));
    this.#languages = [
      { words: english, gap: ' ', end: '. ', share: 0.62 },
      { words: german, gap: ' ', end: '. ', share: 0.1 },
      { words: russian, gap: ' ', end: '. ', share: 0.1 },
      { words: chinese, gap: '', end: '。', share: 0.1 },
      { words: arabic, gap: ' ', end: '. ', share: 0.04 },
      { words: japanese, gap: '', end: '。', share: 0.04 },
    ];
    this.#tools = Array.from(
      { length: 60 },
      () => `${this.often(english)}_${this.often(english)}_${this.pick(split('by_id list create update'))}`,
    );
  }

  next(): VariedStep {
    const kind = this.#random();
    if (kind < 0.4) {
      const system = 'You are a helpful support agent. Follow the policy and answer briefly.';
      const messages = [
        { role: 'system', content: system },
        { role: 'user', content: this.#text(20 + this.#below(60)) },
      ];
      return {
        type: 'LLM',
        name: `chat ${this.pick(split('gpt-4o claude-sonnet-4 mistral-large'))}`,
        input: JSON.stringify({ messages, temperature: 0.2 }),
        output: JSON.stringify({
          role: 'assistant',
          content: this.#text(15 + this.#below(80)).replace('. ', '.\n'),
        }),
        attributes: null,
      };
    }
    if (kind < 0.8) {
      const items = Array.from({ length: 1 + this.#below(5) }, () => ({
        sku: `${this.often(this.#languages[0]!.words).toUpperCase()}-${this.#below(10_000)}`,
        title: this.#sentence(4),
        quantity: 1 + this.#below(9),
      }));
      return {
        type: 'TOOL',
        name: this.often(this.#tools),
        input: JSON.stringify({
          customerId: `${this.#hex(8)}-${this.#hex(4)}-7${this.#hex(3)}-${this.#hex(12)}`,
          orderNumber: `ORD-${this.#below(10_000_000)}`,
          include: ['items', 'payments'],
          note: this.#sentence(6),
        }),
        output: JSON.stringify({
          status: this.pick(split('FAILED shipped pending ok')),
          total: this.#below(100_000) / 100,
          items,
          updatedAt: new Date(1.7e12 + this.#below(5e10)).toISOString(),
        }),
        attributes: JSON.stringify({
          'http.url': `https://api.example.com/v2/${this.often(this.#languages[0]!.words)}/${this.#hex(12)}`,
          'trace.id': this.#hex(32),
        }),
      };
    }
    const output = JSON.stringify({ content: this.#text(30 + this.#below(60)) });
    return { type: 'MESSAGE', name: this.#sentence(4), input: null, output, attributes: null };
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.#below(items.length)]!;
  }

  /** The first ones often, the last ones seldom. */
  often<Item>(items: readonly Item[]): Item {
    return items[Math.floor(Math.exp(this.#random() * Math.log(items.length)))]!;
  }

  /** A word of a language, 0 to 5 in the order above, the more frequent the lower its rank. */
  word(language: number, rank: number): string {
    return this.#languages[language]!.words[rank]!;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #join(count: number, part: () => string): string {
    return Array.from({ length: count }, part).join('');
  }

  #hex(length: number): string {
    return this.#join(length, () => '0123456789abcdef'[this.#below(16)]!);
  }

  #vocabulary(onsets: readonly string[], rimes: readonly string[], most: number): string[] {
    return Array.from({ length: 20_000 }, () =>
      this.#join(1 + this.#below(most), () => this.pick(onsets) + this.pick(rimes)),
    );
  }

  #sentence(count: number): string {
    let share = this.#random();
    const language = this.#languages.find((one) => (share -= one.share) < 0) ?? this.#languages[0]!;
    const words = Array.from({ length: count }, () => this.often(language.words));
    return words.join(language.gap) + language.end;
  }

  #text(count: number): string {
    let text = '';
    for (let left = count; left > 0;) {
      const length = 6 + this.#below(12);
      text += this.#sentence(length);
      left -= length;
    }
    return text;
  }
}
